"""One member of a zip: its octets, by the method that it was packed with, and by a password where it needs one.

`archive.py` finds the members and asks here for the content of each. What can be unpacked and decrypted depends on the
cell: `Tools`. Light tools need the standard library alone; `libraries.py` has the deep ones.

Standards: PKWARE APPNOTE 6.3.10 section 4.4.5; methods 0, 8, 12, 14, 95.
Failure: an `Expanded` with an obstacle. Light tools raise DeeperCellNeeded for what only a library can open.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import (
    DeeperCellNeeded,
    Locked,
    Member,
    Obstacle,
    Step,
    Stretch,
    by_name_alone,
    whole,
)
from mx.anatomy.containers.inflate import Unpacked, inflate
from mx.anatomy.containers.streams import unpack_bzip2, unpack_xz, unpack_zip_lzma
from mx.anatomy.containers.zip.directory import ZipEntry
from mx.anatomy.passwords import affordable
from mx.finding import Severity

STORED, DEFLATED = 0, 8
ENCRYPTED = Obstacle("encrypted.zip", Severity.ENCRYPTED)
BROKEN = Obstacle("broken-zip")
_OTHER_METHOD = Obstacle("zip-method")
_WITH_LIBRARIES = frozenset({9, 20, 93, 98})


@dataclass(frozen=True, slots=True)
class Tools:
    """What this cell can unpack and decrypt."""

    methods: Mapping[int, Callable[[bytes, int, int, Budget], Unpacked]]
    decrypt: Callable[[Stretch, ZipEntry, bytes, Budget], bytes | None] | None
    """A member as it was packed, or None when the password does not fit; None in a light cell."""


LIGHT_TOOLS = Tools({DEFLATED: inflate, 12: unpack_bzip2, 14: unpack_zip_lzma, 95: unpack_xz}, decrypt=None)


@dataclass(frozen=True, slots=True)
class Expanded:
    """One member's octets (None when there are none to show), what stood in the way, and where its data ended."""

    content: Stretch | None
    obstacle: Obstacle | None
    end: int

    def fits(self, entry: ZipEntry) -> bool:
        """Whether this is what the member's checksum was made of."""
        return self.content is not None and zlib.crc32(self.content.raw) == entry.checksum


def expand(content: Stretch, place: int, method: int, packed_octets: int, tools: Tools, budget: Budget) -> Expanded:
    """The octets of a member whose data begins here. A packed one ends where its stream ends, whatever its size is."""
    end = min(place + packed_octets, content.end)
    if method == STORED:
        return Expanded(Stretch(content.base, place, end), BROKEN if end < place + packed_octets else None, end)
    unpack = tools.methods.get(method)
    if unpack is None:
        if tools.decrypt is None and method in _WITH_LIBRARIES:
            raise DeeperCellNeeded
        return Expanded(None, _OTHER_METHOD, end)
    limit = end if method in _WITH_LIBRARIES and packed_octets else content.end
    unpacked = unpack(content.base, place, limit, budget)
    shown = whole(unpacked.octets) if unpacked.octets or unpacked.is_complete else None
    if unpacked.is_complete:
        return Expanded(shown, None, unpacked.end)
    # Where a broken stream ends is not known, so whatever follows it is searched for members from its start on.
    return Expanded(shown, BROKEN, place)


def unlock(content: Stretch, encrypted: Sequence[ZipEntry], tools: Tools, budget: Budget) -> Locked:
    """The encrypted members, to be opened once the passwords are known. In a light cell, DeeperCellNeeded."""
    if tools.decrypt is None:
        raise DeeperCellNeeded
    decrypt = tools.decrypt

    def open_with(passwords: Sequence[str]) -> Iterator[Step]:
        tried = list(dict.fromkeys(raw for password in passwords for raw in _octets(password)))
        closed: list[ZipEntry] = []
        for entry in encrypted:
            end = min(entry.place + entry.packed_octets, content.end)
            packed = Stretch(content.base, entry.place, end)
            for password in affordable(tried, budget):
                plain = decrypt(packed, entry, password, budget)
                opened = plain and expand(whole(plain), 0, entry.method, len(plain), tools, budget)
                # The code of all octets let the password through, or its checksum does: one octet alone fits by chance.
                if opened and opened.content is not None and (entry.aes_strength or opened.fits(entry)):
                    # Most archives have one password for all.
                    tried.remove(password)
                    tried.insert(0, password)
                    yield Member(entry.name, "", "zip-member", opened.content, names=entry.names[1:])
                    if opened.obstacle is not None:
                        yield opened.obstacle
                    break
            else:
                closed.append(entry)
        if closed:
            yield ENCRYPTED
        for entry in closed:
            yield by_name_alone(entry.names, content)

    return Locked(open_with)


def _octets(password: str) -> tuple[bytes, ...]:
    """A password as programs make octets of it."""
    if password.isascii():
        return (password.encode(),)
    return tuple(dict.fromkeys((password.encode("utf-8", "replace"), password.encode("cp1252", "ignore"))))
