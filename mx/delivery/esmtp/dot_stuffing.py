"""A message -> the octets that go over DATA: dots stuffed, the end of data at the end. Pure.

Comes in: headers to put on top, and the content in chunks. Goes out: pieces of about 64 KiB (one piece for a small
message), each checked before it is given out.

Standards: RFC 5321 section 4.5.2 (transparency) and section 4.1.1.4 ("<CRLF>.<CRLF>"); section 2.3.8 (CR and LF only
together).

Failure: a CR or LF by itself raises `UnsafeContentError`: two servers could read the end of data in different places
(SMTP smuggling). Such mail goes over BDAT or is refused (`client.py`), so this is a bug of ours; the connection is cut
before the octets go out.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from mx.artifact import Content
from mx.line_ends import are_whole, has_dot_line

ONE_WRITE_OCTETS = 256 * 1024
"""A message up to this size goes out in one piece."""
_END = b".\r\n"


class UnsafeContentError(AssertionError):
    """A bug of ours: content that must not go over DATA was about to be sent."""


def octets_over_data(headers_on_top: bytes, content: Content) -> Iterator[bytes]:
    """The message as it goes over DATA, from the first header to the dot. A missing last CRLF is added."""
    if len(headers_on_top) + content.octets <= ONE_WRITE_OCTETS:
        yield _whole(b"".join((headers_on_top, *content.chunks())))
        return
    yield from _pieces(headers_on_top, content.chunks())


def has_bare_line_ends(content: Content) -> bool:
    """Whether a CR or an LF stands alone in it, so that it cannot go over DATA; reads all of it."""
    carry = b""
    for chunk in content.chunks():
        octets = carry + chunk
        carry = b"\r" if octets.endswith(b"\r") else b""
        if not are_whole(octets[: len(octets) - len(carry)]):
            return True
    return bool(carry)


def _whole(octets: bytes) -> bytes:
    _check(octets)
    if has_dot_line(octets):
        octets = octets.replace(b"\r\n.", b"\r\n..")
    if octets.startswith(b"."):
        octets = b"." + octets
    end = _END if octets.endswith(b"\r\n") or not octets else b"\r\n" + _END
    return octets + end


def _pieces(first: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a long message. A CR at the border of two chunks waits for its LF."""
    is_line_start, carry = True, b""
    for chunk in chain((first,), chunks):
        octets = carry + chunk
        carry = b"\r" if octets.endswith(b"\r") else b""
        octets = octets[: len(octets) - len(carry)]
        if not octets:
            continue
        _check(octets)
        stuffed = octets.replace(b"\r\n.", b"\r\n..") if has_dot_line(octets) else octets
        yield b"." + stuffed if is_line_start and octets.startswith(b".") else stuffed
        is_line_start = octets.endswith(b"\r\n")
    _check(carry)
    yield _END if is_line_start else b"\r\n" + _END


def _check(octets: bytes) -> None:
    if not are_whole(octets):
        raise UnsafeContentError("a CR or LF by itself in content that goes over DATA")
