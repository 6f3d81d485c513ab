"""Whom KMS is asked as: the environment, a container's role, a machine's, each as its service answers."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pratique.secrets.aws_credentials import aws_credentials
from tenants.encryption.aws_signature import Credentials
from tenants.encryption.keys import KeyTrouble
from tests.servers.ports import HOST, free_port

ROLE = Credentials("ASIAROLE", "opensesame", "opensesame-token")
DOCUMENT = b'{"AccessKeyId": "ASIAROLE", "SecretAccessKey": "opensesame", "Token": "opensesame-token"}'
ROLES = "/latest/meta-data/iam/security-credentials/"
MACHINE = {"PUT /latest/api/token": b"t0ken", f"GET {ROLES}": b"mail-role\n", f"GET {ROLES}mail-role": DOCUMENT}


@contextmanager
def service(answers: Mapping[str, bytes], wanted: tuple[str, str] | None = None) -> Iterator[str]:
    """Answers what stands in the table, 404 otherwise; a GET only with the field that is `wanted`."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            may_ask = wanted is None or self.headers[wanted[0]] == wanted[1]
            self._answer(answers.get(f"GET {self.path}") if may_ask else None)

        def do_PUT(self) -> None:
            is_asked = self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
            self._answer(answers.get(f"PUT {self.path}") if is_asked else None)

        def _answer(self, body: bytes | None) -> None:
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer((HOST, 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()


def test_the_environment_comes_first() -> None:
    """Whatever else is there; a token where there is one."""
    given = {
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x",
    }
    assert aws_credentials(given) == Credentials("AKIA", "s", None)
    assert aws_credentials({**given, "AWS_SESSION_TOKEN": "t"}) == Credentials("AKIA", "s", "t")


def test_a_containers_role(tmp_path: Path) -> None:
    """With the token that it is given, in the environment or in a file, which is read each time."""
    file = tmp_path / "token"
    with service({"GET /role?id=1": DOCUMENT}, ("Authorization", "second")) as url:
        given = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/role?id=1"}
        assert aws_credentials({**given, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "second"}) == ROLE
        from_file = {**given, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}
        for token, is_taken in (("first", False), ("second\n", True)):
            file.write_text(token)
            if is_taken:
                assert aws_credentials(from_file) == ROLE
            else:
                with pytest.raises(KeyTrouble, match="the role cannot be had: HTTPException"):
                    aws_credentials(from_file)


def test_a_machines_role() -> None:
    """By the metadata service's second version: a token first."""
    with service(MACHINE, ("X-aws-ec2-metadata-token", "t0ken")) as url:
        given = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{url}/"}
        assert aws_credentials(given) == ROLE
        with pytest.raises(KeyTrouble, match="there is none"):
            aws_credentials({**given, "AWS_EC2_METADATA_DISABLED": "TRUE"})


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"PUT /latest/api/token": b"t0ken"},
        {**MACHINE, f"GET {ROLES}": b""},
        {**MACHINE, f"GET {ROLES}mail-role": b"opensesame, and no document"},
        {**MACHINE, f"GET {ROLES}mail-role": b"{}"},
        {**MACHINE, f"GET {ROLES}mail-role": b"[]"},
        {**MACHINE, "PUT /latest/api/token": b"\xff\r\nX: y"},
    ],
)
def test_what_is_no_role_is_said(answers: Mapping[str, bytes]) -> None:
    """In one sentence that says what to do, and nothing of what was answered."""
    with service(answers) as url, pytest.raises(KeyTrouble) as raised:
        aws_credentials({"AWS_EC2_METADATA_SERVICE_ENDPOINT": url})
    assert "Set AWS_ACCESS_KEY_ID" in str(raised.value) and "opensesame" not in str(raised.value)


def test_nobody_there_and_strangers_in_the_clear() -> None:
    """Neither is waited for, and the second is told nothing."""
    with pytest.raises(KeyTrouble, match="the role cannot be had: ConnectionRefusedError"):
        aws_credentials({"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{HOST}:{free_port()}"})
    stranger = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://stranger.example/"}
    with pytest.raises(KeyTrouble, match="the role cannot be had: ValueError"):
        aws_credentials(stranger)
