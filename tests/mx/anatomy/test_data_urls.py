"""Files within `data:` URLs."""

import base64
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.data_urls import data_urls

OCTETS = b"any octets \xfb\xff, more than a few of them"
CODED = base64.b64encode(OCTETS)

READ = {
    "link": b'<a href="data:application/zip;base64,' + CODED + b'">x</a>',
    "single quotes": b"<a href='data:application/zip;base64," + CODED + b"'>",
    "no quotes": b"<a href=data:application/zip;base64," + CODED + b">",
    "no quotes and more": b"<a href=data:application/zip;base64," + CODED + b" title=abcdefgh>",
    "style": b"p { background: url(data:application/zip;base64," + CODED + b") }",
    "upper case": b'"DATA:APPLICATION/ZIP;BASE64,' + CODED + b'"',
    "white space": b'" data : application/zip ;base64,\r\n' + CODED[:20] + b"\r\n  " + CODED[20:] + b'"',
    "percent signs": b'"data:application/zip,' + quote_from_bytes(OCTETS).encode() + b'"',
    "both": b'"data:application/zip;base64,' + CODED.replace(b"A", b"%41") + b'"',
    "parameters": b'"data:application/zip;charset=utf-8;base64,' + CODED + b'"',
    "no end": b'"data:application/zip;base64,' + CODED,
}


@pytest.mark.parametrize("case", READ)
def test_reads_urls(case: str) -> None:
    """The declared type, and the content in one of the readings."""
    assert ("application/zip", OCTETS) in list(data_urls(READ[case]))


def test_a_type_may_be_missing() -> None:
    """Browsers take it for text."""
    assert ("", OCTETS) in list(data_urls(b'"data:;base64,' + CODED + b'"'))


@pytest.mark.parametrize("text", [b"the data: a, b and c", b"data:", b"data:x,y", b'"data:text/plain,short"'])
def test_words_are_no_urls(text: bytes) -> None:
    """A few octets are no file."""
    assert list(data_urls(text)) == []


@given(st.lists(st.sampled_from([b"data:", b"base64,", b";", b'"', b" ", b"QUJD", b"%41"]), max_size=40).map(b"".join))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    list(data_urls(text))
