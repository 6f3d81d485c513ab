"""What goes between us and the process of an engine."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.outside.wire import (
    MOST_FINDINGS,
    STATE_OCTETS,
    Question,
    StateQuestion,
    Told,
    answer_octets,
    answer_of,
    hello_octets,
    question_octets,
    question_of,
    told_of,
)
from mx.engines.skeleton import MARK, Skeleton
from mx.finding import EngineFailed, Finding, Found, NothingFound, Severity
from mx.outside.frames import Nonsense, wrong_octets
from tests.contracts.engine import Octets, artifact

FOUND = Found("x", (Finding("x", "Bad", 1, Severity.INFECTED), Finding("x", "Odd", 2, Severity.SUSPICIOUS)))
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def test_a_question_arrives_with_its_contents() -> None:
    """And with the message, where it is shown."""
    circumstances = Circumstances(helo="mx.example", message=Octets(b"whole"))
    asked = question_of(question_octets((artifact(EICAR), artifact(b"", 2)), circumstances, 1.5))
    assert isinstance(asked, Question)
    assert [b"".join(each.content.chunks()) for each in asked.artifacts] == [EICAR, b""]
    assert asked.circumstances.message is not None
    assert (b"".join(asked.circumstances.message.chunks()), asked.deadline) == (b"whole", 1.5)
    assert isinstance(question_of(STATE_OCTETS), StateQuestion)


@pytest.mark.parametrize(
    "given",
    [
        NothingFound("x"),
        FOUND,
        EngineFailed("x", "away"),
        EngineState("x", True, "ready", "1", "2", NOW),
        EngineState("x", False, "away"),
    ],
)
def test_answers_arrive_as_they_are(given: object) -> None:
    """Each kind."""
    assert answer_of(answer_octets(given)) == given


@pytest.mark.parametrize("given", ["clean", None, True, Found("x", ()), [NothingFound("x")], object()])
def test_what_is_no_outcome_is_a_sentence(given: object) -> None:
    """Whatever an engine may answer."""
    assert answer_of(answer_octets(given)) == "answered something that is no outcome"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"is": "clean"},
        {"is": "nothing"},
        {"is": "nothing", "engine": 1},
        {"is": "found", "engine": "x", "findings": [["x", "y", "1", "infected"]]},
        {"is": "found", "engine": "x", "findings": [["x", "y", True, "infected"]]},
        {"is": "found", "engine": "x", "findings": [["x", "y", 1, "clean"]]},
        {"is": "found", "engine": "x", "findings": [["x", "y", 1, "infected"]] * (MOST_FINDINGS + 1)},
        {"is": "state", "words": ["x", True, "ready", "1", "2", "2026-11-27T00:00:00"]},
        {"is": "state", "words": []},
    ],
)
def test_garbled_answers_are_a_sentence(document: dict[str, Any]) -> None:
    """Never an outcome."""
    assert answer_of(json.dumps(document).encode()) == "answered something that is no outcome"


def test_what_was_wrong_is_told() -> None:
    """With the words of that process, cut short."""
    assert answer_of(wrong_octets("raised RuntimeError")) == "raised RuntimeError"
    assert len(str(answer_of(wrong_octets("x" * 9999)))) == 200
    assert told_of(wrong_octets("KeyError: 'host'")) == "KeyError: 'host'"


def test_an_engine_says_what_it_is() -> None:
    """All that the panel needs."""
    assert told_of(hello_octets(Skeleton())) == Told("skeleton", Purpose.MALWARE, MARK)


@pytest.mark.parametrize("body", [b"{}", b'{"name": "x", "purpose": "fun", "canary": ""}', b"[]"])
def test_an_engine_that_cannot_say_what_it_is_is_nonsense(body: bytes) -> None:
    """Its process is ended."""
    with pytest.raises(Nonsense):
        told_of(body)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_document_will_do(plain: object) -> None:
    """Nothing but Nonsense is raised."""
    for kind in ("nothing", "found", "failed", "state"):
        answer_of(json.dumps({"is": kind, "engine": "x", "findings": plain, "words": plain, "reason": plain}).encode())
