"""Tar archives: v7, ustar, pax and GNU long names, told by the checksum that every header carries.

A sparse file stands in the archive without its holes, in pieces that a map puts in place: the raw pieces are a member,
and in a deep cell so is the file that libarchive makes of them.

Standards: POSIX.1-2017 pax; GNU tar's `L` and `S` entries, its sparse files in pax, and base-256 numbers.
Failure: a sparse file that nobody can put together is `tar-sparse` (unscannable); in a light cell, DeeperCellNeeded.
Where a header is broken the rest is one raw artifact, with the oddity `broken-tar`; nothing in a tar is
packed, so the engines see all of it in any case.
"""

import re
from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Member, Obstacle, Oddity, Reader, Step, Stretch
from mx.anatomy.kinds import is_tar_header

_BLOCK_OCTETS = 512
_LONG_NAME, _PAX = b"L", frozenset({b"x", b"X", b"g"})
_WITHOUT_CONTENT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6", b"K"})
_DIGITS = re.compile(rb"[ \0]*([0-7]*)")
_PAX_PATH = re.compile(rb"(?:\A|\n)[0-9]{1,10} path=([^\n]{0,4096})\n")
_PAX_SPARSE = b" GNU.sparse."
_SPARSE, _IS_EXTENDED_AT, _GOES_ON_AT = b"S", 482, 504
_PAX_SIZE = re.compile(rb"(?:\A|\n)[0-9]{1,10} size=([0-9]{1,15})\n")


def open_tar(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every file of the archive; DeeperCellNeeded when one of them is sparse."""
    for step in _read(content, budget):
        if step is None:
            raise DeeperCellNeeded
        yield step


def deep_tar_reader(read_sparse: Reader | None) -> Reader:
    """A reader that leaves archives with sparse files to another one as well."""

    def open_any_tar(content: Stretch, budget: Budget) -> Iterator[Step]:
        is_sparse = False
        for step in _read(content, budget):
            if step is None:
                is_sparse = True
            else:
                yield step
        if is_sparse and read_sparse is not None:
            yield from read_sparse(content, budget)
        elif is_sparse:
            yield Obstacle("tar-sparse")

    return open_any_tar


def _read(content: Stretch, budget: Budget) -> Iterator[Step | None]:
    """The steps, with None wherever a file is sparse."""
    base, position, name, pax_size = content.base, content.start, "", None
    while position < content.end:
        budget.check_time()
        header = base[position : min(position + _BLOCK_OCTETS, content.end)]
        if not header.strip(b"\0"):
            position += _BLOCK_OCTETS
            continue
        if not is_tar_header(header):
            yield Oddity(AmbiguityName.BROKEN_TAR)
            yield Member("after the break", "", "tar-remainder", Stretch(base, position, content.end))
            return
        kind, size = header[156:157], _number(header[124:136])
        data = min(position + _BLOCK_OCTETS, content.end)
        if kind == _LONG_NAME:
            name = _text(base[data : min(data + min(size, 4096), content.end)])
        elif kind in _PAX:
            told = base[data : min(data + size, content.end)]
            name, pax_size = _read_pax(told, name)
            if _PAX_SPARSE in told:
                yield None
        else:
            size = pax_size if pax_size is not None else size
            if kind == _SPARSE:
                yield None
                data = _behind_map(content, position, data)
            if kind not in _WITHOUT_CONTENT:
                short = _name(header)
                names = (short,) if name and name != short else ()
                yield Member(name or short, "", "tar-member", _file(content, data, size), names=names)
                if size > content.end - data:
                    yield Oddity(AmbiguityName.BROKEN_TAR)
            name, pax_size = "", None
        if kind not in _WITHOUT_CONTENT or kind == b"K":
            position = data + -(-size // _BLOCK_OCTETS) * _BLOCK_OCTETS
        else:
            position = data


def _behind_map(content: Stretch, header: int, data: int) -> int:
    """Where the pieces begin: behind the further blocks of the map."""
    base, place = content.base, header + _IS_EXTENDED_AT
    while place < content.end and base[place]:
        place, data = data + _GOES_ON_AT, data + _BLOCK_OCTETS
    return min(data, content.end)


def _file(content: Stretch, data: int, size: int) -> Stretch:
    return Stretch(content.base, data, min(data + size, content.end))


def _read_pax(raw: bytes, name: str) -> tuple[str, int | None]:
    path, size = _PAX_PATH.search(raw), _PAX_SIZE.search(raw)
    return _text(path[1]) if path else name, int(size[1]) if size else None


def _name(header: bytes) -> str:
    prefix = _text(header[345:500]) if header[257:262] == b"ustar" else ""
    name = _text(header[:100])
    return f"{prefix}/{name}" if prefix else name


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big") & (2**63 - 1)
    match = _DIGITS.match(field)
    return int(match[1] or b"0", 8) if match else 0


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")
