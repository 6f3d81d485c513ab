"""What a child of `pratique up` has of its parent: a line of settings, then a lifeline, both on standard input.

The parent writes the settings once it knows that they can be used, and keeps the other end open for as long as it
lives: the end of standard input means that the parent is gone, however it went. On standard output the child says
`ready`. No Twisted in here, because the portal does without.

Failure: an end before the settings is no error; the parent has given the start up and has said why itself.
"""

import os
import signal
import sys
import threading

FIRST_SOCKET = 3
"""Descriptor of the first listening socket that a child inherits."""


def settings_line() -> str | None:
    """The line of settings, or None when the parent is gone; read octet by octet: nothing behind it is swallowed."""
    line = bytearray()
    while not line.endswith(b"\n"):
        octet = os.read(0, 1)
        if not octet:
            return None
        line += octet
    return line.decode()


def follow_lifeline() -> None:
    """Send ourselves SIGTERM when standard input ends: the process that started us is gone."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def say_ready() -> None:
    """Tell the supervisor that this process serves."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
