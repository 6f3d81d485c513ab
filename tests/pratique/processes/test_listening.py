"""Listening sockets."""

import os
import socket

import pytest

from pratique.processes.listening import ListenError, listen, shown_address
from pratique.settings.settings import Address


def test_a_free_port_is_taken_and_shown() -> None:
    """Port 0 asks for one; the socket can be handed to a child and answers before anybody accepts."""
    with listen(Address("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        assert shown_address(sock) == f"127.0.0.1:{port}"
        assert os.get_inheritable(sock.fileno())
        socket.create_connection(("127.0.0.1", port), 5).close()


def test_an_ipv6_address_is_shown_in_brackets() -> None:
    """And leaves the same port of IPv4 alone."""
    with listen(Address("::1", 0)) as sock:
        port = sock.getsockname()[1]
        assert shown_address(sock) == f"[::1]:{port}"
        listen(Address("127.0.0.1", port)).close()


def test_an_address_that_cannot_be_used_is_one_sentence() -> None:
    """What is wrong, and what to do."""
    with listen(Address("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(ListenError) as refused:
            listen(address)
    sentence = f"Cannot listen on {address}: another program listens there already: stop it, or choose another port."
    assert str(refused.value) == sentence
    with pytest.raises(ListenError, match="that address is not one of this machine's"):
        listen(Address("192.0.2.1", 0))
    with pytest.raises(ListenError, match=r"^Cannot listen on no host\.example:0: .+\.$"):
        listen(Address("no host.example", 0))
