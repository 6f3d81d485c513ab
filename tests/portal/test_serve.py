"""The portal serves on a socket it was given, and ends when its parent says so or is gone."""

import os
import signal
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from portal.serve import serve

REPOSITORY = Path(__file__).parents[2]
PROGRAM = """
import os, sys
from portal.serve import serve
from starlette.applications import Starlette
serve(Starlette(), int(sys.argv[1]), lambda: os.write(1, b"ready"), int(sys.argv[2]))
"""


def _hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


def _listening() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


def test_it_answers_on_the_given_socket_until_the_lifeline_closes() -> None:
    """Ready is said once the first request can be answered; a closed lifeline ends it."""
    listening = _listening()
    port = listening.getsockname()[1]
    reading, writing = os.pipe()
    ready = threading.Event()
    application = Starlette(routes=[Route("/", _hello)])
    server = threading.Thread(target=serve, args=(application, listening.detach(), ready.set, reading))
    server.start()
    try:
        assert ready.wait(10)
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"hello")
        assert answer.getheader("server") is None
        connection.close()
    finally:
        os.close(writing)
        server.join(15)
        os.close(reading)
    assert not server.is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_status_0(number: signal.Signals) -> None:
    """A drained process has done what it was told."""
    reading, writing = os.pipe()
    with _listening() as listening:
        command = [sys.executable, "-c", PROGRAM, str(listening.fileno()), str(reading)]
        fds = (listening.fileno(), reading)
        with subprocess.Popen(command, pass_fds=fds, stdout=subprocess.PIPE, cwd=REPOSITORY) as program:
            assert program.stdout is not None
            assert program.stdout.read(5) == b"ready"
            program.send_signal(number)
            assert program.wait(15) == 0
    os.close(reading)
    os.close(writing)
