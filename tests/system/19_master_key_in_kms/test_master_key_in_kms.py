"""Scenario: the master key is kept by a KMS, which goes away while mail is received.

1. `pratique up` has its master key from KMS; a letter for a server that is away is stored, and so is one to be held.
2. KMS is away: letters are stored as before, by processes that run. A start, and a command that needs the key, say so.
3. KMS is back with its keys gone for good: a start says so; nothing is made anew in place of what cannot be had.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.program import ServerFailed, ServerMissing
from tests.servers.s3_server import CREDENTIALS, S3Server, s3_server
from tests.servers.serving import route_to_nobody, serving

pytestmark = pytest.mark.system


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """One of its own, which this test stops."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    try:
        with s3_server() as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture
def one(kms: S3Server) -> Iterator[Gateway]:
    settings = {"retry": "1h", "master_key": f"kms://{kms.new_kms_key()}?endpoint={kms.endpoint}"}
    with serving({"tenant.example": route_to_nobody()}, settings) as started:
        started.do("recipients", "source", "tenant.example", "accept-all")
        yield started


def test_a_kms_that_is_away_stops_no_mail(one: Gateway, kms: S3Server) -> None:
    """And no start goes by without the key."""
    marks = [uuid4().hex for _ in range(3)]
    assert send(one.smtp_port, letter(marks[0])).code == 250
    kms.stop()
    assert send(one.smtp_port, letter(marks[1])).code == 250
    refused = one.run("keys", "rotate", "--master")
    assert refused.returncode == 1
    assert "The master key cannot be had: KMS for " in refused.stderr
    assert "cannot be asked: Connection refused." in refused.stderr
    assert send(one.smtp_port, letter(marks[2])).code == 250
    assert {copy["message_id"] for copy in one.ask("queue", "list")} == {message_id(mark) for mark in marks}
    assert one.stop() == 0
    assert not (one.data / "master.key").exists()
    with pytest.raises(ServerFailed, match="cannot be asked: Connection refused"):
        one.start()
    kms.start()
    with pytest.raises(ServerFailed, match="refuses Decrypt: 400 NotFoundException"):
        one.start()
    secret = CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    assert secret not in one.log() and "Traceback" not in one.log() + refused.stderr
