"""Lists of numbers that stand for octets behind one step of reckoning: the same number added to each, or XORed with it.

Comes in: the numbers, as a script lists them. Goes out: the octets, where one key for all turns the first three into
the beginning of a file that does harm: no key is tried that does not.

Failure: none. Limits: linear.
"""

from collections.abc import Iterator, Sequence

_BEGINNINGS = (
    b"MZ\x90", b"PK\3", b"7z\xbc", b"Rar", b"MSC", b"\xd0\xcf\x11", b"%PD", b"{\\r", b"L\0\0", b"\x7fEL",
    b"X5O", b"<sc", b"<ht", b"<!D",
)  # fmt: skip


def shifted(numbers: Sequence[int]) -> Iterator[bytes]:
    """What the list stands for with each key that fits; nothing where it is no such list."""
    if len(numbers) < 3:
        return
    first, second, third = numbers[:3]
    for beginning in _BEGINNINGS:
        added = first - beginning[0]
        if added and (second - beginning[1], third - beginning[2]) == (added, added):
            yield bytes((number - added) & 255 for number in numbers)
        key = first ^ beginning[0]
        if key and (second ^ beginning[1], third ^ beginning[2]) == (key, key):
            yield bytes((number ^ key) & 255 for number in numbers)
