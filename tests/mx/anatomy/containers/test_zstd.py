"""Zstandard files."""

from backports import zstd

from mx.anatomy.containers.contract import Obstacle
from mx.anatomy.containers.zstd import open_zstd
from tests.contracts.archives import contents_of, names_of, steps_of

SKIPPABLE = b"\x50\x2a\x4d\x18\4\0\0\0abcd"


def test_frames_are_joined() -> None:
    """Those to be skipped are."""
    packed = zstd.compress(b"one") + SKIPPABLE + zstd.compress(b"two")
    assert contents_of(steps_of(open_zstd, packed)) == [b"onetwo"]


def test_damaged_ones_are_unscannable_and_mere_magic_is_odd() -> None:
    """By whether something came out."""
    packed = zstd.compress(bytes(range(256)) * 2000)
    assert Obstacle("broken-zstd") in steps_of(open_zstd, zstd.compress(b"one") + packed[: len(packed) // 2])
    assert names_of(steps_of(open_zstd, b"\x28\xb5\x2f\xfd and text")) == {"broken-zstd"}
