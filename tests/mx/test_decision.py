"""decide(): a table of every verdict under the default policy, and what other policies change."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.artifact import Ambiguity
from mx.decision import Decision, Defer, Deliver, Discard, Hold, Reject, Strip, action_for, decide, word_of
from mx.finding import EngineFailed, Finding, Severity
from mx.verdict import Verdict, VerdictKind
from tenants.policies.entries import FindingRule
from tenants.policies.policy import Action, EngineFailure, Policy, parse_policy

DEFAULTS = {
    VerdictKind.CLEAN: Deliver(),
    VerdictKind.INFECTED: Reject("infected", keep=True),
    VerdictKind.PROHIBITED: Reject("prohibited", keep=True),
    VerdictKind.UNSCANNABLE: Reject("unscannable", keep=True),
    VerdictKind.ENCRYPTED: Reject("encrypted", keep=True),
    VerdictKind.PHISHING: Deliver(),
    VerdictKind.SPAM: Deliver(),
    VerdictKind.SUSPICIOUS: Deliver(),
    VerdictKind.ENCRYPTED_MESSAGE: Deliver(),
}
AWAY = (EngineFailed("clamd", "connection refused"),)


@pytest.mark.parametrize("kind", VerdictKind)
def test_the_default_policy_is_the_promise_to_a_new_tenant(kind: VerdictKind) -> None:
    """Each verdict has the default that the contract states."""
    assert decide(Verdict(kind), Policy()) == DEFAULTS[kind]


@pytest.mark.parametrize("kind", VerdictKind)
def test_without_an_engine_only_infected_is_decided(kind: VerdictKind) -> None:
    """A missing engine defers everything but what is known to be infected."""
    decision = decide(Verdict(kind, unanswered=AWAY), Policy())
    expected = DEFAULTS[kind] if kind is VerdictKind.INFECTED else Defer("engine-unavailable")
    assert decision == expected


def test_a_policy_may_hold_or_mark_what_an_engine_did_not_see() -> None:
    """The tenant's choice, and never a silent one: `mark` is written in a header."""
    verdict = Verdict(VerdictKind.CLEAN, unanswered=AWAY)
    assert decide(verdict, Policy(engine_failure=EngineFailure.HOLD)) == Hold("engine-unavailable")
    assert decide(verdict, Policy(engine_failure=EngineFailure.MARK)) == Deliver()
    unscannable = Verdict(VerdictKind.UNSCANNABLE, unanswered=AWAY)
    assert decide(unscannable, Policy(engine_failure=EngineFailure.MARK)) == Reject("unscannable", keep=True)


def test_a_clean_but_ambiguous_message_follows_the_ambiguous_entry() -> None:
    """An ambiguity matters only while nothing worse is known."""
    odd = (Ambiguity("header-nul", 1),)
    policy = parse_policy({"ambiguous": "hold"})
    assert decide(Verdict(VerdictKind.CLEAN, ambiguities=odd), policy) == Hold("ambiguous")
    assert decide(Verdict(VerdictKind.INFECTED, ambiguities=odd), policy) == Reject("infected", keep=True)


@pytest.mark.parametrize(("kind", "action"), list(itertools.product(VerdictKind, Action)))
def test_every_action_can_be_chosen_for_every_verdict(kind: VerdictKind, action: Action) -> None:
    """The decision is the one that the entry's name says."""
    decision = decide(Verdict(kind), parse_policy({kind.value: action.value}))
    expected = {
        Action.DELIVER: Deliver(),
        Action.MARK: Deliver(),
        Action.CLEAN: Hold(kind.value),
        Action.HOLD: Hold(kind.value),
        Action.REJECT: Reject(kind.value, keep=False),
        Action.REJECT_AND_KEEP: Reject(kind.value, keep=True),
        Action.DISCARD: Discard(kind.value),
    }
    assert decision == expected[action]


def found(name: str, severity: Severity, artifact: int = 1, engine: str = "clamd") -> Finding:
    return Finding(engine, name, artifact, severity)


def verdict_of(*findings: Finding, **more: object) -> Verdict:
    kind = min((found.severity for found in findings), key=list(Severity).index)
    return Verdict(VerdictKind(kind.value), findings, **more)  # type: ignore[arg-type]


WORM = found("Win.Worm.Mydoom-1", Severity.INFECTED, 3)
RATIO = found("limit.ratio", Severity.UNSCANNABLE, 2, "anatomy")
EXE = found("attachment.extension.exe", Severity.PROHIBITED, 4, "attachment-filter")
SPAM = found("GTUBE", Severity.SPAM, 0, "rspamd")
BY_FINDINGS: list[tuple[str, dict[str, object], tuple[Finding, ...], Decision]] = [
    ("a worm is purged by its name", {"findings": "*Worm*=discard"}, (WORM, RATIO), Discard("infected")),
    ("the pattern's case counts", {"findings": "*worm*=discard"}, (WORM,), Reject("infected", keep=True)),
    ("the first rule that fits decides", {"findings": "*Worm*=hold Win*=discard"}, (WORM,), Hold("infected")),
    ("each limit may have its own action", {"findings": "limit.ratio=hold"}, (RATIO,), Hold("unscannable")),
    ("a rule may let a limit pass", {"findings": "limit.ratio=mark"}, (RATIO,), Deliver()),
    ("what passes hides nothing worse", {"findings": "*Worm*=mark"}, (WORM, RATIO), Reject("unscannable", keep=True)),
    ("what is milder is asked next", {"findings": "limit*=mark", "spam": "hold"}, (RATIO, SPAM), Hold("spam")),
    ("the worst stopping action wins", {"spam": "discard"}, (SPAM, RATIO), Reject("unscannable", keep=True)),
    ("an attachment has its rule's action", {"attachments": "extension:exe=hold"}, (EXE,), Hold("prohibited")),
    ("another rule's action is not its own", {"attachments": "extension:js=hold"}, (EXE,), Reject("prohibited", True)),
    ("a part is taken out", {"attachments": "extension:exe=clean"}, (EXE, SPAM), Strip("prohibited", (4,))),
    ("all such parts are", {"infected": "clean", "prohibited": "clean"}, (EXE, WORM), Strip("infected", (3, 4))),
    ("not where something else stops it", {"infected": "clean", "spam": "hold"}, (WORM, SPAM), Hold("spam")),
]


@pytest.mark.parametrize(("title", "entries", "findings", "decision"), BY_FINDINGS, ids=[row[0] for row in BY_FINDINGS])
def test_findings_are_decided_one_by_one(
    title: str, entries: dict[str, object], findings: tuple[Finding, ...], decision: Decision
) -> None:
    """The table above, row by row; the order in which they were found does not matter."""
    policy = parse_policy(entries)
    assert {decide(verdict_of(*order), policy) for order in itertools.permutations(findings)} == {decision}


ANSWERS: list[tuple[str, EngineFailure, tuple[str, ...], Decision]] = [
    ("defer", EngineFailure.DEFER, ("icap",), Defer("engine-unavailable")),
    ("hold", EngineFailure.HOLD, ("icap",), Hold("engine-unavailable")),
    ("another engine answered", EngineFailure.OTHER_ENGINE, ("icap",), Deliver()),
    ("no other engine answered", EngineFailure.OTHER_ENGINE, (), Defer("engine-unavailable")),
    ("mark", EngineFailure.MARK, (), Deliver()),
]


@pytest.mark.parametrize(("title", "failure", "answered", "decision"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_a_silent_engine_is_the_tenants_choice_by_size(
    title: str, failure: EngineFailure, answered: tuple[str, ...], decision: Decision
) -> None:
    """Large messages have an entry of their own."""
    verdict = Verdict(VerdictKind.CLEAN, unanswered=AWAY, answered=answered)
    small, large = Policy(engine_failure=failure), Policy(engine_failure_large=failure, large_octets=100)
    assert decide(verdict, small, 100) == decide(verdict, large, 101) == decision
    assert decide(verdict, large, 100) == Defer("engine-unavailable")


def test_too_large_for_one_engine_is_unscannable_unless_another_is_enough() -> None:
    """Only where the policy says so, and only where another one saw it."""
    too_large = found("too-large-for-clamd", Severity.UNSCANNABLE)
    enough = Policy(engine_failure=EngineFailure.OTHER_ENGINE)
    seen_by_two = verdict_of(too_large, answered=("clamd", "icap"))
    assert decide(seen_by_two, enough) == Deliver()
    assert decide(seen_by_two, Policy()) == Reject("unscannable", keep=True)
    assert decide(verdict_of(too_large, answered=("clamd",)), enough) == Reject("unscannable", keep=True)
    assert decide(verdict_of(too_large, RATIO, answered=("clamd", "icap")), enough) == Reject("unscannable", keep=True)


def test_a_virus_that_the_policy_lets_pass_does_not_excuse_a_silent_engine() -> None:
    """The missing answer may be the one that counts."""
    verdict = verdict_of(WORM, unanswered=AWAY)
    for action in ("mark", "clean"):
        assert decide(verdict, parse_policy({"infected": action})) == Defer("engine-unavailable")


ACTIONS = st.sampled_from(Action)
FINDINGS = st.builds(found, st.sampled_from(["a", "b.c", "limit.x"]), st.sampled_from(Severity), st.integers(0, 5))
POLICIES = st.builds(
    Policy,
    findings=st.lists(st.builds(FindingRule, st.sampled_from(["a", "b.*", "*"]), ACTIONS), max_size=2).map(tuple),
    report_only=st.booleans(),
    engine_failure=st.sampled_from(EngineFailure),
    **{severity.value: ACTIONS for severity in Severity},
)
MOST = st.lists(FINDINGS, max_size=4)


@given(MOST, POLICIES, st.booleans())
def test_nothing_that_the_policy_stops_is_delivered(findings: list[Finding], policy: Policy, silent: bool) -> None:
    """Whatever else was found, and in whatever order; a policy that only reports delivers all, and says what not."""
    verdict = verdict_of(*findings) if findings else Verdict(VerdictKind.CLEAN)
    verdict = Verdict(verdict.kind, verdict.findings, unanswered=AWAY if silent else ())
    decision = decide(verdict, policy)
    if policy.report_only:
        assert isinstance(decision, Deliver)
        return
    assert word_of(decision) in {*Action, "defer"}
    actions = {action_for(each, policy) for each in findings}
    stopping = actions - {Action.DELIVER, Action.MARK, Action.CLEAN}
    assert not (stopping and isinstance(decision, Deliver | Strip))
    assert not (Action.CLEAN in actions and isinstance(decision, Deliver))
    if isinstance(decision, Discard):
        assert Action.DISCARD in actions


def test_a_policy_that_only_reports_says_what_it_would_do() -> None:
    """Nothing is stopped, an engine's silence neither."""
    report = parse_policy({"report_only": "on"})
    assert decide(verdict_of(WORM), report) == Deliver(would="reject-and-keep")
    assert decide(Verdict(VerdictKind.CLEAN, unanswered=AWAY), report) == Deliver(would="defer")
    assert decide(verdict_of(SPAM), report) == Deliver()


@pytest.mark.parametrize(
    ("decision", "word"),
    [
        (Deliver(), "deliver"),
        (Strip("infected", (1,)), "clean"),
        (Hold("spam"), "hold"),
        (Reject("spam", keep=False), "reject"),
        (Reject("spam", keep=True), "reject-and-keep"),
        (Discard("spam"), "discard"),
        (Defer("engine-unavailable"), "defer"),
    ],
)
def test_each_decision_has_its_word(decision: Decision, word: str) -> None:
    """The word of the policy's entry."""
    assert word_of(decision) == word
