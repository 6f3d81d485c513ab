"""Zlib streams that stand alone, and Flash films, which are one behind eight octets.

Comes in: a stretch that begins like either. Goes out: what is compressed within, where the stream is one: its two
octets of header say little, and texts begin so too.

Standards: RFC 1950; SWF 19, section "File Compression". Checksums are not believed and not checked.
Failure: a stream that breaks at once is none. One that breaks off later: what came out before, as a guess.
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.containers.inflate import FEWEST_OF_SCRAP, inflate

_FILM = b"CWS"
_FILM_HEADER_OCTETS, _ZLIB_HEADER_OCTETS = 8, 2


def open_zlib(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What is compressed within."""
    is_film = content.base.startswith(_FILM, content.start, content.end)
    data = content.start + _ZLIB_HEADER_OCTETS + (_FILM_HEADER_OCTETS if is_film else 0)
    unpacked = inflate(content.base, min(data, content.end), content.end, budget)
    if unpacked.is_complete or len(unpacked.octets) >= FEWEST_OF_SCRAP:
        yield Member("content", "", "zlib-content", whole(unpacked.octets), is_guess=not unpacked.is_complete)
