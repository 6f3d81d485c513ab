"""Scenario: the tenant's own server is away for a while; its mail waits with us and then arrives.

1. A first letter arrives, so that the recipients are known. The tenant's Postfix is stopped. A client sends a letter
   and is answered 250: the letter is ours now.
2. `queue list` shows it, `accounted` names it, the trace tells why it waits.
3. The Postfix is back; `queue retry --all` has the letter tried at once, and it arrives.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.postfix_server import PostfixServer, tenant_postfix
from tests.servers.program import ServerMissing, wait_until
from tests.servers.serving import TENANT, serving

pytestmark = pytest.mark.system
RECIPIENTS = ["user@tenant.example", "other@tenant.example"]


@pytest.fixture
def own_hop() -> Iterator[PostfixServer]:
    try:
        with tenant_postfix("tenant.example", ("user", "other")) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture
def one(own_hop: PostfixServer) -> Iterator[Gateway]:
    with serving({"tenant.example": own_hop.route}, {"retry": "1h"}) as started:
        yield started


def test_waits_in_the_queue_and_arrives_when_the_server_is_back(one: Gateway, own_hop: PostfixServer) -> None:
    """Answered 250, accounted for by name, delivered when an operator says so, and traced from end to end."""
    mark = uuid4().hex
    assert send(one.smtp_port, letter(uuid4().hex), RECIPIENTS).code == 250
    own_hop.stop()
    sent = letter(mark, subject="Minutes of the meeting")
    answer = send(one.smtp_port, sent, RECIPIENTS)
    assert answer.code == 250, answer
    queued = one.ask("queue", "list")
    assert sorted(each["recipient"] for each in queued) == sorted(RECIPIENTS)
    assert {each["message_id"] for each in queued} == {message_id(mark)}
    assert sorted(one.do("accounted").splitlines()) == sorted(
        f"queue {TENANT} {message_id(mark)} {recipient} Minutes of the meeting" for recipient in RECIPIENTS
    )
    assert [event["event"] for event in trace_of(one, mark)] == [
        "message-received",
        "examined",
        "copy-queued",
        "copy-queued",
    ]

    own_hop.start()
    assert one.ask("queue", "retry", "--all") == {"retried": 2}
    for mailbox in ("user", "other"):
        arrived = own_hop.wait_for(mailbox, mark.encode())
        assert arrived.count(b"Pratique-Scanned: clean; ") == 1
        assert arrived.endswith(sent.replace(b"\r\n", b"\n"))
    wait_until(lambda: one.ask("queue", "list") == [], "the queue is empty")
    assert one.do("accounted") == ""
    *_, first, second = trace_of(one, mark)
    assert {first["recipient"], second["recipient"]} == set(RECIPIENTS)
    for event in (first, second):
        assert event["event"] == "copy-accepted"
        assert event["reply"].startswith("250 ")


def test_is_tried_again_by_itself(own_hop: PostfixServer) -> None:
    """With waits of a second nobody needs to type anything; the letter arrives once, also over a restart of ours."""
    mark = uuid4().hex
    with serving({"tenant.example": own_hop.route}, {"retry": "1s"}) as one:
        assert send(one.smtp_port, letter(uuid4().hex)).code == 250
        own_hop.stop()
        assert send(one.smtp_port, letter(mark)).code == 250
        assert one.stop() == 0
        one.start()
        own_hop.start()
        own_hop.wait_for("user", mark.encode())
        wait_until(lambda: one.do("accounted") == "", "the queue is empty")
    assert len([each for each in own_hop.messages("user") if mark.encode() in each]) == 1


def trace_of(one: Gateway, mark: str) -> list[dict[str, str]]:
    [trace] = one.ask("trace", "--message-id", message_id(mark))
    found: list[dict[str, str]] = trace["events"]
    return found
