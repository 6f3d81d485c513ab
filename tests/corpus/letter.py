"""Letter: a message with one text and one attachment, taken apart into every piece that a trick may change.

A trick is a function from Letter to Letter that changes the pieces of one axis, so tricks of different axes can be put
together. Rendering joins the pieces; no piece is checked, since wrong ones are the point.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.contracts.mail import EICAR

HEAD = (
    b"From: Author <author@sender.example>\r\nTo: user@tenant.example\r\nSubject: Report\r\n"
    b"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-ID: <%b@sender.example>\r\n"
)
MIME = b"MIME-Version: 1.0\r\n"
TEXT_PART = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGood morning.\r\n"


def encode_base64(octets: bytes) -> bytes:
    """Canonical base64 in lines of 76 letters."""
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def encode_quoted(octets: bytes) -> bytes:
    """Quoted-printable with every octet spelled out, in lines of 25 octets."""
    spelled = [b"=%02X" % octet for octet in octets]
    return b"=\r\n".join(b"".join(spelled[at : at + 25]) for at in range(0, len(spelled), 25)) + b"\r\n"


class Axis(StrEnum):
    """Which pieces a trick changes."""

    TYPE = "type"
    BOUNDARY = "boundary"
    HEADER_END = "header-end"
    ENCODING = "encoding"
    BODY = "body"
    LINE_ENDS = "line-ends"


@dataclass(frozen=True, slots=True)
class Letter:
    """All pieces, in the order in which they are joined."""

    head: bytes = HEAD + MIME
    before_type: bytes = b""
    type_name: bytes = b"Content-Type"
    type_colon: bytes = b": "
    type_value: bytes = b"multipart/mixed"
    parameters: bytes = b'; boundary="b1"'
    type_end: bytes = b"\r\n"
    after_type: bytes = b""
    head_end: bytes = b"\r\n"
    preamble: bytes = b""
    opening: bytes = b"--b1\r\n"
    text_part: bytes = TEXT_PART
    delimiter: bytes = b"--b1\r\n"
    part_type: bytes = b"Content-Type: application/octet-stream\r\n"
    disposition: bytes = b'Content-Disposition: attachment; filename="report.bin"\r\n'
    before_encoding: bytes = b""
    encoding_name: bytes = b"Content-Transfer-Encoding"
    encoding_colon: bytes = b": "
    encoding_value: bytes = b"base64"
    encoding_end: bytes = b"\r\n"
    after_encoding: bytes = b""
    part_head_end: bytes = b"\r\n"
    payload: bytes = EICAR
    encode: Callable[[bytes], bytes] = encode_base64
    closing: bytes = b"--b1--\r\n"
    epilogue: bytes = b""
    finish: Callable[[bytes], bytes] = bytes

    def render(self, mark: str) -> bytes:
        """The message; `mark` becomes its Message-ID."""
        top = (self.before_type, self.type_name, self.type_colon, self.type_value, self.parameters, self.type_end)
        start = (self.after_type, self.head_end, self.preamble, self.opening, self.text_part, self.delimiter)
        named = (self.part_type, self.disposition, self.before_encoding, self.encoding_name, self.encoding_colon)
        encoded = (self.encoding_value, self.encoding_end, self.after_encoding, self.part_head_end)
        end = (self.encode(self.payload), self.closing, self.epilogue)
        head = self.head.replace(b"%b", mark.encode())
        return self.finish(b"".join((head, *top, *start, *named, *encoded, *end)))


Change = Callable[[Letter], Letter]


class Decoder(StrEnum):
    """Which decoder's letter a trick is made for."""

    ANY = "any"
    BASE64 = "base64"
    QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Trick:
    """One way to hide the attachment from a parser while another finds it."""

    name: str
    axis: Axis
    change: Change
    decoder: Decoder = Decoder.ANY
    is_undeclared: bool = False
    """Nothing tells the encoding, so only a body without a flaw can be recognised by anybody."""

    @property
    def full_name(self) -> str:
        return f"{self.axis.value}-{self.name}"

    def fits(self, other: "Trick") -> bool:
        """Whether the two change different pieces of the same letter."""
        is_hopeless = Axis.BODY in (self.axis, other.axis) and (self.is_undeclared or other.is_undeclared)
        is_of_two = {self.decoder, other.decoder} == {Decoder.BASE64, Decoder.QUOTED}
        return self.axis is not other.axis and not is_hopeless and not is_of_two


def hide(mark: str, *tricks: Trick) -> bytes:
    """The letter with these tricks, in their order."""
    letter = Letter()
    if any(trick.decoder is Decoder.QUOTED for trick in tricks):
        letter = replace(letter, encoding_value=b"quoted-printable", encode=encode_quoted)
    for trick in tricks:
        letter = trick.change(letter)
    return letter.render(mark)


def change(**pieces: object) -> Change:
    """The change that puts these pieces in place."""
    return lambda letter: replace(letter, **pieces)  # type: ignore[arg-type]


def boundary_value(value: bytes, line: bytes | None = None, **pieces: object) -> Change:
    """The change to a parameter `boundary=VALUE` and lines that begin with `--LINE`."""
    mark = value if line is None else line
    line = b"--" + mark + b"\r\n"
    lines = {"opening": line, "delimiter": line, "closing": b"--" + mark + b"--\r\n"}
    return change(**{"parameters": b"; boundary=" + value} | lines | pieces)
