"""KMS: keys wrapped and unwrapped by moto's, and every bad day of one that a script plays."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tenants.encryption.aws_signature import Credentials
from tenants.encryption.keys import KeyTrouble
from tenants.encryption.kms import Kms
from tenants.encryption.kms_key import KmsKey
from tests.servers.ports import HOST, free_port
from tests.servers.s3_server import S3Server

OWN = Credentials("tests", "opensesame", "opensesame-token")
KEY = bytes(range(32))
GOOD = (200, json.dumps({"Plaintext": base64.b64encode(KEY).decode()}).encode())
THROTTLED = (400, b'{"__type": "ThrottlingException", "message": "opensesame"}')


def test_a_wrapped_key_is_had_again(s3: S3Server) -> None:
    """Each is new, and another KMS key does not unwrap it."""
    kms, other = (Kms(KmsKey(s3.new_kms_key(), "us-east-1", s3.endpoint), lambda: OWN) for _ in range(2))
    first, second = kms.new_wrapped_key(), kms.new_wrapped_key()
    assert kms.unwrap(first) == kms.unwrap(first) != kms.unwrap(second)
    assert kms.unwrap(first) not in first
    with pytest.raises(KeyTrouble, match=r"KMS for .* refuses Decrypt: 4\d\d \w+\.$"):
        other.unwrap(first)
    with pytest.raises(KeyTrouble, match="refuses GenerateDataKeyWithoutPlaintext: 4"):
        Kms(KmsKey("nowhere", "us-east-1", s3.endpoint), lambda: OWN).new_wrapped_key()


class _Scripted(ThreadingHTTPServer):
    """Answers with the next line of its script, the last one for ever; remembers what it was asked."""

    daemon_threads = True
    script: tuple[tuple[int, bytes] | None, ...] = ()

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Answer)
        self.asked: list[Any] = []
        self.ended = threading.Event()


class _Answer(BaseHTTPRequestHandler):
    server: _Scripted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), json.loads(body)))
        line = self.server.script[min(len(self.server.asked), len(self.server.script)) - 1]
        if line is None:
            self.server.ended.wait(30)
            return
        self.send_response(line[0])
        self.send_header("Content-Length", str(len(line[1])))
        self.end_headers()
        self.wfile.write(line[1])

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written."""


@contextmanager
def scripted(*script: tuple[int, bytes] | None) -> Iterator[_Scripted]:
    """A running one; None in the script is silence."""
    with _Scripted() as server:
        server.script = script
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


def kms_of(port: int, **limits: Any) -> Kms:
    return Kms(KmsKey("alias/mail", "eu-1", f"http://{HOST}:{port}"), lambda: OWN, **limits)


def test_it_is_asked_for_one_purpose() -> None:
    """The same encryption context for making and for unwrapping, and a signed token."""
    wrapped = (200, json.dumps({"CiphertextBlob": base64.b64encode(b"wrapped").decode()}).encode())
    with scripted(wrapped, GOOD) as server:
        kms = kms_of(server.server_port)
        assert (kms.new_wrapped_key(), kms.unwrap(b"wrapped")) == (b"wrapped", KEY)
    (making, made), (_, unwrapped) = server.asked
    own = {"KeyId": "alias/mail", "EncryptionContext": {"pratique": "master-key"}}
    assert made == own | {"NumberOfBytes": 32}
    assert unwrapped == own | {"CiphertextBlob": base64.b64encode(b"wrapped").decode()}
    assert making["x-amz-target"] == "TrentService.GenerateDataKeyWithoutPlaintext"
    assert "x-amz-security-token" in making["authorization"]


@pytest.mark.parametrize("line", [(500, b""), (503, b"<html>"), THROTTLED])
def test_what_passes_is_waited_for(line: tuple[int, bytes]) -> None:
    """A moment's trouble keeps nobody from starting."""
    with scripted(line, line, GOOD) as server:
        assert kms_of(server.server_port).unwrap(b"x") == KEY


@pytest.mark.parametrize(
    ("line", "tries", "said"),
    [
        (THROTTLED, 3, "refuses Decrypt: 400 ThrottlingException"),
        ((500, b"opensesame"), 3, "refuses Decrypt: 500"),
        ((400, b'{"__type": "x#AccessDeniedException", "Message": "opensesame"}'), 1, "400 AccessDeniedException"),
        ((400, b'{"__type": "opensesame opensesame"}'), 1, "refuses Decrypt: 400"),
        ((400, b"[]"), 1, "refuses Decrypt: 400"),
        ((302, b""), 1, "refuses Decrypt: 302"),
        ((200, b"opensesame"), 1, "gave an answer that cannot be read"),
        ((200, b'{"Plaintext": 7}'), 1, "gave an answer that cannot be read"),
        ((200, b'{"Plaintext": "not base64!"}'), 1, "gave an answer that cannot be read"),
        ((200, b'{"Plaintext": "c2hvcnQ="}'), 1, "gave no key of 32 octets"),
        (None, 2, "does not answer"),
    ],
)
def test_what_stays_is_one_plain_sentence(line: tuple[int, bytes] | None, tries: int, said: str) -> None:
    """Without a word of what KMS wrote but its name for the error."""
    with scripted(line) as server:
        limits = {"request_seconds": 0.5, "tries": 2} if line is None else {}
        with pytest.raises(KeyTrouble) as refused:
            kms_of(server.server_port, **limits).unwrap(b"x")
    assert str(refused.value) == f"The master key cannot be had: KMS for alias/mail {_whole(said)}."
    assert len(server.asked) == tries


def _whole(said: str) -> str:
    return f"refuses Decrypt: {said}" if said.startswith("400") else said


def test_nobody_there_is_one_plain_sentence() -> None:
    """With the reason that the machine gives."""
    with pytest.raises(KeyTrouble, match=r"KMS for alias/mail cannot be asked: Connection refused\.$"):
        kms_of(free_port()).unwrap(b"x")
