"""Scenario: nothing is kept on this machine: rows in PostgreSQL, mail in a bucket, and the bucket has bad days.

1. `pratique up` runs on PostgreSQL and S3. A letter for a server that is away is queued, an infected one is held.
2. The bucket refuses, answers nothing, or loses what it said it had: senders are told to try again, never 250.
3. The bucket is well again: mail is taken, with no restart. The server comes back, and the queued letters arrive.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.postfix_server import PostfixServer, tenant_postfix
from tests.servers.postgres_server import PostgresServer
from tests.servers.program import ServerMissing
from tests.servers.s3_server import CREDENTIALS
from tests.servers.scripted_s3 import Fault, ScriptedS3, scripted_s3
from tests.servers.serving import serving

pytestmark = pytest.mark.system


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedS3]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with scripted_s3() as script:
        yield script


@pytest.fixture
def own_hop() -> Iterator[PostfixServer]:
    try:
        with tenant_postfix("tenant.example", ("user",)) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture
def one(bucket: ScriptedS3, own_hop: PostfixServer, postgres: PostgresServer) -> Iterator[Gateway]:
    place = {"blobs": "s3://mail/sealed", "s3_endpoint": bucket.endpoint, "database_url": postgres.new_database()}
    with serving({"tenant.example": own_hop.route}, {"retry": "1h", **place}) as started:
        started.do("recipients", "source", "tenant.example", "accept-all")
        yield started


BAD_DAYS = (
    ("PUT", Fault.SLOW_DOWN),
    ("PUT", Fault.DENIED),
    ("PUT", Fault.LIE),
    ("PUT", Fault.HALF_KEPT),
    ("PUT", Fault.SILENCE),
    ("HEAD", Fault.NOT_THERE),
)


def test_bad_days_of_the_bucket_lose_nothing(one: Gateway, bucket: ScriptedS3, own_hop: PostfixServer) -> None:
    """4xx while it cannot keep, 250 as soon as it can, and all of that arrives."""
    own_hop.stop()
    assert send(one.smtp_port, letter(uuid4().hex, EICAR.decode())).code == 550
    assert len(bucket.objects) == 2, "the body and the record of what is held"
    taken, refused = [], []
    for kind, fault in BAD_DAYS:
        bucket.always[kind] = fault
        refused.append(uuid4().hex)
        assert send(one.smtp_port, letter(refused[-1])).code == 451, fault
        bucket.always.clear()
        taken.append(uuid4().hex)
        assert send(one.smtp_port, letter(taken[-1])).code == 250, fault
    queued = {copy["message_id"] for copy in one.ask("queue", "list")}
    assert queued == {message_id(mark) for mark in taken}
    own_hop.start()
    one.do("queue", "retry", "--all")
    for mark in taken:
        own_hop.wait_for("user", mark.encode())
    delivered = b"".join(own_hop.messages("user"))
    assert not [mark for mark in refused if mark.encode() in delivered]
