"""Scenario: the operator stops Pratique while senders are at work (a new version, another machine).

1. Four senders send letters as fast as they are taken.
2. `pratique up` gets SIGTERM. It takes no more connections, ends what is under way, and exits with 0 within 30 s.
3. Every letter that was answered 250 has arrived or is accounted for; no process is left, no port is kept.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.servers.gateway import DRAIN_SECONDS, Gateway
from tests.servers.mail_client import connected, letter, message_id
from tests.servers.ports import answers
from tests.servers.postfix_server import PostfixServer
from tests.servers.process_table import descendants, is_running
from tests.servers.senders import senders_at_work
from tests.servers.serving import route_to_nobody, serving

pytestmark = pytest.mark.system


@pytest.fixture
def one(next_hop: PostfixServer) -> Iterator[Gateway]:
    with serving({"tenant.example": next_hop.route, "away.example": route_to_nobody()}) as started:
        yield started


def test_a_stop_under_load_loses_nothing(one: Gateway, next_hop: PostfixServer) -> None:
    """Exit status 0 in time, and what was answered 250 is delivered or ours."""

    def recipient_of(number: int) -> str:
        return "user@tenant.example" if number % 2 else "user@away.example"

    with senders_at_work(one.smtp_port, 10_000, recipient_of) as senders:
        senders.wait_for_taken(30)
        processes = descendants(one.pid)
        begun = time.monotonic()
        status = one.stop()
        seconds = time.monotonic() - begun
        senders.stop()
    assert status == 0, one.log()
    assert seconds < DRAIN_SECONDS
    assert not [process for process in processes if is_running(process.pid)]
    assert not answers(one.smtp_port) and not answers(one.portal_port)
    accounted = {copy["message_id"] for copy in one.ask("accounted")}
    for mark, recipient in senders.taken.items():
        if recipient == "user@away.example":
            assert message_id(mark) in accounted
        elif message_id(mark) not in accounted:
            next_hop.wait_for("user", message_id(mark).encode())


def test_a_letter_under_way_is_finished_and_an_idle_session_is_told(one: Gateway, next_hop: PostfixServer) -> None:
    """Idle clients hear 421; a client in the middle of its data may end it, and that letter counts."""
    mark = uuid4().hex
    with connected(one.smtp_port) as idle, connected(one.smtp_port) as busy, ThreadPoolExecutor(1) as operator:
        busy.mail("author@sender.example")
        busy.rcpt("user@tenant.example")
        assert busy.docmd("DATA")[0] == 354
        busy.send(letter(mark)[:100])
        status = operator.submit(one.stop)
        assert idle.getreply()[0] == 421
        busy.send(letter(mark)[100:] + b".\r\n")
        assert busy.getreply()[0] == 250
        assert status.result() == 0, one.log()
    next_hop.wait_for("user", mark.encode())
