"""Fuzzing, shortly: what always holds, holds for mutated and mangled messages, and time grows with size alone.

`make fuzz` does the same for long. Growth is measured in CPU time, at sizes where it can be told from noise.
"""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.mutated import mutated
from tests.fuzz.families import FAMILIES
from tests.fuzz.growth import measure, opened
from tests.fuzz.holding import hold
from tests.fuzz.mangled import mangled, seeds

OCTETS = 48 << 10

_pieces = st.sampled_from([
    b"Content-Type: ", b"Content-Transfer-Encoding: ", b"multipart/mixed; boundary=b", b"message/rfc822", b"base64",
    b"quoted-printable", b"x-uuencode", b"text/html", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n ", b"--b", b"--b--",
    b"--", b"; ", b"=", b'"', b"\\", b"(", b")", b"=?utf-8?B?", b"?=", b"boundary*0*=", b"boundary*=us-ascii''", b"%62",
    b"\0", b"begin 644 a\r\n", b"=ybegin line=128 size=9 name=a\r\n", b"-----BEGIN PGP MESSAGE-----", b"data:", b"QUFB",
    b"<script>atob('", b"PK\3\4", b"PK\1\2", b"PK\5\6", b"%PDF-1.7", b"\xd0\xcf\x11\xe0", b"{\\rtf1", b"Rar!\x1a\7\0",
    b"BEGIN:VCALENDAR",
])  # fmt: skip


@given(st.lists(st.one_of(_pieces, st.binary(max_size=20)), max_size=60))
@settings(max_examples=150)
def test_pieces_in_any_order(pieces: list[bytes]) -> None:
    """Nothing that looks like mail, in no order that mail has."""
    hold(b"".join(pieces))


def test_mutated_messages() -> None:
    """By the grammar."""
    for message in mutated(seed=2, count=300):
        hold(message.content)


def test_mangled_messages() -> None:
    """Without one; containers are mangled inside their encoding."""
    for message in mangled(seeds(), seed=2, count=300):
        hold(message)


@pytest.mark.parametrize("name", FAMILIES)
def test_time_grows_with_size_alone(name: str) -> None:
    """Twice the octets, at most two and a half times the time."""
    growth = measure(name, FAMILIES[name], OCTETS)
    assert growth.is_fine, growth


@pytest.mark.parametrize("name", FAMILIES)
def test_sixty_four_kilobytes_take_no_second(name: str) -> None:
    """Whatever the family."""
    hold(FAMILIES[name](60 << 10))


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("nested messages", 320_000),
        ("nested multiparts", 700_000),
        ("parts", 6_000_000),
        ("empty parts", 5_000_000),
        ("a long boundary", 70_000),
        ("RFC 2231 pieces", 16_000_000),
        ("file names", 800_000),
        ("folds", 3_000_000),
        ("header fields", 10_000_000),
        ("one endless header line", 10_000_000),
    ],
)
def test_what_is_monstrous_is_over_in_its_time(name: str, octets: int) -> None:
    """10,000 levels, a million parts, a boundary of 70 kB, a million pieces, 50,000 names: the CPU budget holds."""
    anatomy, seconds = opened(FAMILIES[name](octets))
    assert seconds < 12
    assert anatomy.artifacts


def test_a_fuzz_run_can_be_repeated() -> None:
    """The same seed, the same messages."""
    known = seeds()
    assert list(mangled(known, 7, 30)) == list(mangled(known, 7, 30))
    assert len(set(itertools.islice(mangled(known, 7, 30), 30))) > 25
