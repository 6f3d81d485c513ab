"""The front door: the command, the settings, and the one place where processes are put together."""
