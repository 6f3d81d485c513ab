"""A tenant's own rules: what they may say, how long they may take, and what a cell keeps of them."""

import itertools

import pytest

from mx.anatomy.budget import Budget
from mx.cell.rule_set import Match
from mx.cell.tenant_rules import KEPT, SECONDS, TenantRules, Turn
from mx.finding import Severity

NO_TIME = itertools.repeat(0.0).__next__


def rule(meta: str = "", name: str = "Ours") -> str:
    return f"rule {name} {{ {'meta: ' + meta if meta else ''} condition: true }}"


def matches(text: str) -> list[Match]:
    return Turn(TenantRules().for_text(text)).scan("a", b"x", Budget(NO_TIME))


CASES = {
    "an identifier": (rule(), ("tenant.Ours", Severity.SUSPICIOUS)),
    "an identifier of any kind": (rule(name="_own"), ("tenant._own", Severity.SUSPICIOUS)),
    "a name": (rule('name = "Bad.Invoice"'), ("tenant.Bad.Invoice", Severity.SUSPICIOUS)),
    "a severity": (rule('severity = "spam"'), ("tenant.Ours", Severity.SPAM)),
    "a severity that is ours to say": (rule('severity = "encrypted"'), ("tenant.Ours", Severity.SUSPICIOUS)),
    "a name of markup": (rule('name = "<b>"'), ("tenant.unnamed", Severity.SUSPICIOUS)),
    "a name without end": (rule(f'name = "{"x" * 200}"'), ("tenant.unnamed", Severity.SUSPICIOUS)),
    "rules that do not compile": ("rule {", ("tenant.rules-broken", Severity.UNSCANNABLE)),
    "no text at all": ("\ud800", ("tenant.rules-broken", Severity.UNSCANNABLE)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_tenant_speaks_for_itself_only(case: str) -> None:
    """Every name is marked as a tenant's, and is one that the wire takes."""
    text, expected = CASES[case]
    assert matches(text) == [expected]


def test_the_same_text_is_compiled_once() -> None:
    """As long as it is among those used lately."""
    kept = TenantRules()
    first = kept.for_text(rule())
    for number in range(KEPT - 1):
        kept.for_text(rule(name=f"other{number}"))
        assert kept.for_text(rule()) is first
    for number in range(KEPT):
        kept.for_text(rule(name=f"more{number}"))
    assert kept.for_text(rule()) is not first


def test_rules_that_take_too_long_are_unscannable() -> None:
    """Their time is one for all artifacts of a message; our own rules' is not touched."""
    clock = itertools.count(0.0, SECONDS * 0.6)
    turn = Turn(TenantRules().for_text(rule()))
    budget = Budget(lambda: next(clock))
    assert turn.scan("a", b"x", budget) == [("tenant.Ours", Severity.SUSPICIOUS)]
    assert turn.scan("b", b"x", budget) == [("tenant.Ours", Severity.SUSPICIOUS)]
    assert turn.scan("c", b"x", budget) == [("limit.tenant-rules-time", Severity.UNSCANNABLE)]
