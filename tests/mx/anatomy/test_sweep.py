"""Where parts may lie in octets whose structure is in doubt."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import whole
from mx.anatomy.sweep import has_fields, sweep

HEADER = b"Content-Type: a/b\r\nContent-Transfer-Encoding: base64"
BODY = b"QUJDREVGR0hJSktM"


def bodies(octets: bytes, boundaries: tuple[bytes, ...] = ()) -> list[bytes]:
    return [segment.body.raw for segment in sweep(whole(octets), boundaries)]


FOUND = {
    "declared": b"--b\r\n" + HEADER + b"\r\n\r\n" + BODY + b"\r\n--b--",
    "no boundary at all": b"text\r\n" + HEADER + b"\r\n\r\n" + BODY,
    "CR alone": b"text\r--b\r" + HEADER.replace(b"\r\n", b"\r") + b"\r\r" + BODY + b"\r--b--",
    "white space before the boundary": b" --b\r\n" + HEADER + b"\r\n\r\n" + BODY + b"\r\n --b--",
    "no blank line": b"--b\r\n" + HEADER + b"\r\n" + BODY + b"\r\n--b--",
    "junk for a blank line": b"--b\r\n" + HEADER + b"\r\nc\n" + BODY + b"\r\n--b--",
    "LF CR": b"--b\r\n" + HEADER + b"\n\r" + BODY + b"\r\n--b--",
    "white space for a blank line": b"--b\r\n" + HEADER + b"\r\n \t\r\n" + BODY + b"\r\n--b--",
    "a field after the blank line": b"--b\r\nX: y\r\n\r\n" + HEADER + b"\r\n\r\n" + BODY + b"\r\n--b--",
    "text before the field": b"--b\r\n\r\nA sentence.\r\n" + HEADER + b"\r\n\r\n" + BODY + b"\r\n--b--",
    "no field that is known": b"--b\r\n: a/b\r\n\r\n" + BODY + b"\r\n--b--",
    "no header": b"x\r\n--b--\r\n" + BODY + b"\r\n",
    "another boundary line within": b"--b\r\n" + HEADER + b"\r\n\r\n" + BODY + b"\r\n--x\r\n",
}


@pytest.mark.parametrize("case", FOUND)
def test_finds_the_body(case: str) -> None:
    """One of the bodies is exactly the part's."""
    assert BODY in bodies(FOUND[case], (b"b",))


def test_a_body_goes_on_behind_lines_that_only_look_like_boundaries() -> None:
    """Both are given: up to the line, and up to the next that surely is one."""
    octets = b"--b\r\n" + HEADER + b"\r\n\r\nABCD\r\n--x\r\nEFGH\r\n--b--"
    assert {b"ABCD", b"ABCD\r\n--x\r\nEFGH"} <= set(bodies(octets, (b"b",)))


def test_the_header_comes_with_the_body() -> None:
    """So that names can be read from it."""
    headers = [segment.header.raw for segment in sweep(whole(FOUND["declared"]), (b"b",))]
    assert any(HEADER in header for header in headers)


def test_knows_texts_that_speak_of_parts() -> None:
    """A field's name in whatever case."""
    assert has_fields(b"x\r\nCONTENT-TYPE: a/b\r\n")
    assert not has_fields(b"the content of this is text")


HOSTILE = {
    "boundary lines": b"--b\r\n",
    "fields": b"Content-Type:",
    "fields and blank lines": b"Content-Type: x\r\n\r\n",
    "blank lines": b"\r\n",
    "hyphens": b"-",
    "half boundaries": b"\r\n --",
    "spaces behind line ends": b"\r\n" + b" " * 50,
    "far fields": b"content-type:" + b"x" * 1300,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_time_and_output_are_linear(case: str) -> None:
    """64 KB cost well under a second, and each octet lies in a handful of bodies."""
    octets = HOSTILE[case] * ((1 << 16) // len(HOSTILE[case]))
    began = time.process_time()
    total = sum(segment.body.octets for segment in sweep(whole(octets), (b"b",)))
    assert time.process_time() - began < 1
    assert total <= 40 * len(octets)


@given(st.lists(st.sampled_from([b"--b", b"--", b"\r\n", b"\n", b"\r", b" ", b"content-type:", b"x"]), max_size=40))
def test_bodies_lie_within(pieces: list[bytes]) -> None:
    """Never raises; nothing is empty."""
    octets = b"".join(pieces)
    for segment in sweep(whole(octets), (b"b",)):
        assert 0 <= segment.body.start < segment.body.end <= len(octets)
