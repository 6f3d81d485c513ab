"""Messages and their MIME parts, in every reading: the container format that all others arrive in.

Comes in: the stretch of one message. Goes out: its header, then its parts in the order of their octets. Multiparts are
not artifacts themselves (each would hold all octets of its parts again); their preamble, parts and epilogue are.
A part of type message/rfc822 is a member like any other: the walker opens it as a message in its turn.
Where the structure is in doubt, the sweep (`mx/anatomy/sweep.py`) follows: parts wherever any program may see one.

Standards: RFC 5322; RFC 2045, 2046, 2049. message/partial is never put together: unscannable.
Limits: MIME levels; a stretch is read as a part once, whichever readings come upon it, so readings do not multiply.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.boundaries import Split, split
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.encodings import IN_DOUBT, every_reading, is_base64, read_encoded
from mx.anatomy.file_names import loose_file_names
from mx.anatomy.headers import read_header
from mx.anatomy.plain_parts import read_plain_part
from mx.anatomy.recoding import recoded
from mx.anatomy.sweep import has_fields, sweep
from mx.anatomy.views import View, read_views

_USUAL_PREAMBLES = frozenset(
    {b"", b"This is a multi-part message in MIME format.", b"This is a MIME-encapsulated message.",
     b"This is a cryptographically signed message in MIME format."}
)  # fmt: skip
_OF_ENCODING = frozenset({AmbiguityName.BASE64_NONCANONICAL, AmbiguityName.QUOTED_PRINTABLE_NONCANONICAL})
"""They leave no doubt about where the part lies."""
_SURE_OF_BASE64 = 3
"""The first readings of base64 that is not canonical are those of well-known programs; the others are guesses."""
_MOST_WHOLE = 8
_BLANK = b" \t\r\n\0"
_MOST_LEADING_OCTETS = 2000
_LARGE_OCTETS = 1 << 20
_LARGE_SETTLED = 1 << 16
"""Smaller bodies are swept again, with the text before them: some program may show both as one."""


@dataclass(slots=True)
class _Walk:
    """What is carried through one message."""

    budget: Budget
    levels_left: int
    bases: list[bytes] = field(default_factory=list)
    """The message itself, and what encoded multiparts decode to."""
    read: set[tuple[int, int, int]] = field(default_factory=set)
    whole: set[tuple[int, int, int]] = field(default_factory=set)
    """The multiparts' bodies that were given as a whole."""
    parts: int = 0
    is_in_doubt: bool = False
    """Its structure can be read in several ways."""
    is_shown_text: bool = False
    """Every program shows its octets as a text, the header too; it is read as a message for what it may carry."""
    boundaries: dict[bytes, None] = field(default_factory=dict)
    settled: list[tuple[int, int]] = field(default_factory=list)
    """Bodies of this message that are surely base64: from where to where."""
    speaking: list[Stretch] = field(default_factory=list)
    """Texts that speak of parts of their own."""

    def note_whole(self, content: Stretch) -> bool:
        """Whether this multipart's body was not given as a whole before; levels deep down are not."""
        key = (id(content.base), content.start, content.end)
        is_new = key not in self.whole and len(self.whole) < _MOST_WHOLE
        self.whole.add(key)
        return is_new

    def note(self, content: Stretch) -> bool:
        """Whether this stretch had not been read before."""
        number = 0
        while number < len(self.bases) and self.bases[number] is not content.base:
            number += 1
        if number == len(self.bases):
            self.bases.append(content.base)
        key = (number, content.start, content.end)
        if key in self.read:
            return False
        self.read.add(key)
        return True

    def oddities(self, names: tuple[AmbiguityName, ...] | list[AmbiguityName]) -> Iterator[Step]:
        """The names as steps; most of them put the structure in doubt."""
        for name in names:
            self.is_in_doubt = self.is_in_doubt or name not in _OF_ENCODING
            yield Oddity(name)


def open_message(
    content: Stretch, budget: Budget, levels_left: int, *, is_guess: bool = False, is_shown_text: bool = False
) -> Iterator[Step]:
    """The header and all parts of the message; `levels_left` bounds the multiparts within multiparts.

    A guess is not swept: its octets were, in what it was found in. A text that is shown as such and begins like a
    message/partial is none: nobody puts it together with anything.
    """
    walk = _Walk(budget, levels_left, is_shown_text=is_shown_text)
    yield from _read_entity(content, walk, 0, b"", is_further=False)
    begin = _first_line(content)
    if begin != content.start:
        yield from walk.oddities([AmbiguityName.LEADING_BLANK_LINES])
        budget.charge_reading()
        yield from _read_entity(Stretch(content.base, begin, content.end), walk, 0, b"", is_further=True)
    if not is_guess:
        yield from _sweep(content, walk)


def _first_line(content: Stretch) -> int:
    """Where a header may begin, for programs that leave blank lines out."""
    head = content.base[content.start : min(content.end, content.start + _MOST_LEADING_OCTETS)]
    if not head.startswith((b"\r", b"\n", b"\0", b" ", b"\xef\xbb\xbf")):
        return content.start
    rest = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    return content.start + len(head) - len(rest) if rest[:80].find(b":") > 0 else content.start


def _read_entity(content: Stretch, walk: _Walk, level: int, default_type: bytes, *, is_further: bool) -> Iterator[Step]:
    """One message or part: header, then body."""
    base = content.base
    if not walk.note(content):
        return
    plain = read_plain_part(base, content.start, content.end) if level and not default_type else None
    if plain is not None:
        view, place = plain
        body = Stretch(base, place, content.end)
        yield from _read_body(body, view, walk, level, content, is_further=is_further)
        return
    header = read_header(base, content.start, content.end)
    if level == 0:
        stretch = Stretch(base, content.start, header.end)
        yield Member("headers", "", "headers", stretch, is_further=is_further, header=header)
    views, oddities = read_views(header, base, content.start, content.end, default_type)
    if header.oddities or oddities:
        yield from walk.oddities((*header.oddities, *oddities))
    body = Stretch(base, header.body, content.end)
    for number, view in enumerate(views):
        if number:
            walk.budget.charge_reading()
        yield from _read_body(body, view, walk, level, content, is_further=is_further or number > 0)
    for place in header.other_bodies:
        walk.budget.charge_reading()
        other = Stretch(base, place, content.end)
        part = _part(other, views[0], walk, level, content, is_further=True)
        yield replace(part, is_guess=True, is_known_text=True)
        # The sweep reads it too, in every encoding, and what is large only there.
        if other.octets >= _LARGE_OCTETS:
            continue
        # Where base64 cannot be decoded, lines are joined at least; the broken line makes it so.
        joined = whole(other.raw.translate(None, b"\r\n"))
        walk.budget.charge_octets(joined.octets)
        for reading in (*read_encoded(other, views[0].encoding, walk.budget)[0], joined):
            yield replace(_part(reading, views[0], walk, level, content, is_further=True), is_guess=True)


def _read_body(
    body: Stretch, view: View, walk: _Walk, level: int, entity: Stretch, *, is_further: bool
) -> Iterator[Step]:
    if view.encoding == IN_DOUBT and (body.start, body.end) in walk.settled and is_base64(body):
        return
    is_text = view.media_type.startswith("text/") or not view.media_type
    contents, oddities = read_encoded(body, view.encoding, walk.budget, is_text=is_text)
    if oddities:
        yield from walk.oddities(oddities)
    is_encoded = contents[0] is not body
    if view.is_multipart and is_encoded:
        yield from walk.oddities([AmbiguityName.ENCODED_MULTIPART])
    if is_encoded and view.media_type.startswith(("multipart/", "message/")):
        contents = (body, *contents)
    is_settled = view.encoding == b"base64" or (view.encoding == IN_DOUBT and is_base64(body))
    if is_settled and not view.is_multipart and body.base is walk.bases[0]:
        walk.settled.append((body.start, body.end))
    is_decoded = is_settled or view.encoding == b"quoted-printable"
    for number, content in enumerate(contents):
        if view.is_multipart:
            yield from _read_multipart(content, view, walk, level, entity, is_further=is_further or number > 0)
        else:
            is_guess = number >= (_SURE_OF_BASE64 if view.encoding == b"base64" else 1)
            part = _part(content, view, walk, level, entity, is_further=is_further or number > 0)
            # What is encoded is a text that carries itself as it stands; its decoded readings are members already.
            is_known_text = is_decoded and content is body
            yield replace(part, is_guess=True, is_known_text=is_known_text) if is_guess else part
            if view.charset and (text := recoded(content, view.charset, walk.budget)) is not None:
                yield Member("text", view.media_type, "recoded", text, "utf-8", level, is_further=True)
            if content is body and not view.media_type.startswith("message/") and has_fields(content.raw):
                walk.speaking.append(content)
    if view.media_type == "message/partial" and (level or not walk.is_shown_text):
        yield Obstacle("message-partial")


def _read_multipart(
    content: Stretch, view: View, walk: _Walk, level: int, entity: Stretch, *, is_further: bool
) -> Iterator[Step]:
    if level >= walk.levels_left:
        yield Obstacle("limit.mime-levels")
        yield _part(content, view, walk, level, entity, is_further=is_further)
        return
    if view.boundary is None:
        yield from walk.oddities([AmbiguityName.BOUNDARY_ABSENT])
        yield _part(content, view, walk, level, entity, is_further=is_further)
        return
    walk.boundaries[view.boundary] = None
    readings, oddities = split(content, view.boundary, walk.budget)
    yield from walk.oddities(oddities)
    for number, reading in enumerate(readings):
        yield from _read_split(reading, view, walk, level, is_further=is_further or number > 0)
    if not readings:
        yield _part(content, view, walk, level, entity, is_further=is_further)
    elif walk.is_in_doubt and walk.note_whole(content):
        # Programs that take the type or the boundary for something else show the body as one text or one file.
        whole = _part(content, view, walk, level, entity, is_further=True)
        yield replace(whole, is_guess=True, is_known_text=True)


def _read_split(reading: Split, view: View, walk: _Walk, level: int, *, is_further: bool) -> Iterator[Step]:
    default_type = b"message/rfc822" if view.media_type == "multipart/digest" else b""
    yield from _read_remainder(reading.preamble, walk, "preamble")
    for part in reading.parts:
        yield from _read_entity(part, walk, level + 1, default_type, is_further=is_further)
    yield from _read_remainder(reading.epilogue, walk, "epilogue")


def _read_remainder(content: Stretch, walk: _Walk, reading: str) -> Iterator[Step]:
    """A preamble or an epilogue; some programs show it, and it may hold more than text."""
    is_short = content.octets <= 200
    if is_short and content.raw.strip() in _USUAL_PREAMBLES:
        return
    if has_fields(content.raw):
        yield from walk.oddities([AmbiguityName.UNDECLARED_PARTS])
    yield Member(reading, "", reading, content, is_further=True)


def _part(content: Stretch, view: View, walk: _Walk, level: int, entity: Stretch, *, is_further: bool) -> Member:
    walk.parts += 1
    media_type = view.media_type
    kind = "text" if media_type in ("", "text/plain", "text/html") else f"part {walk.parts}"
    name = view.file_name or kind
    reading = "part" if level else "body"
    return Member(name, media_type, reading, content, view.charset, level, is_further, view.file_names, entity)


def _sweep(content: Stretch, walk: _Walk) -> Iterator[Step]:
    """What lies where some program may see a part, in every encoding."""
    areas = walk.speaking
    walk.settled.sort()
    if walk.is_in_doubt:
        areas = [content, *(Stretch(base, 0, len(base)) for base in walk.bases if base is not content.base)]
    for area in areas:
        for segment in sweep(area, walk.boundaries):
            header = segment.header.raw
            name, names = loose_file_names(header)
            settled = walk.settled if segment.body.base is walk.bases[0] else []
            for body in _outside(segment.body, settled):
                for reading in (body, *every_reading(body, walk.budget, is_shifted=True, header=header)):
                    yield Member(name or "swept", "", "swept", reading, is_further=True, names=names, is_guess=True)


def _outside(body: Stretch, settled: list[tuple[int, int]]) -> Iterator[Stretch]:
    """What of the body lies outside of these stretches, which stand in order; small ones do not count."""
    position = body.start
    for start, end in settled:
        if end <= position or start >= body.end or end - start < _LARGE_SETTLED:
            continue
        if start > position:
            yield Stretch(body.base, position, start)
        position = end
    if position < body.end:
        yield Stretch(body.base, position, body.end)
