"""What passes between a pool and a cell: octets, both ways. Pure.

To the cell: one `Request` of fixed size, then the tenant's wishes and the message, as many octets as it says. From the
cell: frames (kind, length, body): READY once, then for each message REPORT and RECORD and, where contents were asked
for, those that do not stand in the message in BLOB frames, one behind another; or DEEPER alone, from a cell that lacks
the readers; or STARVED alone, from one that the machine did not let compute; or FAILED alone.
A cell opens hostile octets and may be in hostile hands: `parse_report` takes nothing for granted, and everything has
a limit.

Failure: anything that is not exactly as described raises Nonsense; the pool then kills the cell, and the message is
unscannable.
"""

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from mx.artifact import Ambiguity, Artifact, Content
from mx.finding import IN_CELLS, EngineOutcome, Finding, Found, NothingFound, Severity

_REQUEST = struct.Struct(">QId?")
_FRAME = struct.Struct(">BI")
REQUEST_OCTETS = _REQUEST.size
BLOB_OCTETS = 1 << 18
_MOST_ARTIFACTS = 20_000
_MOST_FINDINGS = 200_000
_MOST_NAMES = 20
_MOST_UNPACKED_OCTETS = 1 << 30
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+ -]{0,127}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_TEXT_CHARACTERS = 1000
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


class Nonsense(ValueError):
    """What came from the cell is not what a cell in order says."""


class FrameKind(IntEnum):
    """The kinds of frames that a cell sends."""

    READY = 1
    REPORT = 2
    RECORD = 3
    BLOB = 4
    FAILED = 5
    DEEPER = 6
    STARVED = 7


_KINDS = {kind.value: kind for kind in FrameKind}
_MOST_OCTETS = {
    FrameKind.READY: 1 << 12,
    FrameKind.REPORT: 1 << 26,
    FrameKind.RECORD: 1 << 25,
    FrameKind.BLOB: BLOB_OCTETS,
    FrameKind.FAILED: 1 << 12,
    FrameKind.DEEPER: 0,
    FrameKind.STARVED: 0,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One message to examine; the wishes' octets and its own follow."""

    octets: int
    wishes_octets: int
    cpu_seconds: float
    wants_artifacts: bool

    def to_octets(self) -> bytes:
        return _REQUEST.pack(self.octets, self.wishes_octets, self.cpu_seconds, self.wants_artifacts)

    @classmethod
    def from_octets(cls, raw: bytes) -> "Request":
        return cls(*_REQUEST.unpack(raw))


@dataclass(frozen=True, slots=True)
class Told:
    """A report as a cell tells it, checked."""

    artifacts: tuple[Artifact, ...]
    findings: tuple[Finding, ...]
    outcomes: tuple[EngineOutcome, ...]
    """One for each of IN_CELLS."""
    ambiguities: tuple[Ambiguity, ...]
    message_id: str
    subject: str


ContentOf = Callable[[int | None, int], Content]
"""The content of an artifact of so many octets that stands there in the message; None: it does not, and follows."""


def frame(kind: FrameKind, *body: bytes | memoryview) -> bytes:
    """One frame as octets; its body may come in pieces."""
    return b"".join((_FRAME.pack(kind, sum(map(len, body))), *body))


class FrameReader:
    """Frames out of octets that arrive in any pieces."""

    __slots__ = ("_begun", "_needed")

    def __init__(self) -> None:
        self._begun = bytearray()
        """A frame that is not whole yet."""
        self._needed = 0
        """So many octets has it, or at least."""

    def feed(self, octets: bytes) -> Iterator[tuple[FrameKind, bytes]]:
        """The frames that are complete now. Raises Nonsense."""
        if not self._begun:
            yield from self._frames(octets)
            return
        self._begun += octets
        if len(self._begun) >= self._needed:
            whole, self._begun = self._begun, bytearray()
            yield from self._frames(whole)

    def _frames(self, octets: bytes | bytearray) -> Iterator[tuple[FrameKind, bytes]]:
        """Each body is copied once, whatever comes before and behind it."""
        view, place = memoryview(octets), 0
        while len(view) - place >= _FRAME.size:
            number, length = _FRAME.unpack_from(view, place)
            kind = _kind(number)
            if length > _MOST_OCTETS[kind]:
                raise Nonsense(f"a frame of kind {kind.name} with {length} octets")
            end = place + _FRAME.size + length
            if end > len(view):
                self._needed = end - place
                break
            yield kind, bytes(view[place + _FRAME.size : end])
            place = end
        else:
            self._needed = _FRAME.size
        self._begun += view[place:]


def _kind(number: int) -> FrameKind:
    try:
        return _KINDS[number]
    except KeyError:
        raise Nonsense(f"a frame of kind {number}") from None


def report_octets(
    artifacts: Sequence[Artifact],
    starts: Sequence[int | None],
    findings: Sequence[Finding],
    found: Mapping[str, Sequence[Finding]],
    ambiguities: Sequence[Ambiguity],
    texts: tuple[str, str],
) -> bytes:
    """The body of a REPORT frame; `found` is by engine, `texts` are Message-ID and subject."""
    document = [
        [
            [
                part.parent,
                part.name,
                part.declared_type,
                part.reading,
                part.sha256,
                part.content.octets,
                start,
                part.span,
                part.names[:_MOST_NAMES],
                part.true_type,
            ]
            for part, start in zip(artifacts, starts, strict=True)
        ],
        [_entry(finding) for finding in findings],
        [[_entry(finding) for finding in found[engine]] for engine in IN_CELLS],
        [[ambiguity.name, ambiguity.artifact] for ambiguity in ambiguities],
        *texts,
    ]
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def _entry(finding: Finding) -> list[object]:
    return [finding.engine, finding.name, finding.artifact, finding.severity]


def parse_report(body: bytes, message_octets: int, content_of: ContentOf) -> Told:
    """The report in a REPORT frame's body, every value of it checked. Raises Nonsense."""
    try:
        entries, findings, found, ambiguities, message_id, subject = json.loads(body.decode("ascii"))
        artifacts = _artifacts(_list(entries, _MOST_ARTIFACTS), message_octets, content_of)
        count = len(artifacts)
        return Told(
            artifacts,
            tuple(_finding("anatomy", entry, count) for entry in _list(findings)),
            tuple(_outcome(engine, entries, count) for engine, entries in zip(IN_CELLS, _list(found), strict=True)),
            tuple(Ambiguity(_name(name), _below(artifact, count)) for name, artifact in _list(ambiguities)),
            _text(message_id),
            _text(subject),
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise Nonsense(f"a report that cannot be read: {type(error).__name__}") from error


def _artifacts(entries: list[Any], message_octets: int, content_of: ContentOf) -> tuple[Artifact, ...]:
    if not entries:
        raise Nonsense("a message of which there is not even the whole")
    artifacts, unpacked_octets = [], 0
    for number, entry in enumerate(entries):
        parent, name, declared_type, reading, sha256, octets, start, span, names, true_type = entry
        if (parent is None) != (number == 0):
            raise Nonsense("a tree with no root or with two")
        if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
            raise Nonsense("a digest that is none")
        size = _below(octets, _MOST_UNPACKED_OCTETS + 1)
        place = None if start is None else _below(start, message_octets - size + 1)
        unpacked_octets += size if place is None else 0
        if unpacked_octets > _MOST_UNPACKED_OCTETS:
            raise Nonsense("more unpacked octets than any budget allows")
        artifact = Artifact(
            number,
            None if parent is None else _below(parent, number),
            _text(name),
            _text(declared_type),
            _name(reading),
            sha256,
            content_of(place, size),
            tuple(map(_text, _list(names, _MOST_NAMES))),
            _text(true_type),
            None if span is None else _span(span, message_octets),
        )
        artifacts.append(artifact)
    return tuple(artifacts)


def _span(value: object, message_octets: int) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError("a span has two ends")
    end = _below(value[1], message_octets + 1)
    return _below(value[0], end + 1), end


def _outcome(engine: str, entries: list[object], artifacts: int) -> EngineOutcome:
    findings = tuple(_finding(engine, entry, artifacts) for entry in _list(entries, _MOST_FINDINGS))
    return Found(engine, findings) if findings else NothingFound(engine)


def _finding(engine: str, entry: Sequence[object], artifacts: int) -> Finding:
    said_engine, name, artifact, severity = entry
    if said_engine != engine:
        raise Nonsense("a finding in another engine's name")
    return Finding(engine, _name(name), _below(artifact, artifacts), Severity(_text(severity)))


def _list(value: object, most: int = _MOST_FINDINGS) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise TypeError("a list is missing or too long")
    return value


def _below(value: object, bound: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < bound:
        raise TypeError("a number is missing or out of range")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT_CHARACTERS:
        raise TypeError("a text is missing or too long")
    if not value.isprintable():
        # Raises for half a surrogate pair, which nothing later could store.
        value.encode("utf-8")
        return value.translate(_CONTROLS)
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise TypeError("a name is missing or no name of ours")
    return value
