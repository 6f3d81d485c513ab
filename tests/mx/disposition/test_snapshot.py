"""A snapshot says what each step changed, to tenants that ask for it, and nothing of the content."""

from dataclasses import replace
from datetime import timedelta

from mx.artifact import Ambiguity
from mx.decision import Deliver, Hold
from mx.disposition.copies import Copy
from mx.disposition.snapshot import MOST_CHARACTERS, MOST_LINES, steps_of
from mx.envelope import Recipient
from mx.examination import Examination
from mx.finding import EngineFailed
from mx.own_headers import Pieces
from mx.verdict import Verdict, VerdictKind
from tenants.policies.policy import Policy
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import EICAR_FOUND, examined, standing

A, C = Recipient("a@acme.example"), Recipient("c@second.example")
ASKS = standing(policy=Policy(snapshot_hours=6))


def test_nobody_who_does_not_ask_gets_one() -> None:
    """Nothing is written, and nothing is made."""
    assert steps_of(examined("a@acme.example"), [Copy(A, standing(), Deliver())], NOW) == []


def test_each_step_and_what_it_changed() -> None:
    """What was taken away by name alone; what was found by number; our own lines whole; of who asks alone."""
    ambiguities = (Ambiguity("two-boundaries", 0), Ambiguity("two-boundaries", 1))
    verdict = Verdict(VerdictKind.INFECTED, (EICAR_FOUND,), ambiguities, (EngineFailed("clamd", "silent"),))
    examination = Examination(verdict, (), b"{}", "<1@x>", "Invoice", ("yara/1.0",), 0.12345)
    message = examined("a@acme.example", "c@second.example", result=examination)
    message = replace(message, content=Pieces(message.spool, b"", 0, ("Pratique-Stamp",)))
    copies = [
        Copy(C, standing(), Deliver(), b"Not: asked for\r\n"),
        Copy(A, ASKS, Hold("infected"), b"Pratique-Scanned: infected;\r\n\tengines=yara\r\n"),
    ]
    steps = steps_of(message, copies, NOW)
    assert [(step.step, step.changes) for step in steps] == [
        ("header", ("- Pratique-Stamp",)),
        (
            "examination",
            (
                "= 0 artifacts, by yara/1.0",
                "+ ambiguity two-boundaries",
                f"+ finding infected yara: EICAR-Test-File (part {EICAR_FOUND.artifact})",
                "= no answer from clamd: silent",
                "= verdict infected",
            ),
        ),
        ("decision", ("= a@acme.example: hold (infected)",)),
        ("on-top", ("+ Pratique-Scanned: infected; engines=yara", "+ Received: x")),
    ]
    assert {step.expires_at for step in steps} == {NOW + timedelta(hours=6)}
    assert [step.seconds for step in steps] == [0.0, 0.1235, 0.0, 0.0]


def test_what_a_policy_that_only_reports_would_do_is_said() -> None:
    """Beside what is done."""
    [*_, decision, _] = steps_of(examined("a@acme.example"), [Copy(A, ASKS, Deliver("reject"))], NOW)
    assert decision.changes == ("= a@acme.example: deliver, though the policy would reject",)


def test_a_step_is_short() -> None:
    """However much there is to say."""
    many = [Copy(Recipient(f"{'x' * 1000}{number}@acme.example"), ASKS, Deliver()) for number in range(200)]
    decision = steps_of(examined("a@acme.example"), many, NOW)[2]
    assert len(decision.changes) == MOST_LINES and max(map(len, decision.changes)) == MOST_CHARACTERS
