"""SQLite that another program keeps locked: senders are put off in time, and nobody has to be restarted.

PostgreSQL that goes away and comes back is in `tests/system/`.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.faults.node import AWAY, THERE, lost, node_on, readiness
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.moody_hop import Mood, MoodyHop, moody_hop
from tests.servers.program import server_folder, wait_until

pytestmark = pytest.mark.system
REPLY_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Node:
    """A running gateway and its two next hops."""

    one: Gateway
    there: MoodyHop
    away: MoodyHop


@pytest.fixture
def node() -> Iterator[Node]:
    with (
        moody_hop() as there,
        moody_hop(Mood.AWAY) as away,
        server_folder("locked") as place,
        node_on(place, there, away) as one,
    ):
        yield Node(one, there, away)


@contextmanager
def locked(one: Gateway) -> Iterator[None]:
    """Nobody else can write: a backup that takes its time, or somebody's open transaction."""
    database = sqlite3.connect(one.data / "pratique.sqlite", isolation_level=None, timeout=30)
    try:
        database.execute("BEGIN EXCLUSIVE")
        yield
        database.execute("ROLLBACK")
    finally:
        database.close()


def test_a_locked_database_puts_off_what_must_be_stored(node: Node) -> None:
    """451 within the time of the contract; what needs no row is delivered as ever; then all goes on."""
    one, taken = node.one, []
    with locked(one):
        begun = time.monotonic()
        assert send(one.smtp_port, letter(uuid4().hex), [AWAY]).line.startswith("451 4.3.")
        assert time.monotonic() - begun < REPLY_SECONDS
        taken.append(uuid4().hex)
        assert send(one.smtp_port, letter(taken[-1]), [THERE]).code == 250
        assert readiness(one)["database"] == "ok", "it can be read"
    for recipient in (AWAY, THERE):
        taken.append(uuid4().hex)
        assert send(one.smtp_port, letter(taken[-1]), [recipient]).code == 250
    node.away.turn(Mood.UP)
    one.do("queue", "retry", "--all")
    wait_until(lambda: all(node.there.copies[mark] or node.away.copies[mark] for mark in taken), "all arrives", 30)
    assert lost(one, taken, node.there, node.away) == []

    def is_traced() -> bool:
        return all(one.ask("trace", "--message-id", message_id(mark)) for mark in taken)

    wait_until(is_traced, "what happened meanwhile is in the trace", 30)
