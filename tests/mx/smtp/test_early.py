"""Octets that came before the banner are seen and left where they are."""

import socket

import pytest

from mx.smtp.early import has_spoken


@pytest.fixture
def pair() -> "tuple[socket.socket, socket.socket]":
    """Two ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        return client, listening.accept()[0]


def test_who_has_said_nothing_has_not_spoken(pair: "tuple[socket.socket, socket.socket]") -> None:
    """Nobody waits; an end is not speech."""
    with pair[0] as client, pair[1] as accepted:
        assert not has_spoken(accepted)
        client.shutdown(socket.SHUT_WR)
        accepted.recv(1)
        assert not has_spoken(accepted)


def test_what_was_said_stays_to_be_read(pair: "tuple[socket.socket, socket.socket]") -> None:
    """It is only looked at."""
    with pair[0] as client, pair[1] as accepted:
        client.sendall(b"EHLO c.example")
        client.shutdown(socket.SHUT_WR)
        assert accepted.recv(1, socket.MSG_PEEK) == b"E"
        assert has_spoken(accepted)
        assert accepted.recv(1) == b"E"


def test_what_is_no_socket_or_closed_has_not_spoken() -> None:
    """Nobody is turned away for a fault of ours."""
    closed = socket.socket()
    closed.close()
    assert not has_spoken(closed)
    assert not has_spoken(object())
