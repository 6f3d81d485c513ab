"""The headers of parts that one look proves to be plain: it says what the whole reading says, or nothing."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mx.anatomy.headers import read_header
from mx.anatomy.plain_parts import read_plain_part
from mx.anatomy.views import View, read_views

PLAIN = [
    (b"\r\n", View("", None, "", b"", "")),
    (b"Content-Type: Text/Plain; charset=UTF-8\r\n\r\n", View("text/plain", None, "UTF-8", b"", "")),
    (
        b'Content-Type: text/html;\r\n\tcharset="us-ascii"; format=flowed;\r\nContent-Transfer-Encoding: 7BIT \r\n\r\n',
        View("text/html", None, "us-ascii", b"7bit", ""),
    ),
    (
        b'Content-Type: application/pdf;\r\n name="a b.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment;\r\n filename="a b.pdf"; size=12\r\nContent-ID: <a@b>\r\n\r\n',
        View("application/pdf", None, "", b"base64", "a b.pdf"),
    ),
    (b'Content-Type: multipart/mixed; boundary="a_b"\r\n\r\n', View("multipart/mixed", b"a_b", "", b"", "")),
]


@pytest.mark.parametrize(("header", "view"), PLAIN)
def test_plain_parts_are_read_at_one_look(header: bytes, view: View) -> None:
    """What mail programs write is recognised, in the middle of a message too."""
    octets = b"before\r\n" + header + b"body\r\n"
    assert read_plain_part(octets, 8, len(octets)) == (view, 8 + len(header))
    assert read_plain_part(octets, 8, 7 + len(header)) is None


NOT_PLAIN = [
    b"Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n",
    b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    b"Content-Disposition: inline\r\nContent-Disposition: inline\r\n\r\n",
    b"Content-Type: a/b; charset=x; charset=y\r\n\r\n",
    b'Content-Type: a/b; name="x"; name="y"\r\n\r\n',
    b'Content-Disposition: inline; filename="x"; filename="y"\r\n\r\n',
    b'Content-Type: a/b; name="x"\r\nContent-Disposition: inline; filename="X"\r\n\r\n',
    b'Content-Disposition: inline; filename="content-type"\r\n\r\n',
    b'Content-Type: a/b; name="boundary"\r\n\r\n',
    b'Content-Type: multipart/mixed; boundary="a b"\r\n\r\n',
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: a/b\n\r\n",
    b"Content-Type : a/b\r\n\r\n",
    b"Content-Description: a\rb\r\n\r\n",
    b"Content-Description: a\0b\r\n\r\n",
    b"Content-Transfer-Encoding: x\r\n\r\n",
    b"Content-Transfer-Encoding:\r\n base64\r\n\r\n",
    b"Subject: x\r\n\r\n",
    b"no field\r\n\r\n",
    b"Content-Type: a/b\r\n",
]


@pytest.mark.parametrize("header", NOT_PLAIN)
def test_anything_else_is_left_to_the_whole_reading(header: bytes) -> None:
    """What is written twice, in another way, or with something odd in it."""
    assert read_plain_part(header, 0, len(header)) is None


NAMES = ("a.pdf", "A.pdf", "a b", " a", "a.", "boundary", "content-t", "x;name=y", "ä", 'a"b', "=?utf-8?q?a?=", "")
VALUES = st.one_of(
    st.sampled_from(["text/plain", "a/b", "multipart/mixed", "multipart/x;boundary=1", "message/rfc822", "inline"]),
    st.sampled_from(["attachment", "base64", "7BIT", "x-uue", "quoted-printable ", "", " ", "<a@b>", "boundary"]),
)
NAME = st.sampled_from(NAMES)
PARAMETERS = st.one_of(
    st.builds('name="{}"'.format, NAME),
    st.builds('filename="{}"'.format, NAME),
    st.builds('FileName="{}"'.format, NAME),
    st.builds("filename={}".format, NAME),
    st.builds('boundary="{}"'.format, NAME),
    st.sampled_from(["charset=utf-8", 'charset="x', "charset='y'", "format=flowed", "size=1", "name*0=a", "", "odd"]),
)
FIELD_NAMES = st.sampled_from(
    ["Content-Type", "content-type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "Subject",
     "Content-Description", "MIME-Version", "X-Attachment-Id", "Content-Typ", "Content-Type "]
)  # fmt: skip
SEPARATORS = st.sampled_from(
    [";", "; ", ";\r\n\t", ";\r\n ", " ;", ";\n ", ";\r\n\r\n ", ";\r", ";\0", ",", ";\r\n  \t"]
)
ENDS = st.sampled_from(["\r\n", "\r\n", "\r\n", "\r\n", ";\r\n", "\n", " \r\n", "\r\n \r\n", "\r"])


@st.composite
def fields(draw: st.DrawFn) -> str:
    """One field as it is written, or nearly so."""
    parameters = draw(st.lists(st.builds("{}{}".format, SEPARATORS, PARAMETERS), max_size=3))
    return (
        f"{draw(FIELD_NAMES)}:{draw(st.sampled_from([' ', '', chr(9)]))}{draw(VALUES)}{''.join(parameters)}{draw(ENDS)}"
    )


HEADERS = st.lists(fields(), max_size=4).map(lambda written: "".join((*written, "\r\n")).encode())


@given(HEADERS)
@settings(max_examples=500)
@example(b'Content-Disposition: attachment\r\nContent-Type: a/b; name="a.pdf"\r\n\r\n')
@example(b'Content-Type: a/b; charset="x\r\n\r\n')
def test_it_says_what_the_whole_reading_says(header: bytes) -> None:
    """One view, the same, nothing odd, and the body at the same place, wherever it says anything."""
    octets = header + b"--1\r\n--1\r\n--boundary\r\n"
    plain = read_plain_part(octets, 0, len(octets))
    if plain is None:
        return
    whole = read_header(octets, 0, len(octets))
    views, oddities = read_views(whole, octets, 0, len(octets), b"")
    assert (views, oddities, whole.oddities, whole.other_bodies) == ([plain[0]], [], (), ())
    assert whole.body == plain[1]
