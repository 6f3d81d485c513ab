"""Notices: asked for, leased, ended once; sign-in links are not asked for without end."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tenants.queue.notices import (
    COLLECTING,
    DONE_FOR,
    SIGN_INS_A_CLIENT,
    SIGN_INS_A_PERSON,
    LeasedNotice,
    LeaseLost,
    NoticeKind,
    PassedOn,
    Undelivered,
    ask_report,
    ask_report_of_success,
    ask_sign_in,
    end_notice,
    forget_done,
    is_any_owed,
    lease_notices,
    put_off,
)
from tenants.storage.tables import notices
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, later


def lease(world: CustomerWorld, at: float = 60) -> tuple[LeasedNotice, ...]:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        return lease_notices(session, now=later(seconds=at), limit=10, owner="one", lease_seconds=60)


def rows(world: CustomerWorld) -> int:
    with world.database.read(Reader.OPERATOR) as session:
        return session.execute(select(func.count()).select_from(notices.notice)).scalar_one()


def copy_of(recipient: str) -> Undelivered:
    return Undelivered(recipient, "5.1.1", "550 5.1.1 No such user", NOW)


def test_copies_of_one_message_are_one_report(world: CustomerWorld) -> None:
    """However many transactions they ended in."""
    facts, other = world.facts(), world.facts()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        ask_report(session, facts, [copy_of("a@acme.example")], held=1, now=NOW)
        ask_report(session, facts, [copy_of("b@acme.example"), copy_of("c@acme.example")], held=1, now=NOW)
        ask_report(session, other, [copy_of("d@acme.example")], held=2, now=NOW)
    assert lease(world, COLLECTING.total_seconds() - 1) == ()
    one, two = lease(world)
    assert (one.kind, one.recipient, one.about, one.held) == (
        NoticeKind.REPORT,
        facts.reverse_path,
        facts.transaction,
        1,
    )
    assert [copy.recipient[0] for copy in one.copies] == ["a", "b", "c"]
    assert one.copies[0] == copy_of("a@acme.example") and two.about == other.transaction
    assert lease(world) == ()


@pytest.mark.parametrize("reverse_path", ["", "author@supplier.example"])
def test_nobody_is_told_of_a_null_reverse_path_nor_of_nothing(world: CustomerWorld, reverse_path: str) -> None:
    """RFC 5321 section 4.5.5: no notice about a notice."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        copies = [] if reverse_path else [copy_of("a@acme.example")]
        ask_report(session, world.facts(reverse_path=reverse_path), copies, held=1, now=NOW)
    assert rows(world) == 0


def test_a_notice_ends_once(world: CustomerWorld) -> None:
    """A worker that lost its lease ends nothing; what is done is forgotten after an hour."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        ask_report(session, world.facts(), [copy_of("a@acme.example")], held=1, now=NOW)
    (stale,) = lease(world)
    (fresh,) = lease(world, 121)
    for settle in (end_notice, put_off):
        with pytest.raises(LeaseLost), world.database.unit_of_work(Reader.OPERATOR) as session:
            settle(session, stale, later(seconds=122))
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_off(session, fresh, later(seconds=500))
    assert lease(world, 499) == ()
    (again,) = lease(world, 500)
    assert again.attempts == 1
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        end_notice(session, again, NOW)
    assert lease(world, 1e6) == ()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        forget_done(session, NOW + DONE_FOR)
        assert session.execute(select(func.count()).select_from(notices.notice)).scalar_one() == 1
        forget_done(session, NOW + DONE_FOR + timedelta(seconds=1))
    assert rows(world) == 0


def ask(world: CustomerWorld, email: str, asked_from: str = "192.0.2.1", at: float = 0) -> None:
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        ask_sign_in(session, email=email, asked_from=asked_from, now=later(seconds=at))


def test_a_sign_in_link_is_asked_for_without_looking_who_it_is(world: CustomerWorld) -> None:
    """In one spelling of the address; what cannot be one is nobody's."""
    ask(world, " Ann@Nowhere.example ")
    ask(world, "no address")
    (notice,) = lease(world)
    assert (notice.kind, notice.recipient, notice.about) == (NoticeKind.SIGN_IN, "ann@nowhere.example", None)


def test_one_person_is_not_flooded(world: CustomerWorld) -> None:
    """A few in half an hour, whoever asks; then again."""
    for number in range(9):
        ask(world, "ann@acme.example", f"192.0.2.{number}")
    assert rows(world) == SIGN_INS_A_PERSON
    ask(world, "ann@acme.example", at=1801)
    assert rows(world) == SIGN_INS_A_PERSON + 1


def test_one_client_does_not_flood_everybody(world: CustomerWorld) -> None:
    """Another one may still ask."""
    for number in range(SIGN_INS_A_CLIENT + 5):
        ask(world, f"{number}@acme.example")
    assert rows(world) == SIGN_INS_A_CLIENT
    ask(world, "other@acme.example", "192.0.2.2")
    assert rows(world) == SIGN_INS_A_CLIENT + 1


def test_what_waits_is_bounded(world: CustomerWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks, and for whom."""
    monkeypatch.setattr("tenants.queue.notices.SIGN_INS_WAITING", 2)
    for number in range(4):
        ask(world, f"{number}@acme.example", f"192.0.2.{number}")
    assert rows(world) == 2


def test_what_was_passed_on_is_in_the_report_of_what_was_not(world: CustomerWorld) -> None:
    """With the place where the message is held, and the blob that is kept for the report."""
    facts, taken = world.facts(), PassedOn("b@acme.example", "2.0.0", NOW)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        ask_report_of_success(session, facts, [taken], body="blob", now=NOW)
        ask_report(session, facts, [copy_of("a@acme.example")], held=7, now=NOW)
        ask_report_of_success(session, world.facts(reverse_path=""), [taken], body="other", now=NOW)
        ask_report_of_success(session, world.facts(), [], body="other", now=NOW)
    (one,) = lease(world)
    assert (one.held, one.body, one.passed_on, one.copies) == (7, "blob", (taken,), (copy_of("a@acme.example"),))
    assert rows(world) == 2


def test_whether_anybody_is_owed_anything_is_known(world: CustomerWorld) -> None:
    """Also what is not due yet; not what is done."""

    def is_any() -> bool:
        with world.database.read(Reader.RUNNER) as session:
            return is_any_owed(session)

    assert not is_any()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        ask_report(session, world.facts(), [copy_of("a@acme.example")], held=1, now=NOW)
    assert is_any()
    (notice,) = lease(world)
    assert is_any()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        end_notice(session, notice, NOW)
    assert not is_any()
