"""Counts of the present minute, in memory that all receiving processes of a machine share.

Comes in: what is counted, under its key. Goes out: how much of it there was in this minute, in all of the processes.

Each key has one place in each of ROWS tables, chosen by a keyed hash; the least of its places is its count. So memory
is fixed, whatever comes; a key is told too much only where others share all of its places, and by the hash's key nobody
can choose those. The minutes are the clock's, so that all processes agree; a place of an earlier minute is empty.

Failure: none. Two processes that count at the same place in the same microsecond may lose one of the two: a limit may
then let one more through, never less.
Limits: ROWS x PLACES places (1 MiB). With 5,000 clients in a minute, one in 2,000 shares all of its places with others.
"""

import mmap
import os
import struct
import tempfile
from hashlib import blake2b

ROWS = 4
PLACES = 32_768
_PLACE = struct.Struct("<II")
"""The minute, and the count in it."""
_SECRET_OCTETS = 16
_ROW_OCTETS = PLACES * _PLACE.size
_OCTETS = _SECRET_OCTETS + ROWS * _ROW_OCTETS
_MOST = 0xFFFFFFFF


class Tally:
    """The counts, as one process sees them."""

    def __init__(self, descriptor: int | None = None) -> None:
        """`descriptor`: of the memory that is shared (`new_tally`), which stays the caller's; None: of our own."""
        if descriptor is None:
            self._memory = mmap.mmap(-1, _OCTETS)
            self._memory[:_SECRET_OCTETS] = os.urandom(_SECRET_OCTETS)
        else:
            self._memory = mmap.mmap(descriptor, _OCTETS)
        self._secret = self._memory[:_SECRET_OCTETS]

    def add(self, minute: int, key: object, count: int) -> int:
        """Counts so many more in this minute; how many there are then. `key` is told from others by its `repr`."""
        digest = blake2b(repr(key).encode(), key=self._secret, digest_size=2 * ROWS).digest()
        stamp, least = minute & _MOST, _MOST
        for row in range(ROWS):
            place = int.from_bytes(digest[2 * row : 2 * row + 2], "little") % PLACES
            at = _SECRET_OCTETS + row * _ROW_OCTETS + place * _PLACE.size
            known_stamp, known = _PLACE.unpack_from(self._memory, at)
            total = min(count + (known if known_stamp == stamp else 0), _MOST)
            _PLACE.pack_into(self._memory, at, stamp, total)
            least = min(least, total)
        return least


def new_tally() -> int:
    """A descriptor of empty memory for processes to share; whoever is given it may map it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pratique-tally")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.truncate(descriptor, _OCTETS)
    os.pwrite(descriptor, os.urandom(_SECRET_OCTETS), 0)
    return descriptor
