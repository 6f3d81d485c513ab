"""carry_out(): every combination of decisions, next hops and storage, and the one reply that is true for all of them.

The tables are `docs/contract.md`, "One reply, true for every recipient", cell by cell.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.decision import Decision, Defer, Deliver, Discard, Hold, Reject
from mx.delivery.contract import CopyResult, Delivered, NextHopReply, PermanentlyRefused, Stage
from mx.disposition.carry_out import (
    NO_NEXT_HOP,
    REFUSED_IN_MIXED,
    UNDECIDED,
    UNDELIVERABLE,
    Disposition,
    plan,
)
from mx.disposition.cleaning import Cleaner
from mx.disposition.copies import Copy
from mx.dsn_request import Notify, NotifyRequest
from mx.envelope import Recipient, ReversePath
from mx.outcome import Accepted, Deferred, Discarded, Held, Outcome, Queued, Refused, RefusedAndHeld, settle
from mx.reply import Reply
from tests.contracts.disposing import (
    AWAY,
    LATER,
    NEVER,
    OK,
    KeepingInMemory,
    NextHopsInMemory,
    examined,
    never_examined,
    result_of,
    standing,
)

TAKEN = reply.message_taken("0" * 22)
A, B = "a@acme.example", "b@acme.example"
ONE_HOP, TWO_HOPS = ("mail.acme.example", "mail.acme.example"), ("mail.acme.example", "other.acme.example")

WAYS: dict[str, tuple[Decision, CopyResult]] = {
    "taken": (Deliver(), OK),
    "4xx": (Deliver(), LATER),
    "5xx": (Deliver(), NEVER),
    "away": (Deliver(), AWAY),
    "hold": (Hold("spam"), OK),
    "reject": (Reject("phishing", keep=False), OK),
    "keep": (Reject("infected", keep=True), OK),
    "discard": (Discard("spam"), OK),
    "defer": (Defer("engine-unavailable"), OK),
}
"""What is decided about a copy, and what its next hop answers if it is asked."""

SINGLE = {
    "taken": "A", "4xx": "D", "5xx": "R", "away": "Q", "hold": "H", "reject": "R", "keep": "K", "discard": "X",
    "defer": "D",
}  # fmt: skip
GRID = """
          taken 4xx  5xx  away hold reject keep discard defer
taken     AA    AQ   AU   AQ   AH   AM     AM   AX      DD
4xx       QA    DD   QU   QQ   QH   QM     QM   QX      DD
5xx       UA    UQ   RR   UQ   UH   UM     UM   UX      DD
away      QA    QQ   QU   QQ   QH   QM     QM   QX      DD
hold      HA    HQ   HU   HQ   HH   HM     HM   HX      DD
reject    MA    MQ   MU   MQ   MH   RR     RK   MX      DD
keep      MA    MQ   MU   MQ   MH   KR     KK   MX      DD
discard   XA    XQ   XU   XQ   XH   XM     XM   XX      DD
defer     DD    DD   DD   DD   DD   DD     DD   DD      DD
"""
"""The first copy's way down, the second's across. A accepted, Q queued, H held as decided, M held because the others
were taken, U held as undeliverable, R refused, K refused and kept, X discarded, D deferred."""


def cells() -> list[tuple[str, str, str]]:
    head, *lines = [line.split() for line in GRID.strip().splitlines()]
    return [(line[0], column, letters) for line in lines for column, letters in zip(head, line[1:], strict=True)]


def letter_of(outcome: Outcome) -> str:
    match outcome:
        case Held(reason=reason):
            return {REFUSED_IN_MIXED: "M", UNDELIVERABLE: "U"}.get(reason, "H")
        case _:
            kinds = {Accepted: "A", Queued: "Q", Refused: "R", RefusedAndHeld: "K", Discarded: "X", Deferred: "D"}
            return kinds[type(outcome)]


@dataclass
class Case:
    """Copies, each with its way and the host of its next hop, and a storage that may fail."""

    ways: Sequence[str]
    hosts: Sequence[str]
    fails_before: bool = False
    fails_after: bool = False

    def run(self) -> Reply:
        """Carry out and settle; what happened is left in this case."""
        addresses = [f"{chr(ord('a') + number)}@acme.example" for number in range(len(self.ways))]
        answers = {address: WAYS[way][1] for address, way in zip(addresses, self.ways, strict=True)}
        self.steps: list[str] = []
        self.hops = NextHopsInMemory(answers, self.steps)
        self.store = KeepingInMemory(self.steps, self.fails_before, self.fails_after)
        copies = [
            Copy(Recipient(address), standing(host), WAYS[way][0])
            for address, host, way in zip(addresses, self.hosts, self.ways, strict=True)
        ]
        disposition = Disposition(self.hops, self.store, Cleaner("mx.service.example", "mx.service.example", None))
        self.outcomes = result_of(disposition.carry_out(examined(*addresses), copies, never_examined))
        assert [outcome.recipient.address for outcome in self.outcomes] == addresses
        return settle(self.outcomes, TAKEN)

    @property
    def letters(self) -> str:
        return "".join(map(letter_of, self.outcomes))


def assert_true_for_all(case: Case, answer: Reply) -> None:
    """The reply is true for every copy, and each proof is there."""
    for outcome in case.outcomes:
        address = outcome.recipient.address
        match outcome:
            case Accepted(remote_reply=said):
                assert address in case.hops.taken and said == "250 2.0.0 Ok: queued as 4711"
            case Queued(delivery=number):
                assert case.store.rows[number - 1] == (address, "queue")
            case Held(reason=reason) | RefusedAndHeld(reason=reason):
                assert (address, reason) in case.store.rows
            case Refused():
                assert answer.is_permanent and address not in case.hops.taken
            case Deferred():
                assert answer.is_transient
            case Discarded():
                assert answer is TAKEN and address not in case.hops.offered
    undeliverable = [each for each in case.outcomes if isinstance(each, Held) and each.reason == "undeliverable"]
    if not answer.is_transient:
        # Only what was answered 250 and then refused by its next hop is a sender owed to know.
        assert [copy.recipient for copy in case.store.owed] == [each.recipient.address for each in undeliverable]
    if answer.is_permanent:
        assert case.hops.taken == []
        assert not any(where == "queue" for _, where in case.store.rows)


@pytest.mark.parametrize("way", WAYS)
def test_a_single_copy(way: str) -> None:
    """A single recipient's 4xx or 5xx is passed on; an unreachable next hop means stored, 250."""
    case = Case([way], ONE_HOP[:1])
    answer = case.run()
    assert case.letters == SINGLE[way]
    assert answer.code == {"A": 250, "Q": 250, "H": 250, "X": 250, "R": 550, "K": 550, "D": answer.code}[case.letters]
    assert_true_for_all(case, answer)


@pytest.mark.parametrize("hosts", [ONE_HOP, TWO_HOPS], ids=["one hop", "two hops"])
@pytest.mark.parametrize(("first", "second", "letters"), cells(), ids=str)
def test_two_copies(first: str, second: str, letters: str, hosts: tuple[str, str]) -> None:
    """The grid, cell by cell: 250 when every copy is safe, else a refusal that is true for both."""
    case = Case([first, second], hosts)
    answer = case.run()
    assert case.letters == letters
    assert answer.code // 100 == (4 if "D" in letters else 5 if set(letters) <= {"R", "K"} else 2)
    assert_true_for_all(case, answer)
    if "defer" in (first, second):
        assert case.steps == []


@pytest.mark.parametrize("hosts", [ONE_HOP, TWO_HOPS], ids=["one hop", "two hops"])
@pytest.mark.parametrize(("first", "second", "letters"), cells(), ids=str)
def test_nothing_storable_is_4xx_before_any_copy_is_sent(
    first: str, second: str, letters: str, hosts: tuple[str, str]
) -> None:
    """What is to be held is stored first, so no next hop has a copy when the storage fails."""
    case = Case([first, second], hosts, fails_before=True)
    answer = case.run()
    if set(letters) & set("HMK"):
        assert (answer, case.letters) == (reply.STORAGE_UNAVAILABLE, "DD")
        assert "forward" not in case.steps
    else:
        assert case.letters == letters
    assert case.store.rows == [] or not set(letters) & set("HMK")
    assert_true_for_all(case, answer)


@pytest.mark.parametrize("hosts", [ONE_HOP, TWO_HOPS], ids=["one hop", "two hops"])
@pytest.mark.parametrize(("first", "second", "letters"), cells(), ids=str)
def test_storage_that_fails_after_forwarding_is_4xx_for_all(
    first: str, second: str, letters: str, hosts: tuple[str, str]
) -> None:
    """A duplicate for the one whose copy was taken is better than a loss for the other."""
    case = Case([first, second], hosts, fails_after=True)
    answer = case.run()
    if set(letters) & set("QU"):
        assert (answer, case.letters) == (reply.STORAGE_UNAVAILABLE, "DD")
    else:
        assert case.letters == letters
    assert_true_for_all(case, answer)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_single_copy_and_a_storage_that_fails(way: str, when: str) -> None:
    """Kept, held and queued copies need the storage; nothing else asks it."""
    case = Case([way], ONE_HOP[:1], fails_before=when == "before", fails_after=when == "after")
    answer = case.run()
    needs = {"keep": "before", "hold": "before", "away": "after"}.get(way)
    assert case.letters == ("D" if needs == when else SINGLE[way])
    assert_true_for_all(case, answer)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(WAYS)), st.sampled_from(["", "one", "two"])), min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_no_plan_ends_without_a_true_reply(copies: list[tuple[str, str]], before: bool, after: bool) -> None:
    """settle() finds one reply for whatever was decided, answered and stored."""
    case = Case([way for way, _ in copies], [host for _, host in copies], before, after)
    assert_true_for_all(case, case.run())


@pytest.mark.parametrize(("first", "second"), [("taken", "hold"), ("hold", "taken")])
def test_what_is_held_is_stored_before_anything_is_forwarded(first: str, second: str) -> None:
    """In whichever order the recipients came."""
    case = Case([first, second], TWO_HOPS)
    case.run()
    assert case.steps == ["keep", "forward"]


@pytest.mark.parametrize(("ways", "seconds"), [(["taken", "hold"], 15.0), (["taken", "taken"], 20.0)])
def test_a_transaction_that_stores_twice_keeps_within_the_senders_45_seconds(ways: list[str], seconds: float) -> None:
    """Engines 20 s, storing twice 5 s: the next hop has 15 s then, and 20 s otherwise."""
    case = Case(ways, ONE_HOP)
    case.run()
    assert case.hops.seconds == [seconds]


def test_an_undecided_copy_stops_all() -> None:
    """The reason is for the trace; the client learns only that it should try again."""
    case = Case(["taken", "keep", "defer"], [*TWO_HOPS, "mail.acme.example"])
    assert case.run() == reply.ENGINE_UNAVAILABLE
    assert {outcome.reason for outcome in case.outcomes if isinstance(outcome, Deferred)} == {UNDECIDED}


def test_a_domain_without_a_route_is_held() -> None:
    """The operator's own mailboxes have none: their mail waits in the quarantine."""
    case = Case(["taken"], [""])
    assert case.run() is TAKEN
    assert case.outcomes == (Held(Recipient(A), 1, NO_NEXT_HOP),)
    assert case.hops.offered == []


def test_each_refused_copy_names_its_own_reason() -> None:
    """The client reads the first; each copy's own stands in its outcome."""
    case = Case(["reject", "keep"], ONE_HOP)
    assert case.run() == reply.PHISHING
    assert [outcome.reply for outcome in case.outcomes if isinstance(outcome, Refused | RefusedAndHeld)] == [
        reply.PHISHING,
        reply.INFECTED,
    ]


def test_a_message_that_is_refused_is_kept_so_that_no_report_follows_its_release() -> None:
    """Its sender has heard; where somebody else's copy was taken, he is answered 250, and told as he asked."""
    for ways, words in ((["keep", "keep"], "NOTIFY=NEVER"), (["keep", "taken"], "")):
        case = Case(ways, ONE_HOP)
        case.run()
        assert {each.dsn.words for each in case.store.messages[0].envelope.recipients} == {words}


def test_a_refusal_that_is_passed_on_names_no_host() -> None:
    """The next hop's words without its name; its own words are in the outcome's reason, for the trace."""
    said = NextHopReply(550, "5.1.1", "mail.acme.example [192.0.2.1] says no")
    copy = Copy(Recipient(A), standing(), Deliver())
    hops = NextHopsInMemory({A: PermanentlyRefused(said, Stage.RECIPIENT)})
    disposition = Disposition(hops, KeepingInMemory(), Cleaner("mx.service.example", "mx.service.example", None))
    (outcome,) = result_of(disposition.carry_out(examined(A), [copy], never_examined))
    assert isinstance(outcome, Refused)
    assert "acme" not in outcome.reply.text and "192.0.2.1" not in outcome.reply.text
    assert outcome.reason == said.line


def test_copies_for_one_hop_go_in_one_transfer() -> None:
    """Two hops get one each."""
    for hosts, count in ((ONE_HOP, 1), (TWO_HOPS, 2)):
        case = Case(["taken", "taken"], hosts)
        case.run()
        assert len(case.hops.transfers) == count


def test_the_plan_loses_no_copy() -> None:
    """Each copy is in exactly one of its lists."""
    copies = [Copy(Recipient(f"{way}@acme.example"), standing(), decision) for way, (decision, _) in WAYS.items()]
    made = plan(copies)
    everywhere = [
        *made.deferred,
        *made.refused,
        *made.discarded,
        *made.forwarded,
        *itertools.chain(*made.held.values()),
    ]
    assert sorted(copy.recipient.address for copy in everywhere) == sorted(copy.recipient.address for copy in copies)


def test_a_policy_that_only_reports_leaves_a_note() -> None:
    """The copy goes on; the trace says what would have been done."""
    copy = Copy(Recipient(A), standing(), Deliver(would="reject"), b"Pratique-Scanned: infected\r\n")
    hops = NextHopsInMemory()
    disposition = Disposition(hops, KeepingInMemory(), Cleaner("mx.service.example", "mx.service.example", None))
    (outcome,) = result_of(disposition.carry_out(examined(A), [copy], never_examined))
    assert isinstance(outcome, Accepted) and outcome.note == "report-only; would=reject"
    assert hops.contents[0].startswith(b"Pratique-Scanned: infected\r\nReceived: x\r\n")


SILENT = Delivered(NextHopReply(250, "2.0.0", "ok"), offers_dsn=False)


def owing(
    result: CopyResult, storage: KeepingInMemory, reverse_path: str = "s@x.example"
) -> tuple[Outcome, NextHopsInMemory]:
    """The outcome of a copy whose sender wants to hear of success."""
    hops = NextHopsInMemory({A: result}, storage.steps)
    who = Recipient(A, NotifyRequest((Notify.SUCCESS,)))
    message = examined(A)
    message = replace(message, envelope=replace(message.envelope, reverse_path=ReversePath(reverse_path)))
    disposition = Disposition(hops, storage, Cleaner("mx.service.example", "mx.service.example", None))
    (outcome,) = result_of(disposition.carry_out(message, [Copy(who, standing(), Deliver())], never_examined))
    return outcome, hops


def test_a_success_that_the_next_hop_does_not_report_is_owed() -> None:
    """Written down before the 250, in time that is taken from the forwarding."""
    storage = KeepingInMemory()
    outcome, hops = owing(SILENT, storage)
    assert isinstance(outcome, Accepted) and outcome.note == ""
    assert [each.recipient for each in storage.owed_success] == [A] and hops.seconds == [15.0]
    assert storage.steps == ["forward", "keep"]


@pytest.mark.parametrize(("result", "reverse_path"), [(OK, "s@x.example"), (SILENT, "")])
def test_what_is_not_owed_is_not_kept(result: CopyResult, reverse_path: str) -> None:
    """The next hop reports itself; or nobody can be told."""
    storage = KeepingInMemory()
    outcome, _ = owing(result, storage, reverse_path)
    assert isinstance(outcome, Accepted) and storage.steps == ["forward"]


def test_a_report_that_cannot_be_kept_does_not_have_the_message_sent_again() -> None:
    """The copy is with its next hop: 250, and the trace says that its sender is not told."""
    outcome, _ = owing(SILENT, KeepingInMemory(fails_after=True))
    assert isinstance(outcome, Accepted)
    assert outcome.note == "its sender is not told: no space left on device"
