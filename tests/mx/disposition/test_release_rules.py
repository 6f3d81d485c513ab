"""Whether a held message may leave after a second look, and when it is looked at again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.artifact import Ambiguity
from mx.disposition.release_rules import LEAST_WAIT, next_rescan, why_held_again
from mx.finding import EngineFailed, Finding, Severity
from mx.verdict import Verdict, VerdictKind
from tenants.policies.policy import Policy, parse_policy
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import EICAR_FOUND

SPAM = Finding("second", "Spam.Bulk", 0, Severity.SPAM)
EXE = Finding("attachment-filter", "attachment.extension.exe", 1, Severity.PROHIBITED)
CLEAN = Verdict(VerdictKind.CLEAN)
ODD = Verdict(VerdictKind.CLEAN, ambiguities=(Ambiguity("bare-lf", 0),))
VIRUS = Verdict(VerdictKind.INFECTED, (EICAR_FOUND,))
BULK = Verdict(VerdictKind.SPAM, (SPAM,))
BOTH = Verdict(VerdictKind.INFECTED, (EICAR_FOUND, SPAM))
BARRED = Verdict(VerdictKind.INFECTED, (EICAR_FOUND, EXE))
SILENT = Verdict(VerdictKind.CLEAN, unanswered=(EngineFailed("clamd", "x"),))
SEEN = {"EICAR-Test-File"}
STRICT = parse_policy({"spam": "hold", "ambiguous": "hold", "clean": "hold"})

ASKED = [
    ("clean", CLEAN, set(), Policy(), None),
    ("seen", VIRUS, SEEN, Policy(), None),
    ("not seen", VIRUS, set(), Policy(), "found EICAR-Test-File"),
    ("silent", SILENT, SEEN, Policy(), "clamd gave no answer"),
    ("silent, and the policy lets it pass", SILENT, set(), parse_policy({"engine_failure": "mark"}), None),
    ("new spam that the policy delivers", BOTH, SEEN, Policy(), None),
    ("new spam that the policy holds", BOTH, SEEN, STRICT, "found Spam.Bulk"),
    ("refused for another reason", BARRED, SEEN, Policy(), "found attachment.extension.exe"),
    ("held for what a person can see", ODD, set(), STRICT, None),
    ("a policy that holds all", CLEAN, set(), STRICT, None),
    ("only reporting is no release", VIRUS, set(), parse_policy({"report_only": "on"}), "found EICAR-Test-File"),
]


@pytest.mark.parametrize(("title", "verdict", "seen", "policy", "why"), ASKED, ids=[row[0] for row in ASKED])
def test_what_a_person_asked_for_leaves_in_spite_of_what_the_person_saw(
    title: str, verdict: Verdict, seen: set[str], policy: Policy, why: str | None
) -> None:
    """Not in spite of anything else."""
    reason = why_held_again(verdict, policy, 1, frozenset(seen), only_if_clean=False)
    assert (reason is None) if why is None else (reason is not None and why in reason)


IN_BULK = [
    ("clean", CLEAN, Policy(), None),
    ("clean, and held by policy", CLEAN, STRICT, "found clean"),
    ("still found", VIRUS, Policy(), "found EICAR-Test-File"),
    ("delivered by policy", BULK, Policy(), None),
    ("held by policy", BULK, STRICT, "found Spam.Bulk"),
    ("odd, and delivered by policy", ODD, Policy(), None),
    ("odd, and held by policy", ODD, STRICT, "found bare-lf"),
    ("silent", SILENT, Policy(), "clamd gave no answer"),
    ("would be cleaned", VIRUS, parse_policy({"infected": "clean"}), "found EICAR-Test-File"),
]


@pytest.mark.parametrize(("title", "verdict", "policy", "why"), IN_BULK, ids=[row[0] for row in IN_BULK])
def test_what_nobody_looked_at_leaves_where_the_policy_would_deliver_it_today(
    title: str, verdict: Verdict, policy: Policy, why: str | None
) -> None:
    """The day of a bad signature, and the rescan of what an engine did not see."""
    reason = why_held_again(verdict, policy, 1, frozenset(), only_if_clean=True)
    assert (reason is None) if why is None else (reason is not None and why in reason)


RESCANS = [
    ("silent at once", SILENT, 0, later(seconds=30), later(seconds=90)),
    ("silent for ten minutes", SILENT, 0, later(minutes=10), later(minutes=12, seconds=30)),
    ("silent for a day", SILENT, 3, later(days=1), later(days=1, hours=1)),
    ("found at once", VIRUS, 0, later(seconds=30), later(hours=1)),
    ("found after a long silence", VIRUS, 0, later(hours=5), later(hours=5, minutes=1)),
    ("found twice", VIRUS, 1, later(hours=1), None),
]


@pytest.mark.parametrize(("title", "verdict", "rescans", "now", "again"), RESCANS, ids=[row[0] for row in RESCANS])
def test_when_it_is_looked_at_again(
    title: str, verdict: Verdict, rescans: int, now: datetime, again: datetime | None
) -> None:
    """Soon while engines are silent; once more after `rescan_minutes` when they answered."""
    assert next_rescan(verdict, Policy(), rescans, NOW, now) == again


@given(st.timedeltas(timedelta(), timedelta(days=30)), st.integers(1, 1440))
def test_a_silent_engine_is_never_given_up_and_never_pressed(age: timedelta, minutes: int) -> None:
    """At least a minute between two looks, at most the policy's minutes."""
    policy = Policy(rescan_minutes=minutes)
    wait = next_rescan(SILENT, policy, 0, NOW, NOW + age)
    assert wait is not None and LEAST_WAIT <= wait - (NOW + age) <= timedelta(minutes=minutes)
