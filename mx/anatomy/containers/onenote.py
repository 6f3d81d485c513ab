"""OneNote sections (.one): the files that people put onto a page.

Comes in: a stretch that begins with one of the format's identifiers. Goes out: every embedded file, wherever its
`FileDataStoreObject` lies in the section, whatever page shows it or none. Sections that come from a server wrap files
otherwise; there, a file is shown from where its own first octets stand.

Written by hand because the place of a file is all that is needed, and there is no kept reader of sections.

Standards: MS-ONESTORE sections 2.3.1 and 2.6.13.
Failure: a file that is longer than the section is shown as far as it goes, with the oddity `broken-onenote`.
Limits: one search; each place of a file beyond the first, in a section from a server, is charged as a further reading.
"""

import re
from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Oddity, Step, Stretch

SECTION = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"
CONTENTS = b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f"
_FROM_SERVER = b"\x2f\xe9\x8d\x63\xd4\xa6\xc1\x4b\x9a\x36\xb3\xfc\x25\x11\xa5\xb7"
_FILE = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"
_LENGTH_OCTETS, _UNUSED_OCTETS = 8, 12
_WRAPPED = re.compile(
    rb"PK\x03\x04|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|MSCF\0{4}|%PDF-|\x1f\x8b\x08\0"
    rb"|MZ.{58}\0\0",
    re.DOTALL,
)


def open_onenote(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every embedded file."""
    base, position = content.base, content.start
    while (found := base.find(_FILE, position, content.end)) >= 0:
        budget.check_time()
        length_at = found + len(_FILE)
        start = min(length_at + _LENGTH_OCTETS + _UNUSED_OCTETS, content.end)
        octets = int.from_bytes(base[length_at : length_at + _LENGTH_OCTETS], "little")
        if start + octets > content.end:
            yield Oddity(AmbiguityName.BROKEN_ONENOTE)
        end = min(start + octets, content.end)
        yield Member("embedded file", "", "onenote-file", Stretch(base, start, end), is_further=True)
        # Not behind the file: its length may be a lie.
        position = start
    if base.find(_FROM_SERVER, content.start, min(content.start + 128, content.end)) >= 0:
        yield from _wrapped_files(content, budget)


def _wrapped_files(content: Stretch, budget: Budget) -> Iterator[Step]:
    """From each first octets of a file to the end; of archives, whose members look alike, from the first."""
    seen: set[bytes] = set()
    for found in _WRAPPED.finditer(content.base, content.start, content.end):
        kind = found[0][:4]
        if kind in seen and kind.startswith(b"PK"):
            continue
        if seen:
            budget.charge_reading()
        seen.add(kind)
        yield Member(
            "embedded file", "", "onenote-file", Stretch(content.base, found.start(), content.end), is_further=True
        )
