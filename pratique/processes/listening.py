"""Listening sockets: bound once by the process that a person started, handed to the processes that serve them.

Because the sockets belong to the parent, a child that dies leaves the port open: clients wait in the kernel's backlog
until its successor is there, and two children may serve one port.

Failure: an address in use, not ours, or not allowed raises ListenError with one sentence.
"""

import errno
import socket

from pratique.settings.settings import Address

BACKLOG = 1024
"""Connections that wait in the kernel while a process is being replaced; Linux caps it at net.core.somaxconn."""

SENTENCES = {
    errno.EADDRINUSE: "another program listens there already: stop it, or choose another port",
    errno.EACCES: "this user may not open that port: choose one above 1023, or grant CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "that address is not one of this machine's",
}


class ListenError(OSError):
    """The address cannot be listened on; the text says why and what to do."""


def listen(address: Address) -> socket.socket:
    """A listening socket, inheritable, on this address; port 0 takes a free one. Raises ListenError."""
    try:
        [(family, kind, protocol, _, target), *_] = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ListenError(f"Cannot listen on {address}: {error.strerror or error}.") from None
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(target)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        why = SENTENCES.get(error.errno or 0, error.strerror or str(error))
        raise ListenError(f"Cannot listen on {address}: {why}.") from None
    sock.setblocking(False)
    sock.set_inheritable(True)
    return sock


def shown_address(sock: socket.socket) -> str:
    """`HOST:PORT` of a listening socket, with an IPv6 host in brackets."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
