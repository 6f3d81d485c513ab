"""The ways to read what a part's header says."""

import pytest

from mx.anatomy.headers import read_header
from mx.anatomy.views import MOST_VIEWS, View, read_views

BODY = b"--1\r\n--2\r\n--1 \r\n"


def views(header: bytes, default: bytes = b"") -> tuple[list[View], list[str]]:
    octets = header + b"\r\n" + BODY
    found, oddities = read_views(read_header(octets, 0, len(octets)), octets, 0, len(octets), default)
    return found, [name.value for name in oddities]


def test_a_plain_header_has_one_view() -> None:
    """Type, boundary, charset, encoding and name, in one reading."""
    found, oddities = views(
        b'Content-Type: Multipart/Mixed; boundary="a b"; charset=UTF-8\r\n'
        b"Content-Transfer-Encoding: Base64\r\nContent-Disposition: attachment; filename=x.zip\r\n"
    )
    assert found == [View("multipart/mixed", b"a b", "UTF-8", b"base64", "x.zip")]
    assert oddities == []


def test_no_header_has_one_view_too() -> None:
    """Nothing is named: the default type counts."""
    assert views(b"")[0] == [View("", None, "", b"", "")]
    assert views(b"", b"message/rfc822")[0][0].media_type == "message/rfc822"


DOUBTS = [
    (b"Content-Type: a/b\r\nContent-Type: c/d\r\n", "duplicate-content-type", ["a/b", "c/d"]),
    (b"Content-Type: a/b\rContent-Type: c/d\r\n", None, ["", "a/b", "c/d"]),
    (b"Content-Type: multipart/x; boundary=1; boundary=2\r\n", "duplicate-parameter", ["multipart/x"] * 2),
    (b'Content-Type: multipart/x; boundary="1 "\r\n', "boundary-whitespace", ["multipart/x"] * 2),
    (b"Content-Type: <script>\r\n", None, [""]),
    (b"Content-Type: a/b c\r\n", None, ["a/b"]),
]


@pytest.mark.parametrize(("header", "oddity", "types"), DOUBTS)
def test_each_doubt_makes_views(header: bytes, oddity: str | None, types: list[str]) -> None:
    """The views cover what different programs read; the oddity is named."""
    found, oddities = views(header)
    assert {view.media_type for view in found} <= set(types)
    assert types[-1] in [view.media_type for view in found]
    assert oddity is None or oddity in oddities


def test_duplicates_multiply_to_the_limit_and_no_further() -> None:
    """Views stop at a number that no budget pays; equal ones count once."""
    many = b"".join(
        b"Content-Type: a/b; charset=c%d\r\nContent-Transfer-Encoding: e%d\r\n" % (n, n) for n in range(900)
    )
    assert len(views(many)[0]) == MOST_VIEWS
    same = b"".join(b"Content-Type: a/b;%s x=1\r\n" % (b" " * n) for n in range(900)) + b"Content-Type: last/one\r\n"
    assert [view.media_type for view in views(same)[0]] == ["a/b", "last/one"]


NAMES = [
    (b'Content-Disposition: attachment; filename="=?utf-8?q?gr=C3=BCn?=.exe"', "grün.exe"),
    (b"Content-Disposition: attachment; filename*=utf-8''gr%C3%BCn.exe", "grün.exe"),
    (b"Content-Disposition: attachment; filename*0=inv; filename*1=oice.exe", "invoice.exe"),
    (b"Content-Disposition: attachment; filename*0*=utf-8''%41; filename*1=%41", "A%41"),
    (b"Content-Type: a/b; name=x.exe", "x.exe"),
    (b"Content-Disposition: attachment\r\nContent-Type: a/b; name=x.exe", "x.exe"),
    (b"Content-Disposition: attachment; filename*=x", "x"),
    (b"Content-Type: a/b", ""),
]


@pytest.mark.parametrize(("header", "name"), NAMES)
def test_reads_file_names(header: bytes, name: str) -> None:
    """Encoded words, RFC 2231 charsets and pieces, and the older parameter."""
    assert views(header + b"\r\n")[0][0].file_name == name
