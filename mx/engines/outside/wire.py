"""What goes between us and the process of an engine of another package, in frames (`mx/outside/frames.py`). Pure.

A `CALL` is a question as a pickle: artifacts with their contents and the circumstances, or what state it is in. An
`ANSWER` is an outcome or a state as JSON, built anew here; `HELLO` is what the engine says of itself.

Failure: `Nonsense` for what is no JSON, or no engine; the process that sent it is ended. An answer that is none is an
EngineFailed, and an unavailable state: unknown, never clean.
Limits: MOST_FINDINGS findings, sentences of MOST_CHARACTERS.
"""

import base64
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mx.artifact import Artifact
from mx.engines.contract import Circumstances, EngineState, Purpose
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity
from mx.outside.frames import Nonsense, document_of, json_octets, sent, wrong_octets

MOST_FINDINGS, MOST_CHARACTERS = 10_000, 200


@dataclass(frozen=True, slots=True)
class Told:
    """What an engine says of itself."""

    name: str
    purpose: Purpose
    canary: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """What it finds in these artifacts, within so many seconds."""

    artifacts: tuple[Artifact, ...]
    circumstances: Circumstances
    deadline: float


@dataclass(frozen=True, slots=True)
class StateQuestion:
    """What state it is in."""


def question_octets(artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float) -> bytes:
    """The question, with a copy of all contents."""
    message = None if circumstances.message is None else sent(circumstances.message)
    shown = tuple(replace(artifact, content=sent(artifact.content)) for artifact in artifacts)
    return pickle.dumps(Question(shown, replace(circumstances, message=message), deadline), pickle.HIGHEST_PROTOCOL)


STATE_OCTETS = pickle.dumps(StateQuestion(), pickle.HIGHEST_PROTOCOL)


def question_of(body: bytes) -> Question | StateQuestion:
    """The question, in the engine's own process."""
    question: Question | StateQuestion = pickle.loads(body)  # noqa: S301 - our own process sent it
    return question


def hello_octets(engine: Any) -> bytes:
    """The body of `HELLO` for an engine."""
    canary = base64.b64encode(engine.canary).decode("ascii")
    return json_octets({"name": engine.name, "purpose": Purpose(engine.purpose).value, "canary": canary})


def told_of(body: bytes) -> Told | str:
    """What the engine is, or why there is none. Raises Nonsense."""
    document = document_of(body)
    try:
        if "wrong" in document:
            return str(document["wrong"])[:500]
        canary = base64.b64decode(document["canary"], validate=True)
        return Told(str(document["name"])[:MOST_CHARACTERS], Purpose(document["purpose"]), canary)
    except (KeyError, TypeError, ValueError) as error:
        raise Nonsense("an engine that cannot say what it is") from error


def answer_octets(given: object) -> bytes:
    """The body of `ANSWER` for whatever an engine has answered."""
    try:
        return json_octets(_plain(given))
    except (AttributeError, TypeError, ValueError):
        return wrong_octets("answered something that is no outcome")


def _plain(given: object) -> dict[str, object]:
    match given:
        case NothingFound():
            return {"is": "nothing", "engine": given.engine}
        case Found():
            findings = [[each.engine, each.name, each.artifact, str(each.severity)] for each in given.findings]
            return {"is": "found", "engine": given.engine, "findings": findings}
        case EngineFailed():
            return {"is": "failed", "engine": given.engine, "reason": given.reason}
        case EngineState():
            when = given.signature_time.isoformat() if given.signature_time else None
            words = [given.engine, given.is_available, given.text, given.version, given.signature_version, when]
            return {"is": "state", "words": words}
        case _:
            raise TypeError(f"a {type(given).__name__} is no outcome")


def answer_of(body: bytes) -> EngineOutcome | EngineState | str:
    """The outcome or the state; a text where it is neither. Raises Nonsense."""
    document = document_of(body)
    if "wrong" in document:
        return str(document["wrong"])[:MOST_CHARACTERS]
    try:
        return _built(document)
    except (KeyError, TypeError, ValueError, IndexError):
        return "answered something that is no outcome"


def _built(document: dict[str, Any]) -> EngineOutcome | EngineState:
    match document["is"]:
        case "nothing":
            return NothingFound(_word(document["engine"]))
        case "found":
            listed = document["findings"]
            if not isinstance(listed, list) or not 0 < len(listed) <= MOST_FINDINGS:
                raise ValueError("findings without any")
            findings = (_finding(*each) for each in listed)
            return Found(_word(document["engine"]), tuple(findings))
        case "failed":
            return EngineFailed(_word(document["engine"]), _word(document["reason"]))
        case "state":
            engine, is_available, text, version, signatures, when = document["words"]
            moment = None if when is None else datetime.fromisoformat(when)
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a moment without its zone")
            words = _word(text), _word(version), _word(signatures)
            return EngineState(_word(engine), is_available is True, *words, moment)
        case _:
            raise ValueError("an answer of no kind")


def _finding(engine: str, name: str, artifact: int, severity: str) -> Finding:
    if type(artifact) is not int:
        raise TypeError("an artifact that is no number")
    return Finding(_word(engine), _word(name), artifact, Severity(severity))


def _word(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError("a text that is none")
    return text[:MOST_CHARACTERS]
