"""The MessageRecord of a message, made in the cell: what people will see of it, so that nobody opens it again.

Comes in: an Anatomy. Goes out: a `MessageRecord` (`tenants/quarantine/message_record.py`) without findings, and
Message-ID and subject for the trace and the lists. Plain text only: HTML is stripped to its words, nothing is rendered.

Failure: none; text that cannot be decoded is shown with replacement characters.
Limits: 500 header fields of 4,000 characters, 256 KiB of preview.
"""

import html

from mx.anatomy.charsets import decode_charset
from mx.anatomy.headers import NO_HEADER, Header, text_of
from mx.anatomy.walker import Anatomy
from tenants.quarantine.message_record import MessageRecord, RecordedAmbiguity, RecordedArtifact

_MOST_FIELDS = 500
_MOST_VALUE_CHARACTERS = 4000
_MOST_TITLE_CHARACTERS = 900
PREVIEW_OCTETS = 256 << 10
_HTML_OCTETS = 1 << 20
_UNSEEN = ("script", "style", "head", "title")
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "hr"})
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


def make_record(anatomy: Anatomy) -> tuple[MessageRecord, str, str]:
    """The record, the Message-ID and the subject."""
    header = anatomy.header or NO_HEADER
    preview, is_cut = _preview(anatomy)
    record = MessageRecord(
        headers=tuple(
            (name.decode("ascii", "replace")[:100], text_of(value, _MOST_VALUE_CHARACTERS))
            for name, value in header.unfolded(_MOST_FIELDS)
        ),
        artifacts=tuple(
            RecordedArtifact(
                part.number,
                part.parent,
                part.name,
                part.declared_type,
                part.reading,
                part.content.octets,
                part.sha256,
                part.true_type,
            )
            for part in anatomy.artifacts
        ),
        preview=preview,
        is_preview_cut=is_cut,
        ambiguities=tuple(RecordedAmbiguity(found.name, found.artifact) for found in anatomy.ambiguities),
    )
    return record, _title(header, b"message-id"), _title(header, b"subject")


def _title(header: Header, name: bytes) -> str:
    values = header.values(name)
    return text_of(values[0], _MOST_TITLE_CHARACTERS) if values else ""


def _preview(anatomy: Anatomy) -> tuple[str, bool]:
    """The first plain text of the message itself, else its first HTML as text; and whether it was cut."""
    of_message = [part for part in anatomy.artifacts if part.parent == 0 and part.reading in ("body", "part")]
    for wanted in (("text/plain", ""), ("text/html",)):
        for part in of_message:
            if part.declared_type in wanted:
                content = anatomy.contents[part.number]
                most = PREVIEW_OCTETS if wanted[0] == "text/plain" else _HTML_OCTETS
                raw = content.base[content.start : min(content.end, content.start + most)]
                text = decode_charset(raw, anatomy.charsets[part.number])
                text = text if wanted[0] == "text/plain" else words_of_html(text)
                text, is_cut = cut_text(text.replace("\r\n", "\n").translate(_CONTROLS))
                return text, is_cut or content.octets > most
    return "", False


def cut_text(text: str) -> tuple[str, bool]:
    """The text within PREVIEW_OCTETS of UTF-8, and whether something was left out."""
    octets = text.encode("utf-8", "replace")
    return octets[:PREVIEW_OCTETS].decode("utf-8", "ignore"), len(octets) > PREVIEW_OCTETS


def words_of_html(text: str) -> str:
    """The words of an HTML page, one line for each block; linear, whatever is in it."""
    first, *pieces = text.split("<")
    words = [first]
    unseen = ""
    for piece in pieces:
        tag, _, rest = piece.partition(">")
        name = tag.strip().partition(" ")[0].strip("/").lower()
        if unseen:
            if not (tag.startswith("/") and name == unseen):
                continue
            unseen = ""
        elif name in _UNSEEN and not tag.startswith("/"):
            unseen = name
            continue
        if name in _BREAKS:
            words.append("\n")
        words.append(rest)
    lines = (" ".join(line.split()) for line in html.unescape("".join(words)).split("\n"))
    return "\n".join(line for line in lines if line)
