"""Uuencoded blocks within text."""

import binascii

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Stretch
from mx.anatomy.containers.uuencode import open_uuencode


def block(octets: bytes, name: bytes = b"a.bin", end: bytes = b"\r\n") -> bytes:
    lines = [binascii.b2a_uu(octets[at : at + 45]).rstrip(b"\n") + end for at in range(0, len(octets), 45)]
    return b"begin 644 " + name + end + b"".join(lines) + b"`" + end + b"end" + end


def members(text: bytes) -> list[tuple[str, bytes]]:
    content = Stretch(b"#" + text, 1, 1 + len(text))
    steps = open_uuencode(content, Budget(lambda: 0.0))
    return [(step.name, step.content.raw) for step in steps if isinstance(step, Member)]


LONG = bytes(range(256))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (block(LONG), [("a.bin", LONG)]),
        (b"hello\n" + block(b"x", end=b"\n"), [("a.bin", b"x")]),
        (block(b"x") + b"\r\n" + block(b"y", b"b"), [("a.bin", b"x"), ("b", b"y")]),
        (block(LONG)[:100], [("a.bin", LONG[:45])]),
        (b"begin 644 a\r\n" + block(b"x"), [("a.bin", b"x")]),
        (b"begin 644 nothing\r\nplain text\x7f goes on\r\n", []),
        (b"we begin 644 times\r\n", []),
    ],
)
def test_finds_blocks(text: bytes, expected: list[tuple[str, bytes]]) -> None:
    """Each block that decodes is a member; a line that does not ends it."""
    assert [
        (name, octets[: len(wanted)]) for (name, octets), (_, wanted) in zip(members(text), expected, strict=True)
    ] == expected
