"""The canary: what an engine must find as long as it is well, as an artifact; and the one that lies far back. Pure.

Goes out: an artifact of an engine's own canary, and contents whose EICAR test file lies behind a filler. Scanners say
"clean" of what lies beyond their limits without looking at it; one that finds the far canary looks that far.

Standards: the zip format, APPNOTE 6.3.10 sections 4.3.7, 4.3.12, 4.3.16: members that are stored, not compressed.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mx.artifact import Artifact, Octets
from mx.engines.contract import EICAR
from mx.finding import Found, Severity

_PIECE = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class FarCanary:
    """A zip of about so many octets: zeros, and behind them EICAR."""

    filler_octets: int

    @property
    def octets(self) -> int:
        return self.filler_octets + sum(map(len, self._around()))

    def chunks(self) -> Iterator[bytes]:
        """The zip; its filler is never in memory as a whole."""
        before, after = self._around()
        yield before
        for offset in range(0, self.filler_octets, len(_PIECE)):
            yield _PIECE[: min(len(_PIECE), self.filler_octets - offset)]
        yield after

    def _around(self) -> tuple[bytes, bytes]:
        """What stands before the filler, and what behind it."""
        filler, test = (b"filler.bin", _crc_of_zeros(self.filler_octets), self.filler_octets), _TEST
        first, second = _local(*filler), _local(*test) + EICAR
        directory = _central(*filler, 0) + _central(*test, len(first) + self.filler_octets)
        start = len(first) + self.filler_octets + len(second)
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, len(directory), start, 0)
        return first, second + directory + end


_TEST = (b"eicar.com", zlib.crc32(EICAR), len(EICAR))


def canary_of(octets: bytes) -> Artifact:
    """The canary as an engine is shown it."""
    return Artifact(
        0, None, "canary", "application/octet-stream", "canary", hashlib.sha256(octets).hexdigest(), Octets(octets)
    )


def is_found(outcome: Found) -> bool:
    """Whether something was found, and not only that it could not be examined."""
    return any(finding.severity is not Severity.UNSCANNABLE for finding in outcome.findings)


def _crc_of_zeros(octets: int) -> int:
    crc = 0
    for offset in range(0, octets, len(_PIECE)):
        crc = zlib.crc32(_PIECE[: min(len(_PIECE), octets - offset)], crc)
    return crc


def _local(name: bytes, crc: int, size: int) -> bytes:
    return struct.pack("<4s5H3I2H", b"PK\3\4", 10, 0, 0, 0, 33, crc, size, size, len(name), 0) + name


def _central(name: bytes, crc: int, size: int, offset: int) -> bytes:
    head = struct.pack("<4s6H3I", b"PK\1\2", 20, 10, 0, 0, 0, 33, crc, size, size)
    return head + struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, offset) + name
