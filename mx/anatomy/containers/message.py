"""Messages and their MIME parts, in every reading: the container format that all others arrive in.

Comes in: the stretch of one message. Goes out: its header, then its parts in the order of their octets. Multiparts are
not artifacts themselves (each would hold all octets of its parts again); their preamble, parts and epilogue are.
A part of type message/rfc822 is a member like any other: the walker opens it as a message in its turn.

Standards: RFC 5322; RFC 2045, 2046, 2049. message/partial is never put together: unscannable.
Limits: MIME levels; a stretch is read as a part once, whichever readings come upon it, so readings do not multiply.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.boundaries import Split, split
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch
from mx.anatomy.encodings import read_encoded
from mx.anatomy.headers import read_header
from mx.anatomy.views import View, read_views

_USUAL_PREAMBLES = frozenset(
    {b"", b"This is a multi-part message in MIME format.", b"This is a MIME-encapsulated message.",
     b"This is a cryptographically signed message in MIME format."}
)  # fmt: skip


@dataclass(slots=True)
class _Walk:
    """What is carried through one message."""

    budget: Budget
    levels_left: int
    bases: list[bytes] = field(default_factory=list)
    """The message itself, and what encoded multiparts decode to."""
    read: set[tuple[int, int, int]] = field(default_factory=set)
    parts: int = 0

    def note(self, content: Stretch) -> bool:
        """Whether this stretch had not been read before."""
        if not any(base is content.base for base in self.bases):
            self.bases.append(content.base)
        number = next(number for number, base in enumerate(self.bases) if base is content.base)
        key = (number, content.start, content.end)
        is_new = key not in self.read
        self.read.add(key)
        return is_new


def open_message(content: Stretch, budget: Budget, levels_left: int) -> Iterator[Step]:
    """The header and all parts of the message; `levels_left` bounds the multiparts within multiparts."""
    yield from _read_entity(content, _Walk(budget, levels_left), 0, b"", is_further=False)


def _read_entity(content: Stretch, walk: _Walk, level: int, default_type: bytes, *, is_further: bool) -> Iterator[Step]:
    """One message or part: header, then body."""
    base = content.base
    if not walk.note(content):
        return
    header = read_header(base, content.start, content.end)
    if level == 0:
        yield Member("headers", "", "headers", Stretch(base, content.start, header.end))
    views, oddities = read_views(base, content.start, header, default_type)
    for name in (*header.oddities, *oddities):
        yield Oddity(name)
    body = Stretch(base, header.body, content.end)
    for number, view in enumerate(views):
        if number:
            walk.budget.charge_reading()
        yield from _read_body(body, view, walk, level, content, is_further=is_further or number > 0)
    if header.other_body is not None:
        walk.budget.charge_reading()
        other = Stretch(base, header.other_body, content.end)
        yield _part(other, views[0], walk, level, content, is_further=True)


def _read_body(
    body: Stretch, view: View, walk: _Walk, level: int, entity: Stretch, *, is_further: bool
) -> Iterator[Step]:
    contents, oddities = read_encoded(body, view.encoding, walk.budget)
    for name in oddities:
        yield Oddity(name)
    is_multipart = view.media_type.startswith("multipart/")
    if is_multipart and contents[0] is not body:
        yield Oddity(AmbiguityName.ENCODED_MULTIPART)
        contents = (body, *contents)
    for number, content in enumerate(contents):
        if is_multipart:
            yield from _read_multipart(content, view, walk, level, entity, is_further=is_further or number > 0)
        else:
            yield _part(content, view, walk, level, entity, is_further=is_further or number > 0)
    if view.media_type == "message/partial":
        yield Obstacle("message-partial")


def _read_multipart(
    content: Stretch, view: View, walk: _Walk, level: int, entity: Stretch, *, is_further: bool
) -> Iterator[Step]:
    if level >= walk.levels_left:
        yield Obstacle("limit.mime-levels")
        yield _part(content, view, walk, level, entity, is_further=is_further)
        return
    if not view.boundary:
        yield Oddity(AmbiguityName.BOUNDARY_ABSENT)
        yield _part(content, view, walk, level, entity, is_further=is_further)
        return
    readings, oddities = split(content, view.boundary, walk.budget)
    for name in oddities:
        yield Oddity(name)
    for number, reading in enumerate(readings):
        yield from _read_split(reading, view, walk, level, is_further=is_further or number > 0)
    if not readings:
        yield _part(content, view, walk, level, entity, is_further=is_further)


def _read_split(reading: Split, view: View, walk: _Walk, level: int, *, is_further: bool) -> Iterator[Step]:
    default_type = b"message/rfc822" if view.media_type == "multipart/digest" else b""
    yield from _read_remainder(reading.preamble, "preamble")
    for part in reading.parts:
        walk.budget.check_time()
        yield from _read_entity(part, walk, level + 1, default_type, is_further=is_further)
    yield from _read_remainder(reading.epilogue, "epilogue")


def _read_remainder(content: Stretch, reading: str) -> Iterator[Step]:
    """A preamble or an epilogue; some programs show it, and it may hold more than text."""
    is_short = content.octets <= 200
    if is_short and content.raw.strip() in _USUAL_PREAMBLES:
        return
    yield Member(reading, "", reading, content, is_further=True)


def _part(content: Stretch, view: View, walk: _Walk, level: int, entity: Stretch, *, is_further: bool) -> Member:
    walk.parts += 1
    media_type = view.media_type
    kind = "text" if media_type in ("", "text/plain", "text/html") else f"part {walk.parts}"
    name = view.file_name or kind
    reading = "part" if level else "body"
    return Member(name, media_type, reading, content, view.charset, level, is_further, entity=entity)
