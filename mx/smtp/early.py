"""Whether a client has spoken before the banner: its octets are there already when the connection is accepted.

Nobody is made to wait for it: what has arrived by then is looked at, and left where it is.

Standards: RFC 5321 section 3.1 (the server speaks first).
Failure: a socket that cannot be looked at has not spoken.
"""

import socket
from typing import Any

_LOOK = int(socket.MSG_PEEK | socket.MSG_DONTWAIT)


def has_spoken(handle: Any) -> bool:
    """Whether octets wait to be read on this connection, a socket as Twisted holds it."""
    if not isinstance(handle, socket.socket):
        return False
    try:
        return bool(handle.recv(1, _LOOK))
    except OSError:
        return False
