"""Tricks on line ends: bare CR and LF, mixtures, NUL, and other charsets for the message as a whole."""

import re
from collections.abc import Iterator

from tests.corpus.letter import Axis, Trick, change


def tricks() -> Iterator[Trick]:
    """All of them; they change the rendered message."""
    for name, finish in (
        ("all-lf", lambda raw: raw.replace(b"\r\n", b"\n")),
        ("all-cr", lambda raw: raw.replace(b"\r\n", b"\r")),
        ("all-cr-cr-lf", lambda raw: raw.replace(b"\r\n", b"\r\r\n")),
        ("all-lf-cr", lambda raw: raw.replace(b"\r\n", b"\n\r")),
        ("all-cr-nul-lf", lambda raw: raw.replace(b"\r\n", b"\r\0\n")),
        ("header-lf-body-crlf", lambda raw: _head(raw, b"\n")),
        ("header-cr-body-crlf", lambda raw: _head(raw, b"\r")),
        ("body-lf", lambda raw: _body(raw, b"\n")),
        ("body-cr", lambda raw: _body(raw, b"\r")),
        ("body-cr-cr-lf", lambda raw: _body(raw, b"\r\r\n")),
        ("type-behind-cr", lambda raw: raw.replace(b"\r\nContent-Type: multi", b"\rContent-Type: multi", 1)),
        ("type-behind-lf", lambda raw: raw.replace(b"\r\nContent-Type: multi", b"\nContent-Type: multi", 1)),
        ("type-behind-cr-space", lambda raw: raw.replace(b"\r\nContent-Type: multi", b"\r Content-Type: multi", 1)),
        ("encoding-behind-cr", lambda raw: raw.replace(b"\r\nContent-Tr", b"\rContent-Tr")),
        ("encoding-behind-lf", lambda raw: raw.replace(b"\r\nContent-Tr", b"\nContent-Tr")),
        ("encoding-behind-cr-cr-lf", lambda raw: raw.replace(b"\r\nContent-Tr", b"\r\r\nContent-Tr")),
        ("encoding-behind-nul", lambda raw: raw.replace(b"\r\nContent-Tr", b"\r\0\nContent-Tr")),
        ("encoding-behind-vertical-tab", lambda raw: raw.replace(b"\r\nContent-Tr", b"\x0bContent-Tr")),
        ("encoding-behind-next-line", lambda raw: raw.replace(b"\r\nContent-Tr", b"\xc2\x85Content-Tr")),
        ("encoding-ends-in-cr", lambda raw: raw.replace(b"base64\r\n", b"base64\r")),
        ("encoding-then-cr-cr-lf", lambda raw: raw.replace(b"base64\r\n", b"base64\r\r\n")),
        ("boundary-behind-cr", lambda raw: raw.replace(b"\r\n--b1", b"\r--b1")),
        ("boundary-behind-lf", lambda raw: raw.replace(b"\r\n--b1", b"\n--b1")),
        ("boundary-before-cr", lambda raw: raw.replace(b"--b1\r\n", b"--b1\r")),
        ("boundary-before-lf", lambda raw: raw.replace(b"--b1\r\n", b"--b1\n")),
        ("boundary-before-cr-cr-lf", lambda raw: raw.replace(b"--b1\r\n", b"--b1\r\r\n")),
        ("boundary-behind-vertical-tab", lambda raw: raw.replace(b"\r\n--b1", b"\x0b--b1")),
        ("boundary-behind-line-separator", lambda raw: raw.replace(b"\r\n--b1", "\u2028--b1".encode())),
        ("fold-by-cr", lambda raw: raw.replace(b"; boundary", b";\r boundary")),
        ("fold-by-lf", lambda raw: raw.replace(b"; boundary", b";\n boundary")),
        ("nul-every-line", lambda raw: raw.replace(b"\r\n", b"\0\r\n")),
        ("leading-blank-line", lambda raw: b"\r\n" + raw),
        ("leading-space-line", lambda raw: b" \r\n" + raw),
        ("leading-lf", lambda raw: b"\n" + raw),
        ("leading-cr", lambda raw: b"\r" + raw),
        ("leading-mbox-line", lambda raw: b"From author@sender.example Tue Nov 24 09:00:00 2026\r\n" + raw),
        ("leading-byte-order-mark", lambda raw: b"\xef\xbb\xbf" + raw),
        ("leading-nuls", lambda raw: b"\0\0\0\0" + raw),
        ("utf-16-le", lambda raw: b"\xff\xfe" + raw.decode("latin-1").encode("utf-16-le")),
        ("utf-16-be-without-mark", lambda raw: raw.decode("latin-1").encode("utf-16-be")),
    ):
        yield Trick(name, Axis.LINE_ENDS, change(finish=finish))


def _head(raw: bytes, line_end: bytes) -> bytes:
    head, blank, body = raw.partition(b"\r\n\r\n")
    return (head + blank).replace(b"\r\n", line_end) + body


def _body(raw: bytes, line_end: bytes) -> bytes:
    head, blank, body = raw.partition(b"\r\n\r\n")
    return head + blank + re.sub(rb"\r\n", line_end, body)
