"""MAPI properties as TNEF packs them: a list of numbers, types and values.

Comes in: the stretch of one list. Goes out: each property that has a value of some length (texts, octets, objects).

Standards: MS-OXTNEF section 2.1.3.4, MS-OXCDATA section 2.11.
Failure: a type that is not known, or a length beyond the end, ends the list; nothing is raised but LimitReached.
Limits: the count that the list states is not believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch

_MULTIPLE = 0x1000
_UNICODE = 0x001F
_FIXED_OCTETS = {
    0x0001: 0, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
    0x0040: 8, 0x0048: 16,
}  # fmt: skip
"""Values of two octets take four."""
_OF_ANY_LENGTH = frozenset({0x0000, 0x000D, 0x001E, _UNICODE, 0x0102})
_NAMED_FROM = 0x8000
_GUID_OCTETS = 16


@dataclass(frozen=True, slots=True)
class Property:
    """One value of one property."""

    number: int
    form: int
    value: Stretch

    def text(self) -> str:
        """The value as a text, up to its NUL."""
        charset = "utf-16-le" if self.form == _UNICODE else "cp1252"
        return self.value.raw.decode(charset, "replace").partition("\0")[0]


def read_properties(content: Stretch, budget: Budget) -> Iterator[Property]:
    """Every property with a text, octets or an object."""
    place = content.start + 4
    while place + 4 <= content.end:
        budget.check_time()
        kind, number = _number(content, place, 2), _number(content, place + 2, 2)
        place += 4
        if number >= _NAMED_FROM:
            place = _behind_name(content, place)
        form = kind & ~_MULTIPLE
        fixed = _FIXED_OCTETS.get(form)
        if fixed is not None:
            count = _number(content, place, 4) if kind & _MULTIPLE else 1
            place += (4 if kind & _MULTIPLE else 0) + fixed * count
        elif form in _OF_ANY_LENGTH:
            count, place = _number(content, place, 4), place + 4
            for _ in range(count):
                if place + 4 > content.end:
                    return
                octets, place = _number(content, place, 4), place + 4
                yield Property(number, form, Stretch(content.base, place, min(place + octets, content.end)))
                place += _padded(octets)
        else:
            return


def _behind_name(content: Stretch, place: int) -> int:
    """A property with a number of its own says first what it is called."""
    place += _GUID_OCTETS
    has_name = _number(content, place, 4) == 1
    octets = _number(content, place + 4, 4) if has_name else 0
    return place + 8 + _padded(octets)


def _number(content: Stretch, place: int, octets: int) -> int:
    return int.from_bytes(content.base[place : min(place + octets, content.end)], "little")


def _padded(octets: int) -> int:
    return -(-octets // 4) * 4
