"""Sealed segments: every change is refused, any splitting of the octets gives the same."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.storage.blobs.segments import SEGMENT_OCTETS, TAG_OCTETS, Context, SealBroken, open_sealed, seal

KEY = bytes(range(32))
CONTEXT = Context(7, "ab" * 16, 1)
SEALED_OCTETS = SEGMENT_OCTETS + TAG_OCTETS
SIZES = [0, 1, SEGMENT_OCTETS - 1, SEGMENT_OCTETS, SEGMENT_OCTETS + 1, 3 * SEGMENT_OCTETS]


def sealed(content: bytes, context: Context = CONTEXT) -> bytes:
    return b"".join(seal(KEY, context, [content]))


def opened(octets: bytes, context: Context = CONTEXT, key: bytes = KEY) -> bytes:
    return b"".join(open_sealed(key, context, [octets]))


def pieces(octets: bytes, size: int) -> Iterable[bytes]:
    return (octets[start : start + size] for start in range(0, len(octets), size))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens_again(size: int) -> None:
    """Sizes around a segment's; each segment costs 16 octets more."""
    content = bytes(number % 251 for number in range(size))
    octets = sealed(content)
    assert len(octets) == size + TAG_OCTETS * max(1, -(-size // SEGMENT_OCTETS))
    assert opened(octets) == content
    assert content[:100] not in octets or size < 8


@given(st.integers(0, 2 * SEGMENT_OCTETS), st.integers(1, 100_000), st.integers(1, 100_000))
def test_any_splitting_gives_the_same(size: int, into: int, out: int) -> None:
    """Of what is sealed, and of what is opened."""
    content = bytes(size)
    octets = b"".join(seal(KEY, CONTEXT, pieces(content, max(into, size // 20))))
    assert octets == sealed(content)
    assert b"".join(open_sealed(KEY, CONTEXT, pieces(octets, max(out, size // 20)))) == content


OCTETS = sealed(b"a" * SEGMENT_OCTETS + b"b" * SEGMENT_OCTETS + b"c" * 10)
FIRST, SECOND, LAST = OCTETS[:SEALED_OCTETS], OCTETS[SEALED_OCTETS : 2 * SEALED_OCTETS], OCTETS[2 * SEALED_OCTETS :]


@pytest.mark.parametrize(
    ("change", "octets"),
    [
        ("empty", b""),
        ("end cut off", OCTETS[:-1]),
        ("last segment left out", FIRST + SECOND),
        ("middle segment left out", FIRST + LAST),
        ("segments swapped", SECOND + FIRST + LAST),
        ("segment repeated", FIRST + FIRST + SECOND + LAST),
        ("something added", OCTETS + b"x"),
        ("another object's whole segment added", OCTETS + FIRST),
        ("only the last", LAST),
    ],
)
def test_a_changed_object_is_refused(change: str, octets: bytes) -> None:
    """Whatever was done to its segments."""
    with pytest.raises(SealBroken):
        opened(octets)


@given(st.integers(0, len(OCTETS) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_refused(position: int, bit: int) -> None:
    """In content and in tags."""
    changed = bytearray(OCTETS)
    changed[position] ^= 1 << bit
    with pytest.raises(SealBroken):
        opened(bytes(changed))


@pytest.mark.parametrize(
    "context", [Context(8, CONTEXT.name, 1), Context(7, "cd" * 16, 1), Context(7, CONTEXT.name, 2)]
)
def test_an_object_of_another_tenant_name_or_version_is_refused(context: Context) -> None:
    """Objects cannot be swapped."""
    with pytest.raises(SealBroken):
        opened(OCTETS, context)


def test_another_key_does_not_open() -> None:
    """Nor does an old one."""
    with pytest.raises(SealBroken):
        opened(OCTETS, key=bytes(32))
