"""Takes parts out of a message and puts a notice in their place; everything else stays octet for octet. Pure.

Comes in: the message's content, its artifacts, the numbers of those that must go, the notice. What goes is always the
whole MIME part of the message itself that an artifact lies in: of a file in a zip, the attached zip; of anything in an
attached message, that message. Goes out: a Content of the octets that are kept and the notices, or why not.

It is not done (AF-5, and because what is left must be what everybody reads):
* where the message is signed (S/MIME, PGP/MIME): the signature would break;
* where the message itself is ambiguous: what is taken out of one reading may still be there in another;
* where an artifact lies in no part of its own: the header, a preamble, an attached part's own disguise.
DKIM signatures of the body break, and nothing can be done about that: whoever strips says so in the trace.

Standards: RFC 2046 section 5.1.1 (the line end before a boundary belongs to the boundary); RFC 1847 (signed parts).
Failure: a `str` in place of a Content: one word that says why the message must be held whole.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mx.artifact import Ambiguity, Artifact, Content
from mx.disposition.replacement_notice import NoticePart
from mx.own_headers import fields_of, header_octets_of

_SIGNATURES = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
    }
)
_SIGNED = re.compile(rb"content-type[ \t]*:[ \t\r\n]*multipart/signed", re.IGNORECASE)
_CONTENT_FIELD = re.compile(rb"content-[!-9;-~]*[ \t]*:", re.IGNORECASE)
_DKIM = re.compile(rb"(?:^|\n)dkim-signature[ \t]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of the message, and what stands there instead."""

    start: int
    end: int
    instead: bytes


@dataclass(frozen=True, slots=True)
class Spliced:
    """A Content with cuts: in order, none overlapping another."""

    whole: Content
    cuts: tuple[Cut, ...]

    @property
    def octets(self) -> int:
        return self.whole.octets + sum(len(cut.instead) - (cut.end - cut.start) for cut in self.cuts)

    def chunks(self) -> Iterator[bytes]:
        """The octets in order, in one pass over the whole."""
        cuts, offset = list(self.cuts), 0
        for chunk in self.whole.chunks():
            view = memoryview(chunk)
            while cuts and cuts[0].start < offset + len(view):
                cut = cuts[0]
                if cut.start >= offset:
                    yield bytes(view[: cut.start - offset])
                    yield cut.instead
                if cut.end > offset + len(view):
                    offset, view = offset + len(view), view[:0]
                    break
                view, offset = view[cut.end - offset :], cut.end
                del cuts[0]
            yield bytes(view)
            offset += len(view)


@dataclass(frozen=True, slots=True)
class Stripped:
    """What is left of a message, and what was taken out of it."""

    content: Spliced
    names: tuple[str, ...]
    """Of the parts that were taken out, in order; hostile text."""
    breaks_dkim: bool
    """The message carries a DKIM signature, which does not verify any more."""


def parts_to_strip(
    artifacts: Sequence[Artifact], ambiguities: Iterable[Ambiguity], unwanted: Iterable[int]
) -> tuple[Artifact, ...] | str:
    """The parts of the message that hold the unwanted artifacts and all that equal them; or why it cannot be done."""
    if any(ambiguity.artifact == 0 for ambiguity in ambiguities):
        return "ambiguous"
    if any(part.parent == 0 and part.declared_type in _SIGNATURES for part in artifacts):
        return "signed"
    # What equals one of them, or what one of them lies in, was not opened a second time, and must go as well.
    digests = {each.sha256 for number in unwanted for each in _way_up(artifacts, number)}
    parts = {_way_up(artifacts, each.number)[-1] for each in artifacts[1:] if each.sha256 in digests}
    found = sorted((part for part in parts if part.span), key=lambda part: part.span or (0, 0))
    if not found or len(found) < len(parts):
        return "no-part"
    ends = [part.span[1] for part in found if part.span]
    if any(part.span and part.span[0] < end for part, end in zip(found[1:], ends, strict=False)):
        return "ambiguous"
    return tuple(found)


def strip(content: Content, parts: Sequence[Artifact], notice: NoticePart) -> Stripped | str:
    """The message without these parts; the notice stands in place of each. Or why it cannot be done."""
    header = header_octets_of(content)
    if _SIGNED.search(header):
        return "signed"
    if b"\r\n" not in header:
        # Line ends of ours among others would make it ambiguous.
        return "ambiguous"
    cuts: list[Cut] = []
    for part in parts:
        if part.span is None:
            return "no-part"
        start, end = part.span
        instead = notice.header + b"\r\n" + notice.body
        if part.reading == "body":
            instead = b"".join(_kept_fields(header)) + instead
        cuts.append(Cut(start, end, instead))
    return Stripped(Spliced(content, tuple(cuts)), tuple(part.name for part in parts), bool(_DKIM.search(header)))


def _way_up(artifacts: Sequence[Artifact], number: int) -> list[Artifact]:
    """The artifact, all that it lies in, and at the end the part of the message itself; empty for the message."""
    way: list[Artifact] = []
    while 0 < number < len(artifacts):
        way.append(artifacts[number])
        number = artifacts[number].parent or 0
    return way


def _kept_fields(header: bytes) -> Iterator[bytes]:
    """The fields of a message whose whole body is replaced: all but those that describe the body."""
    fields = [field for field in fields_of(header) if not _CONTENT_FIELD.match(field)]
    yield from fields
    if not any(field.lower().startswith(b"mime-version") for field in fields):
        yield b"MIME-Version: 1.0\r\n"
