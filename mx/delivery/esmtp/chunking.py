"""A message -> the octets that go over BDAT: its size, then its octets as they are. Pure.

Comes in: headers to put on top, and the content in chunks. Goes out: pieces, the first of which begins with the
command. Nothing is stuffed, nothing is added, and a bare CR or LF harms nobody: the size says where the message ends.
It is one chunk, the last one, whatever its size.

Standards: RFC 3030 section 2.
"""

from collections.abc import Iterator

from mx.artifact import Content
from mx.delivery.esmtp.dot_stuffing import ONE_WRITE_OCTETS


def octets_over_bdat(headers_on_top: bytes, content: Content) -> Iterator[bytes]:
    """The message as it goes over BDAT; a small one is one piece."""
    octets = len(headers_on_top) + content.octets
    first = b"BDAT %d LAST\r\n%b" % (octets, headers_on_top)
    if octets <= ONE_WRITE_OCTETS:
        yield b"".join((first, *content.chunks()))
        return
    yield first
    yield from content.chunks()
