"""The clamd of the tests: it finds EICAR, and it can be frozen, killed and brought back."""

import base64
import gzip
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.servers.clamd_server import EICAR, ClamdServer, clamd_server
from tests.servers.program import ServerMissing


def examine(server: ClamdServer, octets: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(server.socket_path))
        connection.sendall(b"zINSTREAM\0" + struct.pack("!I", len(octets)) + octets + bytes(4))
        return connection.recv(4096).rstrip(b"\0")


@pytest.mark.parametrize(
    ("octets", "part"),
    [
        (b"good day", b"stream: OK"),
        (EICAR, b"EICAR.Test"),
        (b"before " + EICAR + b" after", b"EICAR.Test"),
        (gzip.compress(EICAR), b"EICAR.Test"),
        (base64.b64encode(EICAR), b"stream: OK"),
    ],
    ids=["clean", "bare", "inside", "gzip", "base64 outside a message"],
)
def test_knows_eicar_and_nothing_else(clamd: ClamdServer, octets: bytes, part: bytes) -> None:
    """The EICAR octets are found anywhere clamd looks; everything else is OK."""
    assert part in examine(clamd, octets)


@pytest.fixture
def own_clamd() -> Iterator[ClamdServer]:
    try:
        with clamd_server({"StreamMaxLength": "1M"}) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


def test_freezes_thaws_dies_and_comes_back(own_clamd: ClamdServer) -> None:
    """A frozen clamd is silent, a killed one is away, and the socket is the same afterwards."""
    own_clamd.freeze()
    assert not own_clamd.answers()
    own_clamd.thaw()
    assert own_clamd.answers()
    own_clamd.kill()
    assert not own_clamd.answers()
    own_clamd.start()
    assert own_clamd.answers()


def test_takes_settings(own_clamd: ClamdServer) -> None:
    """More than StreamMaxLength is refused before it is sent, as a line of clamd.conf says."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(own_clamd.socket_path))
        connection.sendall(b"zINSTREAM\0" + struct.pack("!I", 1024 * 1024 + 1))
        assert b"size limit exceeded" in connection.recv(4096)
