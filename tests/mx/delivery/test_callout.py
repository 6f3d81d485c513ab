"""What RCPT answers, by what the next hop says, what is known, and who is away."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from mx import reply
from mx.delivery.callout import MEMORY_SECONDS, CallOuts
from mx.delivery.contract import (
    InquiryResult,
    NextHopReply,
    PermanentlyRefused,
    Stage,
    TransientlyRefused,
    Unreachable,
    Welcome,
)
from mx.reply import Reply
from tenants.directory import Standing, Status
from tenants.domains.book import add_domain
from tenants.domains.routes import Route
from tenants.recipients.book import Source, note_answer, recipient_of, replace_list, set_source, source_of
from tenants.storage.database import Database, DatabaseUnavailable
from tenants.storage.viewpoint import Reader, Viewpoint
from tests.contracts.customer_world import NOW
from tests.contracts.mail_world import migrated_database

NOBODY = PermanentlyRefused(NextHopReply(550, "5.1.1", "no such user at mail.tenant.example"), Stage.RECIPIENT)
NOT_FROM_NOBODY = PermanentlyRefused(NextHopReply(550, "5.7.1", "no null senders"), Stage.MAIL)
LATER = TransientlyRefused(NextHopReply(450, "4.2.0", "greylisted"), Stage.RECIPIENT)
AWAY = Unreachable("no connection")
IDS = {"tenant_id": 1, "domain_id": 1}


class NextHopThatSays:
    """Gives these results, and keeps who was asked about."""

    def __init__(self) -> None:
        self.about_nobody: InquiryResult = NOBODY
        self.about_others: InquiryResult = Welcome()
        self.asked: list[Sequence[str]] = []

    async def inquire(
        self, routes: Sequence[Route], recipients: Sequence[str], seconds: float
    ) -> tuple[InquiryResult, ...]:
        """The last one is the recipient in question."""
        self.asked.append(recipients)
        return (*[self.about_nobody] * (len(recipients) - 1), self.about_others)


class BooksAtOnce:
    """The database without threads; or away."""

    def __init__(self, database: Database) -> None:
        self.database, self.is_away = database, False

    async def read(self, viewpoint: Viewpoint, function: Callable[..., Any], *given: object, **named: object) -> Any:
        """One unit of work."""
        if self.is_away:
            raise DatabaseUnavailable("away")
        with self.database.unit_of_work(viewpoint) as session:
            return function(session, *given, **named)

    run = read


class World:
    """A domain, its next hop, and a clock."""

    def __init__(self, database: Database) -> None:
        self.hop, self.books = NextHopThatSays(), BooksAtOnce(database)
        self.moment, self.database = NOW, database
        with database.unit_of_work(Reader.OPERATOR) as session:
            add_domain(
                session,
                tenant_id=1,
                name="tenant.example",
                routes=("smtp://mail.tenant.example",),
                service="mx.example",
                verified_at=NOW,
                now=NOW,
            )
        route = Route("smtp", "mail.tenant.example", 25)
        self.standing = Standing(Status.ACCEPTED, 1, "acme", "tenant.example", 1, routes=(route,))
        self.callouts = self.another_node()

    def another_node(self) -> CallOuts:
        """One that remembers nothing yet."""
        return CallOuts(self.hop, self.books, lambda: self.moment, self._seconds)

    def _seconds(self) -> float:
        return self.moment.timestamp()

    def pass_time(self, **amount: float) -> None:
        """The clock goes on."""
        self.moment += timedelta(**amount)

    def rcpt(self, address: str = "ann@tenant.example") -> Reply:
        """The answer."""
        answers: list[Reply] = []
        Deferred.fromCoroutine(self.callouts.answer(self.standing, address)).addCallback(answers.append)
        return answers[0]

    def note(self, function: Callable[..., Any], **named: object) -> Any:
        """Write to the book, or look into it."""
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            return function(session, **named)


@pytest.fixture
def world(tmp_path: Any) -> Any:
    """A domain that nobody has asked about."""
    database = migrated_database(tmp_path)
    yield World(database)
    database.close()


def test_the_next_hop_is_asked_once_in_24_hours(world: World) -> None:
    """From memory for a minute, from the book for a day; a change of case is the same recipient."""
    assert world.rcpt() == reply.RECIPIENT_OK
    assert [len(asked) for asked in world.hop.asked] == [2]
    assert world.hop.asked[0][1] == "ann@tenant.example"
    world.pass_time(seconds=MEMORY_SECONDS + 1)
    assert world.rcpt("ANN@tenant.example") == reply.RECIPIENT_OK
    world.pass_time(hours=23)
    assert world.rcpt() == reply.RECIPIENT_OK
    assert len(world.hop.asked) == 1
    world.pass_time(hours=2)
    assert world.rcpt() == reply.RECIPIENT_OK
    assert len(world.hop.asked) == 2


def test_an_unknown_recipient_is_refused_without_the_servers_name(world: World) -> None:
    """For 15 minutes, on every node, in the words of the tenant's server."""
    world.hop.about_others = NOBODY
    first = world.rcpt()
    assert (first.code, first.enhanced) == (550, "5.1.1")
    assert "mail.tenant.example" not in first.text
    world.callouts = world.another_node()
    assert world.rcpt() == first
    assert len(world.hop.asked) == 1
    world.pass_time(minutes=16)
    world.hop.about_others = Welcome()
    assert world.rcpt() == reply.RECIPIENT_OK


def test_a_server_that_takes_everybody_is_not_asked_again(world: World) -> None:
    """And its domain's mail is taken while it is away, whoever it is for."""
    world.hop.about_nobody = Welcome()
    assert world.rcpt() == reply.RECIPIENT_OK
    assert world.rcpt("ben@tenant.example") == reply.RECIPIENT_OK
    assert len(world.hop.asked) == 1
    world.pass_time(days=3)
    world.hop.about_nobody = world.hop.about_others = AWAY
    assert world.rcpt("cleo@tenant.example") == reply.RECIPIENT_OK


def test_who_was_known_once_is_taken_while_the_server_is_away(world: World) -> None:
    """Others are put off: they may not exist."""
    world.rcpt()
    world.pass_time(days=30)
    world.hop.about_nobody = world.hop.about_others = AWAY
    assert world.rcpt() == reply.RECIPIENT_OK
    assert world.rcpt("ben@tenant.example") == reply.NEXT_HOP_UNREACHABLE
    assert world.note(recipient_of, domain_id=1, local_part="ben") is None


@pytest.mark.parametrize(
    ("said", "code"), [(LATER, 450), (NOT_FROM_NOBODY, 250), (Welcome(), 250), (NOBODY, 550), (AWAY, 451)]
)
def test_each_answer_has_its_reply(world: World, said: InquiryResult, code: int) -> None:
    """A server that cannot be asked from the null reverse-path tells at the end of data."""
    world.hop.about_nobody = world.hop.about_others = said
    if isinstance(said, Welcome):
        world.hop.about_nobody = NOBODY
    assert world.rcpt().code == code


def test_what_is_undecided_is_not_remembered(world: World) -> None:
    """The sender comes back, and the server is asked again."""
    world.hop.about_others = LATER
    world.rcpt()
    world.hop.about_others = Welcome()
    assert world.rcpt() == reply.RECIPIENT_OK


@pytest.mark.parametrize("source", [Source.LIST, Source.LDAP])
def test_a_list_is_the_truth_and_nobody_is_asked(world: World, source: Source) -> None:
    """Whoever is not on it does not exist; a directory's answer likewise."""
    world.note(replace_list, **IDS, local_parts=["ann"], now=NOW, source=source)
    assert world.rcpt("Ann@tenant.example") == reply.RECIPIENT_OK
    assert world.rcpt("ben@tenant.example") == reply.UNKNOWN_RECIPIENT
    world.note(set_source, **IDS, source=Source.ACCEPT_ALL)
    world.pass_time(seconds=MEMORY_SECONDS + 1)
    assert world.rcpt("ben@tenant.example") == reply.RECIPIENT_OK
    assert world.hop.asked == []


def test_a_domain_without_a_route_has_nobody_to_ask(world: World) -> None:
    """Its mail is held for the operator, as before."""
    world.standing = Standing(Status.ACCEPTED, 1, "acme", "tenant.example", 1)
    assert world.rcpt() == reply.RECIPIENT_OK
    assert world.hop.asked == []


def test_a_database_that_is_away_means_451(world: World) -> None:
    """But for recipients remembered a moment ago."""
    world.rcpt()
    world.books.is_away = True
    assert world.rcpt() == reply.RECIPIENT_OK
    assert world.rcpt("ben@tenant.example") == reply.DIRECTORY_UNAVAILABLE


def test_a_refusal_without_a_status_is_that_of_an_unknown_recipient(world: World) -> None:
    """Many old servers say no more than 550."""
    world.hop.about_others = PermanentlyRefused(NextHopReply(550, "", "No such user"), Stage.RECIPIENT)
    assert world.rcpt().enhanced == "5.1.1"


def test_the_probe_is_renewed_each_day(world: World) -> None:
    """A server that begins to know its recipients is believed the next day."""
    world.hop.about_nobody = Welcome()
    world.rcpt()
    world.hop.about_nobody = world.hop.about_others = NOBODY
    world.pass_time(days=2)
    assert world.rcpt("ben@tenant.example").code == 550
    assert world.note(source_of, domain_id=1).takes_all_since is None


def test_what_the_book_holds_counts_from_its_time(world: World) -> None:
    """An answer that another node had an hour ago."""
    world.note(note_answer, **IDS, local_part="ann", refusal=None, now=NOW - timedelta(hours=1))
    assert world.rcpt() == reply.RECIPIENT_OK
    assert world.hop.asked == []
