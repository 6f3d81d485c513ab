"""decide(): a table of every verdict under the default policy, and what other policies change."""

import itertools

import pytest

from mx.artifact import Ambiguity
from mx.decision import Defer, Deliver, Discard, Hold, Reject, decide
from mx.finding import EngineFailed
from mx.verdict import Verdict, VerdictKind
from tenants.policy import Action, EngineFailure, Policy, parse_policy

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
