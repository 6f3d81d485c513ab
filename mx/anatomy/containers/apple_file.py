"""AppleSingle, AppleDouble and MacBinary: a Mac's file with its two forks in one, as mail programs there send it.

Comes in: a stretch that begins like one of them. Goes out: the data fork and the resource fork, each a member.

Standards: RFC 1740 (AppleSingle, AppleDouble); MacBinary II and III.
Failure: none; a fork that lies outside of the file is cut at its end, or left out.
Limits: the first MOST_ENTRIES entries of a file; each fork is a stretch of it, nothing is copied.
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch
from mx.anatomy.kinds import is_macbinary

MOST_ENTRIES = 32
_APPLE_MAGIC = b"\0\5\x16"
_HEADER_OCTETS, _ENTRY_OCTETS = 26, 12
_DATA, _RESOURCE = 1, 2
_BLOCK_OCTETS = 128
_DATA_LENGTH, _RESOURCE_LENGTH, _SECOND_HEADER = 83, 87, 120


def open_apple_file(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The forks of the file."""
    if content.base.startswith(_APPLE_MAGIC, content.start, content.end):
        yield from _entries(content, budget)
    elif is_macbinary(content):
        yield from _forks(content)


def _entries(content: Stretch, budget: Budget) -> Iterator[Step]:
    base, start = content.base, content.start
    count = int.from_bytes(base[start + 24 : min(start + 26, content.end)], "big")
    for number in range(min(count, MOST_ENTRIES)):
        budget.check_time()
        place = start + _HEADER_OCTETS + number * _ENTRY_OCTETS
        entry = base[place : min(place + _ENTRY_OCTETS, content.end)]
        if len(entry) == _ENTRY_OCTETS and _number(entry, 0) in (_DATA, _RESOURCE):
            yield from _fork(content, "fork", _number(entry, 4), _number(entry, 8))
    if count > MOST_ENTRIES:
        yield Obstacle("limit.apple-entries")


def _forks(content: Stretch) -> Iterator[Step]:
    head = content.base[content.start : content.start + _BLOCK_OCTETS]
    name = decode_charset(head[2 : 2 + head[1]], "macintosh")
    data, resource = _number(head, _DATA_LENGTH), _number(head, _RESOURCE_LENGTH)
    second_header = int.from_bytes(head[_SECOND_HEADER : _SECOND_HEADER + 2], "big")
    data_at = _BLOCK_OCTETS + _padded(second_header)
    for begin in dict.fromkeys((_BLOCK_OCTETS, data_at)):
        # Programs that know the first version alone know of no second header.
        yield from _fork(content, name, begin, data)
    yield from _fork(content, name, data_at + _padded(data), resource)


def _fork(content: Stretch, name: str, offset: int, octets: int) -> Iterator[Step]:
    begin = content.start + offset
    end = min(begin + octets, content.end)
    if begin < end:
        yield Member(name, "", "apple-fork", Stretch(content.base, begin, end), is_further=True)


def _padded(octets: int) -> int:
    return -(-octets // _BLOCK_OCTETS) * _BLOCK_OCTETS


def _number(octets: bytes, place: int) -> int:
    return int.from_bytes(octets[place : place + 4], "big")
