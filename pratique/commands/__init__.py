"""One file for each command of `pratique`; each gives a click command or group named `command`."""
