"""A node that is frozen while it holds a lease (D16): another delivers, and what the first says then counts no more.

The time for which it is frozen is not waited for: the lease's end is set back in the database instead.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import update

from tenants.storage.database import Database
from tenants.storage.tables import queue
from tenants.storage.tables.column_types import START_OF_TIME
from tenants.storage.viewpoint import Reader
from tests.faults.node import THERE, node_on
from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.process_table import descendants
from tests.servers.program import Program, server_folder, wait_until

pytestmark = pytest.mark.system


@contextmanager
def second_worker(one: Gateway) -> Iterator[None]:
    """Another node's `pratique work` on the same rows and blobs."""
    with server_folder("worker") as folder:
        worker = Program([*PROGRAM, "work"], folder / "log", environment=one.environment)
        try:
            worker.wait_until_ready(lambda: "ready" in worker.written(), "pratique work is ready", 60)
            yield
        finally:
            worker.stop()


def end_leases(one: Gateway) -> None:
    """As if the time of all of them had gone by."""
    database = Database(f"sqlite:///{one.data / 'pratique.sqlite'}")
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(update(queue.delivery).values(lease_until=START_OF_TIME, next_attempt_at=START_OF_TIME))
    database.close()


def test_the_fence_holds_when_a_node_thaws() -> None:
    """The copy is with the next hop twice, once for each lease; it is settled once, by the node that had the second."""
    mark = uuid4().hex
    with (
        moody_hop(Mood.AWAY) as hop,
        moody_hop(Mood.AWAY) as away,
        server_folder("frozen") as place,
        node_on(place, hop, away, {"retry": "1h"}) as one,
    ):
        assert send(one.smtp_port, letter(mark), [THERE]).code == 250
        hop.turn(Mood.HOLDING)
        one.do("queue", "retry", "--all")
        wait_until(lambda: hop.copies[mark] == 1, "the next hop has the copy, and has not said so", 60)
        (frozen,) = [process.pid for process in descendants(one.pid) if process.kind == "work"]
        os.kill(frozen, signal.SIGSTOP)
        try:
            hop.turn(Mood.UP)
            end_leases(one)
            with second_worker(one):
                wait_until(lambda: not one.ask("accounted"), "the other node has delivered it", 60)
            hop.may_answer.set()
        finally:
            os.kill(frozen, signal.SIGCONT)
        wait_until(lambda: "queue.lease-lost" in one.log(), "the first node hears that it is late", 60)
        (traced,) = one.ask("trace", "--message-id", message_id(mark))
    told = [event["event"] for event in traced["events"]]
    assert (hop.copies[mark], told.count("copy-accepted")) == (2, 1)
