"""What goes between us and the process of an agent of somebody else's, in frames (`mx/outside/frames.py`). Pure.

A `CALL` is an event as a pickle, an `ANSWER` the answers as JSON, built anew here; `HELLO` is what the agent says of
itself, and the events that it wants.

Failure: `Nonsense` for what is no JSON, or no agent; the process that sent it is ended. Answers that are none:
NotAnAnswer.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mx import reply
from mx.agents.answers import NotAnAnswer
from mx.agents.contract import (
    About,
    AddHeaders,
    AgentEvent,
    Answer,
    Decided,
    Delivered,
    Fact,
    Go,
    HeadersSeen,
    Hook,
    MessageOpened,
    Observe,
    OnFailure,
    Refuse,
    Right,
    Role,
    Vouch,
)
from mx.examination import Examination
from mx.finding import Finding, Severity
from mx.outside.frames import NOTHING_SENT, Nonsense, document_of, json_octets, sent, wrong_octets


@dataclass(frozen=True, slots=True)
class Told:
    """What an agent says of itself, and the events that it wants."""

    about: About
    hooks: tuple[Hook, ...]


# Events -------------------------------------------------------------------------------------------------------------


def event_octets(event: AgentEvent, rights: frozenset[Right]) -> bytes:
    """The event, with as much of the message as an agent with these rights may see; no contents of artifacts."""
    return pickle.dumps(_visible(event, rights), pickle.HIGHEST_PROTOCOL)


def event_of(octets: bytes) -> AgentEvent:
    """The event, in the agent's own process."""
    event: AgentEvent = pickle.loads(octets)  # noqa: S301 - our own process sent it
    return event


def _visible(event: AgentEvent, rights: frozenset[Right]) -> AgentEvent:
    match event:
        case HeadersSeen():
            return replace(event, header=_header(event.header, rights))
        case MessageOpened() | Decided():
            content = sent(event.content) if Right.READ_BODY in rights else NOTHING_SENT
            header, examination = _header(event.header, rights), _bare(event.examination)
            return replace(event, header=header, content=content, examination=examination)
        case Delivered():
            return replace(event, examination=_bare(event.examination))
        case _:
            return event


def _header(header: bytes, rights: frozenset[Right]) -> bytes:
    return header if Right.READ_HEADER in rights else b""


def _bare(examination: Examination) -> Examination:
    artifacts = tuple(replace(artifact, content=NOTHING_SENT) for artifact in examination.artifacts)
    return replace(examination, artifacts=artifacts, record=b"{}")


# What an agent says of itself ---------------------------------------------------------------------------------------


def hello_octets(agent: Any) -> bytes:
    """The body of `HELLO` for an agent."""
    about: About = agent.about
    return json_octets(
        {
            "name": about.name,
            "role": about.role.value,
            "deadline_seconds": about.deadline_seconds,
            "on_failure": about.on_failure.value,
            "judges_sender": about.judges_sender,
            "looks_again": about.looks_again,
            "signs_release": about.signs_release,
            "rights": sorted(right.value for right in about.rights),
            "hooks": [hook.method for hook in Hook if hasattr(agent, hook.method)],
        }
    )


def told_of(body: bytes) -> Told | str:
    """What the agent is, or why there is none. Raises Nonsense."""
    document = document_of(body)
    try:
        if "wrong" in document:
            return str(document["wrong"])[:500]
        about = About(
            str(document["name"]),
            Role(document["role"]),
            float(document["deadline_seconds"]),
            OnFailure(document["on_failure"]),
            document["judges_sender"] is True,
            document["looks_again"] is True,
            document.get("signs_release") is True,
            frozenset(Right(word) for word in document["rights"]),
        )
        return Told(about, tuple(hook for hook in Hook if hook.method in document["hooks"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Nonsense("an agent that cannot say what it is") from error


# Answers ------------------------------------------------------------------------------------------------------------


def answer_octets(given: object) -> bytes:
    """The body of `ANSWER` for whatever an agent has answered."""
    listed = tuple(given) if isinstance(given, tuple | list) else (given,)
    try:
        return json_octets({"answers": [_plain(each) for each in listed]})
    except (AttributeError, TypeError, ValueError):
        return wrong_octets("something that is no answer")


def answers_of(body: bytes) -> tuple[Answer, ...] | NotAnAnswer:
    """The answers, not checked yet. Raises Nonsense."""
    document = document_of(body)
    if "wrong" in document:
        return NotAnAnswer(str(document["wrong"])[:200])
    try:
        return tuple(_built(each) for each in document["answers"])
    except (KeyError, TypeError, ValueError, IndexError):
        return NotAnAnswer("something that is no answer")


def _plain(answer: Any) -> dict[str, object]:
    match answer:
        case Go():
            return {"is": "go"}
        case Vouch():
            return {"is": "vouch"}
        case AddHeaders():
            return {"is": "add", "fields": list(answer.fields)}
        case Refuse():
            return {"is": "refuse", "reply": [answer.reply.code, answer.reply.enhanced, answer.reply.text]}
        case Observe():
            findings = [[each.engine, each.name, each.artifact, str(each.severity)] for each in answer.findings]
            return {"is": "observe", "findings": findings, "facts": [[each.name, each.value] for each in answer.facts]}
        case _:
            raise TypeError(f"a {type(answer).__name__} is no answer")


def _built(plain: Mapping[str, Any]) -> Answer:
    match plain["is"]:
        case "go":
            return Go()
        case "vouch":
            return Vouch()
        case "add":
            return AddHeaders(tuple(plain["fields"]))
        case "refuse":
            code, enhanced, text = plain["reply"]
            return Refuse(reply.by_agent(code, enhanced, text))
        case "observe":
            findings = tuple(Finding(engine, name, at, Severity(how)) for engine, name, at, how in plain["findings"])
            return Observe(findings, tuple(Fact(name, value) for name, value in plain["facts"]))
        case _:
            raise ValueError("an answer of no kind")
