"""Boundary names of headers that are in doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.boundary_names import boundaries_in_doubt, standing_in
from mx.anatomy.containers.contract import whole

NAMED = [
    (b"boundary=foo", b"foo"),
    (b'boundary="foo bar"', b"foo bar"),
    (b"boundary=foo bar", b"foo bar"),
    (b"boundary=foo bar", b"foo"),
    (b'boundary=" foo"', b" foo"),
    (b'boundary=" foo"', b"foo"),
    (b'boundary="foo', b"foo"),
    (b"boundary='foo'", b"foo"),
    (b"boundary='foo'", b"'foo'"),
    (b'boundary="bar"foo', b"foo"),
    (b'boundary="bar"foo', b"bar"),
    (b'boundary="bar"foo', b'"bar"foo'),
    (b'boundary="fo\\o"', b"foo"),
    (b'boundary="fo\\o"', b"fo\\o"),
    (b"boundary=foo(comment)bar", b"foobar"),
    (b"boundary=(comment)foo", b"foo"),
    (b"boundary=foo(half", b"foo(half"),
    (b"boundary=foo;bar", b"foo;bar"),
    (b"boundary=foo,bar", b"foo"),
    (b"boundary=foo, boundary=bar", b"bar"),
    (b"boundary =foo", b"foo"),
    (b"boundary\0=foo", b"foo"),
    (b"boundary: foo", b"foo"),
    (b"BOUNDARY=foo", b"foo"),
    (b"boundary=\r\n foo", b"foo"),
    (b"boundary\r\n =foo", b"foo"),
    (b"boundary=foo\r\n bar", b"foobar"),
    (b"boundary=\0foo", b"foo"),
    (b"boundary=fo\0o", b"fo"),
    (b"boundary==?us-ascii?Q?fo=6F?=", b"foo"),
    (b"boundary==?us-ascii?Q?fo=6F?=", b"=?us-ascii?Q?fo=6F?="),
    (b"boundary*0=fo; boundary*1=o", b"foo"),
    (b"boundary*1=o; boundary*0=fo", b"foo"),
    (b"boundary*2=o; boundary*10=x; boundary*1=f", b"fox"),
    (b"boundary*0=fo; boundary*0=x; boundary*1=o", b"foo"),
    (b"boundary*=us-ascii''fo%6F", b"foo"),
    (b"boundary*0*=us-ascii'en'fo%6F; boundary*1=bar", b"foobar"),
    (b"boundary=" + b"x" * 80, b"x" * 70),
    (b'boundary=" =?us-ascii?Q?(fo)fo=6F?= "; x', b"foo"),
]


@pytest.mark.parametrize(("header", "name"), NAMED)
def test_finds_the_boundary_that_some_program_reads(header: bytes, name: bytes) -> None:
    """It is among the names, provided that the body has it."""
    body = b"\r\n--" + name + b"\r\nx\r\n--" + name + b"--\r\n"
    assert name in boundaries_in_doubt(b"Content-Type: multipart/mixed; " + header + b"\r\nX: y\r\n", whole(body))


@pytest.mark.parametrize("header", [b'boundary=""', b"boundary=", b"boundary=;", b'boundary="', b"boundary=(all)"])
def test_a_boundary_may_be_empty(header: bytes) -> None:
    """Lines of two hyphens alone are boundary lines then."""
    assert b"" in boundaries_in_doubt(header + b"\r\n", whole(b"--\r\nx\r\n----\r\n"))


def test_only_what_the_body_has_counts() -> None:
    """Longest and shortest at one place are both found; what never stands behind hyphens is left out."""
    assert standing_in(whole(b"\r\n--foobar\r\n-----x\r\n"), {b"foo", b"foobar", b"x", b"---x", b"none"}) == [
        b"foobar",
        b"foo",
        b"---x",
        b"x",
    ]


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_any_octets_will_do(header: bytes, body: bytes) -> None:
    """Never raises."""
    boundaries_in_doubt(b"boundary=" + header, whole(body))
