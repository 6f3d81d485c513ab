"""What goes between us and the process of an agent of somebody else's. Pure.

A frame is its length, its kind, the number of the call that it belongs to, and a body. Events go out as pickles: who
unpickles them trusts us. What comes back is JSON and is built anew here, because nobody trusts that process.

| frame | from | body |
|---|---|---|
| `CONFIGURE` | us | name and settings of the plug-in, as JSON |
| `CALL` | us | an event |
| `PING` | us | nothing |
| `HELLO` | it | what the agent says of itself, as JSON; or why there is none |
| `BEGUN` | it | nothing: the call, or the ping, was read, and the agent is asked now |
| `WAITS` | it | nothing: the agent waits for somebody, and has let go of the thread |
| `ANSWER` | it | the answers, as JSON; or what was wrong |

Failure: `Nonsense` for octets that are no frames, or no answer; the process that sent them is ended.
Limits: a frame from that process is at most 1 MiB.
"""

import json
import pickle
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
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
from mx.artifact import Content
from mx.examination import Examination
from mx.finding import Finding, Severity

MOST_OCTETS_BACK = 1 << 20
_HEAD = struct.Struct("!IBI")


class Frame(IntEnum):
    """The kinds."""

    CONFIGURE = 1
    CALL = 2
    PING = 3
    HELLO = 4
    BEGUN = 5
    WAITS = 6
    ANSWER = 7


class Nonsense(ValueError):
    """That process does not keep to what is written here."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an agent says of itself, and the events that it wants."""

    about: About
    hooks: tuple[Hook, ...]


@dataclass(frozen=True, slots=True)
class SentContent:
    """A message's octets in the agent's own process."""

    raw: bytes

    @property
    def octets(self) -> int:
        return len(self.raw)

    def chunks(self) -> Iterator[bytes]:
        if self.raw:
            yield self.raw


NOTHING_SENT = SentContent(b"")


def frame_octets(kind: Frame, number: int, body: bytes = b"") -> bytes:
    """One frame."""
    return _HEAD.pack(len(body), kind, number) + body


class Frames:
    """Frames out of octets as they come."""

    def __init__(self, most: int | None) -> None:
        """`most`: octets of a body; None where the other side is trusted."""
        self._most, self._buffer = most, bytearray()

    def feed(self, octets: bytes) -> Iterator[tuple[Frame, int, bytes]]:
        """The frames that are complete now. Raises Nonsense."""
        self._buffer += octets
        while len(self._buffer) >= _HEAD.size:
            length, kind, number = _HEAD.unpack_from(self._buffer)
            if (self._most is not None and length > self._most) or kind not in Frame._value2member_map_:
                raise Nonsense("no frame")
            if len(self._buffer) < _HEAD.size + length:
                return
            body = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
            del self._buffer[: _HEAD.size + length]
            yield Frame(kind), number, body


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
            content = _sent(event.content) if Right.READ_BODY in rights else NOTHING_SENT
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


def _sent(content: Content) -> SentContent:
    return SentContent(b"".join(content.chunks()))


# What an agent says of itself ---------------------------------------------------------------------------------------


def hello_octets(agent: Any) -> bytes:
    """The body of `HELLO` for an agent."""
    about: About = agent.about
    return _json(
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
    document = _document(body)
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
        return _json({"answers": [_plain(each) for each in listed]})
    except (AttributeError, TypeError, ValueError):
        return wrong_octets("something that is no answer")


def wrong_octets(sentence: str) -> bytes:
    """The body of `ANSWER`, or of `HELLO`, where there is none."""
    return _json({"wrong": sentence})


def answers_of(body: bytes) -> tuple[Answer, ...] | NotAnAnswer:
    """The answers, not checked yet. Raises Nonsense."""
    document = _document(body)
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


def _json(document: object) -> bytes:
    return json.dumps(document).encode("ascii")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Nonsense("no JSON") from error
    if not isinstance(document, dict):
        raise Nonsense("no JSON object")
    return document
