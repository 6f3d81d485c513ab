"""ActiveMime (.mso): the compound file with macros and objects that Word and Excel put beside a saved web page.

Comes in: a stretch that begins with the format's name. Goes out: what is compressed within. Where it begins is
written in the header, and is not believed: every place near the start that may begin a zlib stream is tried, and one
that ends well is it.

Standards: none is published; the stream within is RFC 1950.
Failure: nothing within can be expanded: the oddity `broken-activemime`; it breaks off: the obstacle of that name.
"""

import re
from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.inflate import inflate

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_MOST_HEADER_OCTETS = 1024
_ZLIB_HEADER_OCTETS = 2


def open_activemime(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What is compressed within."""
    limit = min(content.start + _MOST_HEADER_OCTETS, content.end)
    longest = b""
    for found in _ZLIB.finditer(content.base, content.start, limit):
        unpacked = inflate(content.base, found.start() + _ZLIB_HEADER_OCTETS, content.end, budget)
        longest = max(longest, unpacked.octets, key=len)
        if unpacked.is_complete:
            yield Member("active content", "", "activemime-content", whole(unpacked.octets))
            return
    if longest:
        yield Member("active content", "", "activemime-content", whole(longest))
        yield Obstacle("broken-activemime")
    else:
        yield Oddity(AmbiguityName.BROKEN_ACTIVEMIME)
