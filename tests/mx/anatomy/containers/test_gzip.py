"""Gzip files."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, whole
from mx.anatomy.containers.gzip import open_gzip
from tests.contracts.mail import gzipped


def steps(octets: bytes) -> list[Step]:
    return list(open_gzip(whole(octets), Budget(lambda: 0.0)))


def _with_name() -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile("in.txt", "wb", fileobj=file, mtime=0) as archive:
        archive.write(b"content")
    return file.getvalue()


def _with_all_fields() -> bytes:
    plain = gzipped(b"content")
    return plain[:3] + b"\x1e" + plain[4:10] + b"\3\0abc" + b"name\0" + b"note\0" + b"cc" + plain[10:]


@pytest.mark.parametrize(
    ("octets", "name", "content"),
    [
        (gzipped(b"content"), "content", b"content"),
        (_with_name(), "in.txt", b"content"),
        (_with_all_fields(), "name", b"content"),
        (gzipped(b"one") + gzipped(b"two"), "content", b"onetwo"),
        (gzipped(b""), "content", b""),
        (gzipped(b"content") + bytes(100), "content", b"content"),
        (gzipped(b"content")[:-8] + b"\0" * 8, "content", b"content"),
    ],
)
def test_opens(octets: bytes, name: str, content: bytes) -> None:
    """All members joined; neither padding nor a wrong checksum matters."""
    (member,) = steps(octets)
    assert isinstance(member, Member)
    assert (member.name, member.content.raw) == (name, content)


def test_what_follows_is_read_too() -> None:
    """Octets after the last member are an artifact of their own."""
    _, oddity, rest = steps(gzipped(b"content") + b"more")
    assert isinstance(oddity, Oddity)
    assert isinstance(rest, Member)
    assert rest.content.raw == b"more"


def test_a_break_after_some_content_is_an_obstacle() -> None:
    """The content so far, and a finding."""
    member, obstacle = steps(gzipped(bytes(range(256)) * 2000)[:-30])
    assert isinstance(member, Member)
    assert obstacle == Obstacle("broken-gzip")


def test_a_break_at_once_shows_what_the_library_keeps_back() -> None:
    """A small file whose stream breaks near its end."""
    packed = gzipped(b"content of a small file")
    member, obstacle = steps(packed[:-9] + b"\xff" * 9)
    assert isinstance(member, Member)
    assert b"content of a small" in member.content.raw
    assert obstacle == Obstacle("broken-gzip")


@given(st.binary(max_size=60))
def test_any_octets_give_steps(octets: bytes) -> None:
    """Never raises after the magic."""
    steps(b"\x1f\x8b\x08" + octets)


def test_zeros_between_members_are_passed_over() -> None:
    """As Python's own reader does; zeros at the end are nothing."""
    padded = gzipped(b"one") + bytes(700) + gzipped(b"two") + bytes(20)
    assert [step.content.raw for step in open_gzip(whole(padded), Budget(lambda: 0.0)) if isinstance(step, Member)] == [
        b"onetwo"
    ]
