"""judge(): total, and never clean by absence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.artifact import Ambiguity
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity
from mx.verdict import VerdictKind, amend, judge


def found(engine: str, *severities: Severity) -> Found:
    return Found(engine, tuple(Finding(engine, f"{severity}.name", 1, severity) for severity in severities))


TABLE = [
    ("nobody was asked", set(), [], VerdictKind.CLEAN, 0),
    ("one engine found nothing", {"a"}, [NothingFound("a")], VerdictKind.CLEAN, 0),
    ("one engine found a virus", {"a"}, [found("a", Severity.INFECTED)], VerdictKind.INFECTED, 0),
    (
        "one of two found a virus",
        {"a", "b"},
        [NothingFound("a"), found("b", Severity.INFECTED)],
        VerdictKind.INFECTED,
        0,
    ),
    ("one failed", {"a", "b"}, [NothingFound("a"), EngineFailed("b", "away")], VerdictKind.CLEAN, 1),
    ("one never answered", {"a", "b"}, [NothingFound("a")], VerdictKind.CLEAN, 1),
    ("nobody answered", {"a", "b"}, [], VerdictKind.CLEAN, 2),
    ("the worst wins", {"a"}, [found("a", Severity.SPAM, Severity.ENCRYPTED)], VerdictKind.ENCRYPTED, 0),
    (
        "infected beats unscannable",
        {"a"},
        [found("a", Severity.UNSCANNABLE, Severity.INFECTED)],
        VerdictKind.INFECTED,
        0,
    ),
]


@pytest.mark.parametrize(("title", "asked", "outcomes", "kind", "unanswered"), TABLE, ids=[row[0] for row in TABLE])
def test_the_verdict_of_each_row(
    title: str, asked: set[str], outcomes: list[EngineOutcome], kind: VerdictKind, unanswered: int
) -> None:
    """The table above, row by row."""
    verdict = judge(asked, outcomes)
    assert (verdict.kind, len(verdict.unanswered)) == (kind, unanswered)


def test_a_finding_declared_false_does_not_count() -> None:
    """`engines ignore NAME` takes the finding away, and the verdict is that of the others."""
    outcomes = [found("a", Severity.INFECTED, Severity.SUSPICIOUS)]
    assert judge({"a"}, outcomes, ignored={"infected.name"}).kind is VerdictKind.SUSPICIOUS


def test_what_could_not_be_examined_cannot_be_declared_false() -> None:
    """Ignoring the name of a limit, or of a cell that died, does not make an unread message clean."""
    lost = Finding("anatomy", "cell-died", 0, Severity.UNSCANNABLE)
    verdict = judge({"a"}, [NothingFound("a")], [lost], ignored={"cell-died"})
    assert verdict.kind is VerdictKind.UNSCANNABLE


def test_the_anatomys_own_findings_count_like_an_engines() -> None:
    """A limit reached makes the message unscannable although every engine found nothing."""
    finding = Finding("anatomy", "limit.depth", 3, Severity.UNSCANNABLE)
    verdict = judge({"a"}, [NothingFound("a")], [finding], [Ambiguity("header-nul", 1)])
    assert verdict.kind is VerdictKind.UNSCANNABLE
    assert verdict.finding_names == ("limit.depth",)
    assert verdict.ambiguities == (Ambiguity("header-nul", 1),)


@given(st.sets(st.sampled_from("abcde")), st.sets(st.sampled_from("abcde")))
def test_whoever_was_asked_and_is_silent_is_unanswered(asked: set[str], answering: set[str]) -> None:
    """No combination of silent engines makes a complete verdict."""
    verdict = judge(asked, [NothingFound(engine) for engine in sorted(answering)])
    assert {failed.engine for failed in verdict.unanswered} == asked - answering


def test_the_engines_that_answered_are_named() -> None:
    """Not the signatures in the cells: they answer about every message, so they are no other engine's stand-in."""
    outcomes = [NothingFound("yara"), NothingFound("icap"), EngineFailed("clamd", "away"), found("b", Severity.SPAM)]
    assert judge({"yara", "icap", "clamd", "b"}, outcomes).answered == ("b", "icap")


def test_what_agents_find_counts_like_what_engines_find() -> None:
    """The worst severity of all wins, and a name that is ignored stays ignored."""
    verdict = judge({"a"}, [found("a", Severity.SPAM)])
    lists = Finding("attachment-filter", "attachment.extension.exe", 1, Severity.PROHIBITED)
    assert amend(verdict, [lists]).kind is VerdictKind.PROHIBITED
    assert amend(verdict, [lists], ignored={lists.name}) == verdict


@given(st.sets(st.sampled_from(list(Severity))), st.sets(st.sampled_from(list(Severity))))
def test_nothing_but_an_opinion_is_ever_taken_away(present: set[Severity], without: set[Severity]) -> None:
    """Vouching for a sender never touches what is infected, prohibited, encrypted, unscannable or suspicious."""
    verdict = judge({"a"}, [found("a", *sorted(present))] if present else [NothingFound("a")])
    left = {finding.severity for finding in amend(verdict, [], without=without).findings}
    assert present - left == present & without & {Severity.SPAM, Severity.PHISHING}
