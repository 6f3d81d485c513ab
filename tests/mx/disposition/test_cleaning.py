"""Cleaning: what leaves was looked at again; the whole message is durable first, or it is held whole."""

import itertools
from dataclasses import replace

import pytest

from mx import reply
from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import walk
from mx.cell.report import NoCellFree
from mx.decision import Deliver, Hold, Strip
from mx.delivery.contract import CopyResult
from mx.disposition.carry_out import ORIGINAL, UNDELIVERABLE, Disposition
from mx.disposition.cleaning import Cleaned, Cleaner, ExamineAgain
from mx.disposition.copies import Copy, ExaminedMessage
from mx.envelope import Recipient
from mx.examination import Examination
from mx.finding import EngineFailed, Finding, Severity
from mx.outcome import Accepted, Deferred, Held, Outcome, Queued
from mx.spool import Spool
from mx.verdict import Verdict, VerdictKind
from tenants.policies.policy import Policy, parse_policy
from tests.contracts.disposing import (
    AWAY,
    LATER,
    NEVER,
    KeepingInMemory,
    NextHopsInMemory,
    examination,
    examined,
    result_of,
    standing,
)
from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.contracts.stamps import stamped

A, B = "a@acme.example", "b@acme.example"
VIRUS = base64_part(EICAR, b"virus.com")
OCTETS = message(text_part(), VIRUS, header=b"DKIM-Signature: v=1\r\nFrom: a@sender.example\r\n")
SIGNATURE = b"Content-Type: application/pgp-signature\r\n\r\nx"
CLEANS = parse_policy({"infected": "clean"})
HOLDS_SPAM = parse_policy({"infected": "clean", "spam": "hold"})
NO_TIME = itertools.repeat(0.0).__next__


def infected(*addresses: str, seconds: float = 0.25, octets: bytes = OCTETS) -> ExaminedMessage:
    """A message with EICAR attached, as it was examined."""
    anatomy = walk(octets, Budget(NO_TIME), DEEP_READERS)
    (number,) = [part.number for part in anatomy.artifacts if part.name == "virus.com"]
    verdict = Verdict(VerdictKind.INFECTED, (Finding("yara", "EICAR-Test-File", number, Severity.INFECTED),))
    found = replace(examination(), verdict=verdict, artifacts=anatomy.artifacts, seconds=seconds)
    return examined(*addresses, result=found, content=octets)


class Again:
    """Examines octets again: says what it is told, and remembers what it was shown."""

    def __init__(self, *findings: Finding, unanswered: tuple[EngineFailed, ...] = ()) -> None:
        kind = VerdictKind(findings[0].severity.value) if findings else VerdictKind.CLEAN
        self.verdict = Verdict(kind, findings, unanswered=unanswered)
        self.shown: list[tuple[bytes, float]] = []

    async def __call__(self, octets: Spool, seconds: float, policy: Policy) -> Examination:
        self.shown.append((b"".join(octets.chunks()), seconds))
        return replace(examination(), verdict=self.verdict)


async def busy(octets: Spool, seconds: float, policy: Policy) -> Examination:
    raise NoCellFree("busy")


def copy_for(address: str, policy: Policy = CLEANS, language: str = "en", **more: str) -> Copy:
    found = infected(address).examination.verdict.findings[0].artifact
    return Copy(Recipient(address), standing(policy=policy, language=language, **more), Strip("infected", (found,)))


def clean(again: ExamineAgain, taken: ExaminedMessage | None = None, policy: Policy = CLEANS) -> Cleaned | str:
    cleaner = Cleaner("mx.service.example", "mx.service.example", None)
    return result_of(cleaner.clean(taken or infected(A), [copy_for(A, policy)], again))


def test_what_is_left_is_examined_and_says_so_on_top() -> None:
    """In the seconds that the first examination has left."""
    again = Again()
    cleaned = clean(again)
    assert isinstance(cleaned, Cleaned)
    ((octets, seconds),) = again.shown
    assert octets.startswith(OCTETS[: OCTETS.index(VIRUS)]) and EICAR not in octets and VIRUS not in octets
    assert seconds == 19.75
    (copy,) = cleaned.copies
    assert copy.decision == Deliver() and copy.headers_on_top.startswith(b"Pratique-Scanned: clean; removed=1;")
    assert b"".join(cleaned.message.content.chunks()) == octets
    assert cleaned.note == "parts taken out: 1, DKIM broken"


def test_a_forged_stamp_is_not_in_what_is_left() -> None:
    """One that is not forged is; what it says of the parts is for its reader to hold against them."""
    stamp = stamped().stamp.to_field().encode() + b"\r\n"
    for is_forged in (False, True):
        taken = infected(A, octets=stamp + OCTETS)
        cleaned = clean(Again(), replace(taken, is_stamp_forged=is_forged))
        assert isinstance(cleaned, Cleaned) and cleaned.message.is_stamp_forged is is_forged
        assert (stamp in b"".join(cleaned.message.content.chunks())) is not is_forged


@pytest.mark.parametrize(
    ("again", "taken", "policy", "why"),
    [
        (Again(Finding("second", "Other", 0, Severity.INFECTED)), infected(A), CLEANS, "found-again"),
        (Again(Finding("second", "Other", 0, Severity.SPAM)), infected(A), HOLDS_SPAM, "found-again"),
        (Again(unanswered=(EngineFailed("clamd", "away"),)), infected(A), CLEANS, "found-again"),
        (Again(), infected(A, seconds=18.5), CLEANS, "too-late"),
        (busy, infected(A), CLEANS, "busy"),
        (Again(), infected(A, octets=message(VIRUS, SIGNATURE)), CLEANS, "signed"),
    ],
)  # fmt: skip
def test_otherwise_a_word_says_why_not(again: ExamineAgain, taken: ExaminedMessage, policy: Policy, why: str) -> None:
    """The message is then held whole."""
    assert clean(again, taken, policy) == why


class Run:
    """carry_out() with everything in memory."""

    def __init__(self, *copies: Copy, again: ExamineAgain | None = None, answers: dict[str, CopyResult] | None = None,
                 fails: bool = False) -> None:  # fmt: skip
        steps: list[str] = []
        self.hops = NextHopsInMemory(answers or {}, steps)
        self.store = KeepingInMemory(steps, fails)
        self.steps = steps
        disposition = Disposition(self.hops, self.store, Cleaner("mx.service.example", "mx.service.example", None))
        addresses = [copy.recipient.address for copy in copies]
        self.outcomes = result_of(disposition.carry_out(infected(*addresses), copies, again or Again()))


def test_the_whole_message_is_durable_before_the_cleaned_one_leaves() -> None:
    """The trace says where it is."""
    run = Run(copy_for(A))
    assert run.steps == ["keep", "forward"] and run.store.rows == [(A, ORIGINAL)]
    note = "parts taken out: 1, DKIM broken, the whole message is held as 1"
    assert run.outcomes == (Accepted(Recipient(A), "250 2.0.0 Ok: queued as 4711", note),)
    (content,) = run.hops.contents
    assert b"virus.com" not in content.replace(b"  virus.com", b"") and content.count(b"Pratique-Scanned") == 1


@pytest.mark.parametrize(
    ("answer", "kind", "rows"),
    [
        (AWAY, Queued, [(A, ORIGINAL), (A, "queue")]),
        (LATER, Queued, [(A, ORIGINAL), (A, "queue")]),
        (NEVER, Held, [(A, ORIGINAL)]),
    ],
)
def test_what_the_next_hop_does_not_take_is_kept(
    answer: CopyResult, kind: type[Outcome], rows: list[tuple[str, str]]
) -> None:
    """Cleaned in the queue; refused for good, it is there whole already. The sender is told 250 all the same."""
    run = Run(copy_for(A), answers={A: answer})
    assert run.store.rows == rows
    (outcome,) = run.outcomes
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, Held) or outcome.reason == UNDELIVERABLE
    assert [copy.recipient for copy in run.store.owed] == ([A] if kind is Held else [])


def test_what_cannot_be_stored_is_not_sent() -> None:
    """4xx, and no copy has left."""
    run = Run(copy_for(A), fails=True)
    (outcome,) = run.outcomes
    assert isinstance(outcome, Deferred) and outcome.reply == reply.STORAGE_UNAVAILABLE and run.hops.offered == []


def test_what_cannot_be_cleaned_is_held_whole() -> None:
    """With the reason of its verdict; the trace says why it was not cleaned."""
    run = Run(copy_for(A), again=busy)
    assert run.outcomes == (Held(Recipient(A), 1, "infected", "kept whole, not cleaned: busy"),)
    assert run.hops.offered == []


def test_each_recipient_has_its_own_language_and_its_own_decision() -> None:
    """One is cleaned in German, one in English, one delivered as it is, one held."""
    people = [f"{name}@acme.example" for name in "abcd"]
    plain = Copy(Recipient(people[2]), standing(), Deliver(), b"X: 1\r\n")
    held = Copy(Recipient(people[3]), standing(), Hold("spam"))
    run = Run(copy_for(people[0], language="de"), copy_for(people[1]), plain, held)
    kinds = [type(outcome) for outcome in run.outcomes]
    assert kinds == [Accepted, Accepted, Accepted, Held]
    contents = {
        transfer.recipients[0]: content
        for (_, transfer), content in zip(run.hops.transfers, run.hops.contents, strict=True)
    }
    assert contents[people[2]] == b"X: 1\r\nReceived: x\r\n" + OCTETS
    assert contents[people[0]] != contents[people[1]] and all(VIRUS not in contents[who] for who in people[:2])
    assert sorted(run.store.rows) == [(people[0], ORIGINAL), (people[1], ORIGINAL), (people[3], "spam")]


def test_a_mailbox_without_a_next_hop_keeps_it_whole() -> None:
    """There is nobody to send a cleaned message to."""
    run = Run(replace(copy_for(A), standing=standing("", policy=CLEANS)))
    assert run.outcomes == (Held(Recipient(A), 1, "infected"),)
