"""Header fields by offsets."""

import email.parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.headers import read_header, read_parameters, text_of

ENDS = [
    (b"A: b\r\n\r\nbody", 6, 8),
    (b"A: b\n\nbody", 5, 6),
    (b"A: b\r\n\nbody", 6, 7),
    (b"\r\nbody", 0, 2),
    (b"\nbody", 0, 1),
    (b"A: b\r\n", 6, 6),
    (b"", 0, 0),
    (b"body without header", 0, 0),
]


@pytest.mark.parametrize(("octets", "end", "body"), ENDS)
def test_knows_where_header_and_body_meet(octets: bytes, end: int, body: int) -> None:
    """The first empty line, of either line end, ends the header; what begins without a field is a body."""
    header = read_header(octets, 0, len(octets))
    assert (header.end, header.body) == (end, body)


def test_reads_within_its_stretch_alone() -> None:
    """Neither the octets before nor those after the stretch count."""
    octets = b"X: no\r\n\r\nA: b\r\n\r\nbody"
    header = read_header(octets, 9, 15)
    assert header.fields == ((b"A", b"b"),)


def test_unfolds_and_keeps_order() -> None:
    """Continuations join their field; the white space stays."""
    header = read_header(b"A: one\r\n two\r\n\tthree\r\nB:x\r\na: again\r\n\r\n", 0, 40)
    assert [name for name, _ in header.fields] == [b"A", b"B", b"a"]
    assert header.values(b"b") == [b"x"]
    assert header.values(b"a") == [b"one two\tthree", b"again"]


ODDITIES = [
    (b"A: b\r\nno field\r\nC: d\r\n\r\n", ["header-malformed"]),
    (b"A : b\r\n\r\n", ["header-name-whitespace"]),
    (b"A: \0\r\n\r\n", ["header-nul"]),
    (b"A: b\rC: d\r\n\r\n", ["bare-cr-in-header"]),
    (b"A: b\nC: d\r\n\r\n", ["bare-lf"]),
    (b"A: b\nC: d\n\n", []),
    (b"From a@b Mon\r\nA: b\r\n\r\n", []),
]


@pytest.mark.parametrize(("octets", "names"), ODDITIES)
def test_names_what_is_odd(octets: bytes, names: list[str]) -> None:
    """Each oddity once; a file with line feeds alone and an mbox line are not odd."""
    assert [name.value for name in read_header(octets, 0, len(octets)).oddities] == names


def test_a_malformed_line_may_begin_the_body() -> None:
    """The place is given for programs that stop there."""
    octets = b"A: b\r\njunk\r\nC: d\r\n\r\nbody"
    assert read_header(octets, 0, len(octets)).other_bodies == (6,)


def test_a_bare_cr_may_end_the_header() -> None:
    """A line that is broken only for those who see a line there, and a blank line of theirs."""
    octets = b"A: b\rjunk\r\nC: d\r\n\r\nbody"
    assert read_header(octets, 0, len(octets)).other_bodies == (5,)
    octets = b"A: b\r\rbody\r\n\r\nrest"
    assert read_header(octets, 0, len(octets)).other_bodies == (6,)


PARAMETERS = [
    (b"Text/Plain", b"text/plain", []),
    (b"text/plain; charset=utf-8", b"text/plain", [(b"charset", b"utf-8")]),
    (b'a/b; Name="x; y=z"; q=1', b"a/b", [(b"name", b"x; y=z"), (b"q", b"1")]),
    (b'a/b; name="a\\"b\\\\c"', b"a/b", [(b"name", b'a"b\\c')]),
    (b'a/b; name="never closed', b"a/b", [(b"name", b"never closed")]),
    (b"a/b; name = spaced ;x=y", b"a/b", [(b"name", b"spaced"), (b"x", b"y")]),
    (b"a/b;;;x=y;z", b"a/b", [(b"x", b"y")]),
    (b"a/b; x=1; x=2", b"a/b", [(b"x", b"1"), (b"x", b"2")]),
    (b"", b"", []),
]


@pytest.mark.parametrize(("value", "first", "parameters"), PARAMETERS)
def test_reads_parameters(value: bytes, first: bytes, parameters: list[tuple[bytes, bytes]]) -> None:
    """Quoted or not, closed or not, given twice or once."""
    assert read_parameters(value) == (first, parameters)


TEXTS = [
    (b"=?utf-8?q?gr=C3=BCn_x?=", "grün x"),
    (b"=?UTF-8*de?B?w7w?=", "ü"),
    (b"=?utf-8?q?a?=  =?utf-8?q?b?=", "ab"),
    (b"a =?utf-8?q?b?= c", "a b c"),
    (b"=?bogus?q?b?=", "b"),
    (b"=?utf-8?x?b?=", "=?utf-8?x?b?="),
    (b"a\x00\x1bb", "ab"),
    ("a\u202eb".encode(), "ab"),
    (b"a" * 100, "a" * 20),
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_text_for_people(value: bytes, text: str) -> None:
    """Encoded words decoded; no controls, no overrides of direction; bounded."""
    assert text_of(value, 20) == text


@given(st.binary(max_size=200))
def test_any_octets_have_a_header(octets: bytes) -> None:
    """Never raises; the places are in order."""
    header = read_header(octets, 0, len(octets))
    assert 0 <= header.end <= header.body <= len(octets)
    for _, value in header.fields:
        read_parameters(value)
        text_of(value, 50)


NAMES = st.text("abcdefghijXYZ-0", min_size=1, max_size=10)
VALUES = st.text('abc ;="<>@.', max_size=30)


@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6))
def test_agrees_with_the_email_package_on_well_formed_headers(fields: list[tuple[str, str]]) -> None:
    """Names and values are those that another parser reads."""
    octets = "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\n"
    theirs = email.parser.BytesHeaderParser().parsebytes(octets).items()
    ours = read_header(octets, 0, len(octets)).fields
    assert [(name.decode(), value.decode().strip()) for name, value in ours] == [(n, v.strip()) for n, v in theirs]
