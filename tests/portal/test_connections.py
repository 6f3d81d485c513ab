"""Connections that say nothing, or never end what they say, keep nobody out: on a real socket, with a real server."""

import os
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from portal import connections
from portal.serve import serve

HEAD = b"POST / HTTP/1.1\r\nHost: portal.example\r\nContent-Length: 100000000\r\n\r\n"
HANGS_SECONDS = 30.0


async def _answer(request: Request) -> Response:
    """At once to GET and to `/refused`; to another POST when its body is there."""
    if request.method == "POST" and request.url.path != "/refused":
        await request.body()
    return PlainTextResponse("hello")


@pytest.fixture
def port() -> Iterator[int]:
    """Where a portal serves."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)
        port = listening.getsockname()[1]
        descriptor = listening.detach()
    reading, writing = os.pipe()
    ready = threading.Event()
    methods = ["GET", "POST"]
    application = Starlette(routes=[Route(path, _answer, methods=methods) for path in ("/", "/refused")])
    server = threading.Thread(target=serve, args=(application, descriptor, ready.set, reading))
    server.start()
    assert ready.wait(HANGS_SECONDS)
    yield port
    os.close(writing)
    server.join(HANGS_SECONDS)
    os.close(reading)
    assert not server.is_alive()


def _get(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=HANGS_SECONDS)
    connection.request("GET", "/")
    status = connection.getresponse().status
    connection.close()
    return status


def _hears_the_end(client: socket.socket) -> bool:
    """Whether the server closes it; what it says before is read."""
    client.settimeout(HANGS_SECONDS)
    try:
        while client.recv(65_536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: ", HEAD + b"x"], ids=["nothing", "a head", "a body"])
def test_the_one_that_was_waited_for_longest_makes_room(
    port: int, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody who has a whole request is answered meanwhile."""
    monkeypatch.setattr(connections, "MOST_OPEN", 5)
    clients = []
    for _ in range(20):
        client = socket.create_connection(("127.0.0.1", port), HANGS_SECONDS)
        client.sendall(said)
        clients.append(client)
        assert _get(port) == 200
    assert all(map(_hears_the_end, clients[:15]))
    for client in clients:
        client.close()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: ", HEAD + b"x"], ids=["nothing", "a head", "a body"])
def test_a_request_that_does_not_come_to_its_end_is_not_waited_for_for_ever(
    port: int, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that trickles in."""
    monkeypatch.setattr(connections, "EXCHANGE_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", port), HANGS_SECONDS) as client:
        client.sendall(said)
        assert _hears_the_end(client)


def _send_for_ever(client: socket.socket) -> None:
    piece = b"x" * 65_536
    for _ in range(1_000_000_000 // len(piece)):
        client.sendall(piece)


def test_a_body_that_was_refused_is_not_read_to_its_end(port: int) -> None:
    """Who sends on and on is cut off; who stops in time has read why."""
    with socket.create_connection(("127.0.0.1", port), HANGS_SECONDS) as client:
        client.sendall(HEAD.replace(b" / ", b" /refused "))
        assert client.recv(12) == b"HTTP/1.1 200"
        with pytest.raises(ConnectionError):
            _send_for_ever(client)
