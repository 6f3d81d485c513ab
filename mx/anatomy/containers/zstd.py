"""Zstandard files: all frames that follow one another, as one content.

Standards: RFC 8878.
Failure: as in `compressed.py`. A window larger than 128 MiB, which no program takes without being told to, is broken.
"""

import sys

from mx.anatomy.budget import Budget
from mx.anatomy.containers.compressed import stream_reader
from mx.anatomy.containers.inflate import Unpacked
from mx.anatomy.containers.streams import unpack

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FRAME = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))


def unpack_zstd(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """One frame."""
    return unpack(zstd.ZstdDecompressor, base, start, end, budget, zstd.ZstdError)


open_zstd = stream_reader("zstd", unpack_zstd, (_FRAME, *_SKIPPABLE))
