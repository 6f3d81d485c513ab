"""Scenario: every process of ours is killed while mail comes in; nothing that was answered 250 is lost.

1. Four senders send 150 letters, half of them for a server that is away, so that they must be stored.
2. Meanwhile `mx`, `work`, `portal` and a cell are killed with SIGKILL, twice each. The away server comes back half-way.
3. Each letter that was answered 250 stands in a Maildir, or is accounted for. Every process runs again.
"""

import urllib.request
from collections.abc import Iterator

import pytest

from tests.servers.gateway import Gateway
from tests.servers.mail_client import message_id
from tests.servers.postfix_server import PostfixServer, tenant_postfix
from tests.servers.process_table import is_running, kill_one, pids_of
from tests.servers.program import ServerMissing, wait_until
from tests.servers.senders import senders_at_work
from tests.servers.serving import serving

pytestmark = pytest.mark.system
LETTERS = 150
KILLS = ("mx", "work", "cell", "portal", "mx", "cell", "work", "portal")
BETWEEN = LETTERS // (len(KILLS) + 2)


@pytest.fixture(scope="module")
def away_hop() -> Iterator[PostfixServer]:
    try:
        with tenant_postfix("away.example") as server:
            server.stop()
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture(scope="module")
def one(next_hop: PostfixServer, away_hop: PostfixServer) -> Iterator[Gateway]:
    routes = {"tenant.example": next_hop.route, "away.example": away_hop.route}
    with serving(routes, {"client_connections": "0"}) as started:
        yield started


def kill_and_see_it_replaced(one: Gateway, kind: str) -> None:
    """The successor runs; for a cell, whichever process it belongs to has as many as before."""
    before = pids_of(kind, one.pid)
    victim = kill_one(kind, one.pid)

    def is_replaced() -> bool:
        running = pids_of(kind, one.pid)
        return victim not in running and len(running) >= len(before)

    wait_until(is_replaced, f"{kind} runs again", 30)


def test_nothing_that_was_answered_250_is_lost(one: Gateway, next_hop: PostfixServer, away_hop: PostfixServer) -> None:
    """Eight kills under load: every letter is taken in the end, and is where the contract says."""

    def recipient_of(number: int) -> str:
        return "user@tenant.example" if number % 2 else "user@away.example"

    with senders_at_work(one.smtp_port, LETTERS, recipient_of) as senders:
        for number, kind in enumerate(KILLS, 1):
            senders.wait_for_taken(number * BETWEEN)
            kill_and_see_it_replaced(one, kind)
            if number == len(KILLS) // 2:
                away_hop.start()
    assert len(senders.taken) == LETTERS, senders.other_answers[-10:]
    one.do("queue", "retry", "--all")
    accounted = {copy["message_id"] for copy in one.ask("accounted")}
    delivered = b"".join([*next_hop.messages("user"), *away_hop.messages("user")])
    lost = [
        mark
        for mark in senders.taken
        if message_id(mark) not in accounted and message_id(mark).encode() not in delivered
    ]
    assert lost == [], senders.other_answers[-10:]
    for mark, recipient in senders.taken.items():
        server = next_hop if recipient.endswith("@tenant.example") else away_hop
        server.wait_for("user", message_id(mark).encode())
    with urllib.request.urlopen(f"{one.portal_url}/health", timeout=10) as answer:
        assert answer.status == 200


def test_the_children_end_when_their_parent_is_killed(one: Gateway) -> None:
    """No process of ours is left behind, and a new start on the same folder serves at once."""
    orphans = {pid: kind for kind in ("mx", "work", "portal", "cell") for pid in pids_of(kind, one.pid)}
    assert set(orphans.values()) == {"mx", "work", "portal", "cell"}
    one.kill()
    wait_until(lambda: not any(is_running(pid) for pid in orphans), "the children have ended", 30)
    one.start()
