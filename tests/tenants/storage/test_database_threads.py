"""The database from the reactor thread: frozen values come back, waiting commits share one, nobody hurts the others."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.orm import Session
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.trial.unittest import TestCase

from tenants.refusals import AlreadyExists
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.database_threads import DatabaseThreads, NotFrozenError, frozen
from tenants.storage.statements import insert_new
from tenants.storage.tables import people
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.contracts.mail_world import migrated_database


@dataclass(frozen=True, slots=True)
class Value:
    number: int


@dataclass
class Changeable:
    number: int


def add_user(session: Session, email: str) -> int:
    return insert_new(session, people.app_user, {"email": email, "created_at": NOW}, "There already.")


def count_users(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(people.app_user)) or 0


class DatabaseThreadsTest(TestCase):
    """A real SQLite database and the real reactor."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.database = migrated_database(Path(folder.name))
        self.commits = 0
        event.listen(self.database.engine, "commit", self.count_commit)
        self.threads = DatabaseThreads(self.database, reactor)
        self.threads.startService()
        self.addCleanup(self.database.close)
        self.addCleanup(self.stop)

    async def stop(self) -> None:
        if self.threads.running:
            await self.threads.stopService()

    def count_commit(self, _: object) -> None:
        self.commits += 1

    def behind_a_slow_one(self, functions: list[Callable[[Session], object]]) -> "Deferred[list[tuple[bool, object]]]":
        """Ask for all of these while another group is under way, so that they wait together."""
        gate = threading.Event()

        def slow(session: Session) -> None:
            session.execute(text("SELECT 1"))
            gate.wait(20)

        first = Deferred.fromCoroutine(self.threads.run_durably(Reader.OPERATOR, slow))
        durably = self.threads.run_durably
        waiting = [Deferred.fromCoroutine(durably(Reader.OPERATOR, function)) for function in functions]
        gate.set()
        return DeferredList([first, *waiting], consumeErrors=True)  # type: ignore[return-value]

    async def test_what_was_run_is_committed(self) -> None:
        """By each of the two ways; reading sees it."""
        await self.threads.run(Reader.OPERATOR, add_user, "a@acme.example")
        await self.threads.run_durably(Reader.OPERATOR, add_user, email="b@acme.example")
        assert await self.threads.read(Reader.OPERATOR, count_users) == 2

    async def test_those_who_wait_together_share_a_commit(self) -> None:
        """Twenty of them cost one, and each gets its own answer."""
        before = self.commits

        def adder(number: int) -> Callable[[Session], object]:
            return lambda session: (add_user(session, f"{number}@acme.example"), number)

        results = await self.behind_a_slow_one([adder(number) for number in range(20)])
        assert [result[1] for _, result in results[1:]] == list(range(20))  # type: ignore[index]
        assert self.commits - before == 2
        assert await self.threads.read(Reader.OPERATOR, count_users) == 20

    async def test_one_that_raises_undoes_itself_alone(self) -> None:
        """A refusal, a bug, and a value that is not frozen; the others are committed."""

        def conflict(session: Session) -> int:
            add_user(session, "undone@acme.example")
            return add_user(session, "undone@acme.example")

        def bug(session: Session) -> None:
            add_user(session, "undone@acme.example")
            session.execute(text("SELECT nothing FROM nowhere"))

        def leak(session: Session) -> Changeable:
            add_user(session, "undone@acme.example")
            return Changeable(1)

        functions = [lambda session: add_user(session, "kept@acme.example"), conflict, bug, leak]
        results = await self.behind_a_slow_one(functions)  # type: ignore[arg-type]
        assert [succeeded for succeeded, _ in results] == [True, True, False, False, False]
        failures = [result for succeeded, result in results if not succeeded]
        assert failures[0].check(AlreadyExists) and failures[2].check(NotFrozenError)  # type: ignore[attr-defined]
        assert await self.threads.read(Reader.OPERATOR, count_users) == 1

    async def test_a_commit_that_fails_fails_for_all_of_the_group(self) -> None:
        """None of them has happened, and the next group works."""

        def refuse(_: object) -> None:
            raise DatabaseUnavailable("no room")

        event.listen(self.database.engine, "commit", refuse)
        results = await self.behind_a_slow_one([lambda session: add_user(session, "a@acme.example")])
        event.remove(self.database.engine, "commit", refuse)
        assert [succeeded for succeeded, _ in results] == [False, False]
        assert all(result.check(DatabaseUnavailable) for _, result in results)  # type: ignore[attr-defined]
        assert await self.threads.run_durably(Reader.OPERATOR, count_users) == 0

    async def test_an_outage_in_one_function_is_told_to_the_whole_group(self) -> None:
        """Its savepoint cannot be trusted any more, nor can the transaction."""

        def outage(session: Session) -> None:
            raise DatabaseUnavailable("gone")

        adds = [lambda session: add_user(session, "a@acme.example"), outage]
        results = await self.behind_a_slow_one(adds)  # type: ignore[arg-type]
        assert [succeeded for succeeded, _ in results] == [True, False, False]
        assert await self.threads.read(Reader.OPERATOR, count_users) == 0

    async def test_stopping_lets_what_was_asked_for_finish(self) -> None:
        """Also what was still waiting for the group before it."""
        durably, addresses = self.threads.run_durably, [f"{number}@acme.example" for number in range(100)]
        waiting = [Deferred.fromCoroutine(durably(Reader.OPERATOR, add_user, address)) for address in addresses]
        await self.threads.stopService()
        assert len(await DeferredList(waiting, fireOnOneErrback=True)) == 100
        with self.database.read(Reader.OPERATOR) as session:
            assert count_users(session) == 100


def test_frozen_values_may_leave_their_thread() -> None:
    """Plain values, enums, frozen dataclasses, tuples and dicts of them; nothing else."""
    for value in (None, 1, "a", b"a", 1.5, NOW, Value(1), (Value(1), (2, "b")), frozenset({1}), {"a": Value(1)}):
        assert frozen(value) is value
    refused: list[object] = [Changeable(1), [1], (1, [2]), {"a": [1]}, iter(()), people.app_user]
    for value in refused:
        with pytest.raises(NotFrozenError):
            frozen(value)


def test_a_row_may_not_leave_its_thread() -> None:
    """A row is a tuple, but not a plain one."""
    with create_engine("sqlite://").connect() as connection:
        row = connection.execute(text("SELECT 1")).one()
    with pytest.raises(NotFrozenError):
        frozen(row)
