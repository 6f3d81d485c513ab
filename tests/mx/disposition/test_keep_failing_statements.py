"""Each statement of the database fails in its turn while a message is kept: once, and all from then on (D9).

Whichever it is, either nothing is promised and no row is there, or the rows are all there.
"""

import sqlite3
from datetime import timedelta
from typing import Any

from sqlalchemy import event
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.decision import Deliver
from mx.disposition.copies import Copy
from mx.disposition.keep import CannotKeep, Keeper, QueueTimes
from mx.envelope import Recipient
from tenants.encryption.keys import current_key
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import examined, standing
from tests.contracts.mail_world import MailWorld, mail_world

A, B = "a@acme.example", "b@acme.example"


class FailingStatements:
    """Lets the statements through, but for the one of this number, or for all from it on."""

    def __init__(self, fail_at: int | None, *, goes_on: bool) -> None:
        self.fail_at, self.goes_on, self.seen = fail_at, goes_on, 0

    def __call__(self, _cursor: Any, _statement: str, _parameters: Any, _context: Any) -> None:
        number, self.seen = self.seen, self.seen + 1
        if self.fail_at is not None and (number == self.fail_at or (self.goes_on and number > self.fail_at)):
            raise sqlite3.OperationalError("disk I/O error")


class KeepFailingStatementsTest(TestCase):
    """One world for each test."""

    timeout = 120

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        customers = self.world.customers
        self.keeper = Keeper(customers.sealed, self.world.threads, reactor, lambda: NOW, times)
        with self.world.database.read(Reader.OPERATOR) as session:
            key = current_key(session, customers.acme.id)
        where = standing(tenant_id=customers.acme.id, key=key)
        self.queued, self.held = (Copy(Recipient(who), where, Deliver()) for who in (A, B))

    async def is_kept(self, failing: FailingStatements) -> bool:
        """Whether it was promised, where a letter goes to the queue and to the quarantine."""
        engine = self.world.database.engine
        names = ("do_execute", "do_executemany", "do_execute_no_params")
        for name in names:
            event.listen(engine, name, failing)
        try:
            await self.keeper.keep(examined(A, B), [self.queued], {"infected": [self.held]})
        except CannotKeep:
            return False
        finally:
            for name in names:
                event.remove(engine, name, failing)
        return True

    async def fail_each(self, *, goes_on: bool) -> None:
        number, promised = 0, 0
        while True:
            failing = FailingStatements(number, goes_on=goes_on)
            promised += await self.is_kept(failing)
            rows = (len(self.world.deliveries()), len(self.world.held()))
            assert rows == (promised, promised), f"statement {number}"
            if failing.seen <= number:
                assert promised == 1 and number >= 8
                return
            number += 1

    async def test_one_that_fails_once_promises_nothing(self) -> None:
        """The first that is beyond the last lets the message be kept."""
        await self.fail_each(goes_on=False)

    async def test_all_that_fail_from_one_on_promise_nothing(self) -> None:
        """Rolling back fails as well then."""
        await self.fail_each(goes_on=True)

    async def test_a_commit_that_fails_promises_nothing(self) -> None:
        """What came before it was carried out."""

        def refuse(_: object) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        event.listen(self.world.database.engine, "commit", refuse)
        try:
            await self.keeper.keep(examined(A), [self.queued], {})
        except (CannotKeep, sqlite3.OperationalError):
            pass
        else:
            raise AssertionError("it was promised")
        finally:
            event.remove(self.world.database.engine, "commit", refuse)
        assert (self.world.deliveries(), self.world.held()) == ((), ())
