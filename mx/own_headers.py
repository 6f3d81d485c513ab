"""Arriving headers that claim to be ours: the only octets that Pratique ever takes away. Also counts `Received` lines.

An antivirus stamp of another service stays where it is the only one, can be read, and is not forged (docs/stamp.md).
Whether it is forged is a question to the DNS, which the intake has asked once (`mx/agents/stamp_check.py`); the answer
is kept with the message, so that queue and quarantine send what would have been sent at once.

Comes in: the octets as received. A bare CR or LF, which only chunks can bring, begins a line here as well, because
some program takes it for one. Goes out: the same Content, which is nearly always so, or one without those fields.

Standards: RFC 8601 section 5 (removing `Authentication-Results` with our authserv-id); RFC 5321 section 6.3 (loops).
Limits: looks at the header section alone, up to the first empty line, and at no more than 1 MiB of it.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from mx.artifact import Content
from mx.stamp.form import BadStamp, Stamp, read_stamp

_OURS = re.compile(rb"(?:pratique-[!-9;-~]*|mime-ambiguity-results)[ \t]*$", re.IGNORECASE)
_STAMP = re.compile(rb"pratique-stamp[ \t]*:", re.IGNORECASE)
_AUTHENTICATION = re.compile(rb"authentication-results[ \t]*$", re.IGNORECASE)
_MAY_BE_OURS = re.compile(rb"(?:^|[\r\n])(?:pratique-|mime-ambiguity-results|authentication-results)", re.IGNORECASE)
_RECEIVED = re.compile(rb"(?:^|\n)received[ \t]*:", re.IGNORECASE)
_FIELD_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?![ \t])")
_MOST_HEADER_OCTETS = 1 << 20
_MOST_NAME_CHARACTERS = 60
MOST_RECEIVED_LINES = 100
"""RFC 5321 section 6.3 asks for at least 100 before a message counts as looping."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A Content with some of its octets left out."""

    whole: Content
    kept_header: bytes
    header_octets: int
    taken_away: tuple[str, ...] = ()
    """Names of the fields that are left out, each once."""

    @property
    def octets(self) -> int:
        return self.whole.octets - self.header_octets + len(self.kept_header)

    def chunks(self) -> Iterator[bytes]:
        if self.kept_header:
            yield self.kept_header
        skip = self.header_octets
        for chunk in self.whole.chunks():
            if skip < len(chunk):
                yield chunk[skip:]
            skip = max(0, skip - len(chunk))


@dataclass(frozen=True, slots=True)
class ForeignStamp:
    """The one stamp of a message, well formed and of another service."""

    stamp: Stamp
    field: bytes
    """As it stands in the header section."""
    header: bytes
    """The header section without it."""


@dataclass(frozen=True, slots=True)
class HeaderSection:
    """What the delivery needs to know of a message's header section."""

    header: bytes
    """As received, without the empty line."""
    received_lines: int
    stamp: ForeignStamp | None
    content: Content
    """As received."""
    kept: tuple[bytes, ...]
    """The header section in pieces, without those that falsely claim to be ours; a foreign stamp is a piece."""
    taken_away: tuple[str, ...] = ()
    """Names of those."""

    @property
    def has_looped(self) -> bool:
        return self.received_lines > MOST_RECEIVED_LINES

    def forwarded(self, *, is_stamp_forged: bool) -> Content:
        """What is forwarded: the octets as received, without fields that falsely claim to be ours, or to be a stamp."""
        forged = self.stamp.field if self.stamp is not None and is_stamp_forged else None
        kept = b"".join(piece for piece in self.kept if piece is not forged)
        if len(kept) == len(self.header):
            return self.content
        names = dict.fromkeys([*self.taken_away, *([] if forged is None else [_name_of(forged)])])
        return Pieces(self.content, kept, len(self.header), tuple(names))


def read_header_section(content: Content, hostname: str, service: str) -> HeaderSection:
    """The number of `Received` lines, and the content as it is forwarded.

    `service` is whose stamps and results are ours, on every node; `hostname` is this node's name.
    """
    header = header_octets_of(content)
    received = len(_RECEIVED.findall(header))
    if not _MAY_BE_OURS.search(header):
        return HeaderSection(header, received, None, content, (header,))
    fields = list(fields_of(header))
    foreign = _foreign_stamp(fields, {hostname, service})
    stamp = foreign.field if foreign is not None else None
    ours = {name.lower().encode("ascii") for name in (hostname, service)}
    claims = [field for field in fields if field is not stamp and _claims_to_be_ours(field, ours)]
    kept = tuple(field for field in fields if not any(field is each for each in claims)) if claims else tuple(fields)
    return HeaderSection(header, received, foreign, content, kept, tuple(map(_name_of, claims)))


def header_octets_of(content: Content) -> bytes:
    """The octets up to the first empty line, or all of them."""
    header = b""
    for chunk in content.chunks():
        searched = max(0, len(header) - 3)
        # The first chunk, in which the end nearly always is, is not copied for this.
        header = header + chunk if header else chunk
        if header.startswith(b"\r\n"):
            return b""
        end = header.find(b"\r\n\r\n", searched)
        if end >= 0:
            return header[: end + 2]
        if len(header) > _MOST_HEADER_OCTETS:
            return _whole_fields(header)
    return header


def _whole_fields(header: bytes) -> bytes:
    """Of a header section without end, what ends with a line."""
    return header[: header.rfind(b"\r\n") + 2]


def fields_of(header: bytes) -> Iterator[bytes]:
    """Each field with its continuation lines and its line end, as it stands."""
    start = 0
    for end in _FIELD_END.finditer(header):
        yield header[start : end.end()]
        start = end.end()
    if start < len(header):
        yield header[start:]


def without_stamps(header: bytes) -> bytes:
    """These header lines without antivirus stamps."""
    return b"".join(field for field in fields_of(header) if not _STAMP.match(field))


def _foreign_stamp(fields: Sequence[bytes], ours: Set[str]) -> ForeignStamp | None:
    """The one stamp, where it can be read and is another service's."""
    stamps = [field for field in fields if _STAMP.match(field)]
    if len(stamps) != 1:
        return None
    try:
        stamp = read_stamp(stamps[0])
    except BadStamp:
        return None
    if stamp.domain in ours:
        return None
    return ForeignStamp(stamp, stamps[0], b"".join(field for field in fields if field is not stamps[0]))


def _claims_to_be_ours(field: bytes, authserv_ids: Set[bytes]) -> bool:
    name, colon, value = field.partition(b":")
    if not colon:
        return False
    if _OURS.match(name):
        return True
    if not _AUTHENTICATION.match(name):
        return False
    stated = re.sub(rb"\([^()]*\)", b" ", value).split(b";")[0].split()
    return bool(stated) and stated[0].lower() in authserv_ids


def _name_of(field: bytes) -> str:
    return field.partition(b":")[0].strip().decode("ascii", "replace")[:_MOST_NAME_CHARACTERS]
