"""Line ends made whole, however the content is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.esmtp.dot_stuffing import has_bare_line_ends
from mx.delivery.esmtp.line_ends import NormalisedContent
from tests.contracts.octets import Octets


def normalised(*pieces: bytes) -> bytes:
    """The content made whole."""
    return b"".join(NormalisedContent(Octets(*pieces)).chunks())


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"a\nb", b"a\r\nb"),
        (b"a\rb", b"a\r\nb"),
        (b"a\r\nb", b"a\r\nb"),
        (b"a\n\rb", b"a\r\n\r\nb"),
        (b"a\r\r\nb", b"a\r\n\r\nb"),
        (b"a\r\n\nb\r", b"a\r\n\r\nb\r\n"),
        (b"\n.\r\nMAIL", b"\r\n.\r\nMAIL"),
        (b"", b""),
    ],
)
def test_every_line_end_becomes_crlf(raw: bytes, whole: bytes) -> None:
    """Once."""
    assert normalised(raw) == whole


@given(st.lists(st.text(alphabet="\r\na.", max_size=6).map(str.encode), max_size=8))
def test_the_cuts_make_no_difference_and_nothing_bare_is_left(pieces: list[bytes]) -> None:
    """And what is whole stays as it is; the other octets are those that came."""
    result = normalised(*pieces)
    assert result == normalised(b"".join(pieces))
    assert not has_bare_line_ends(Octets(result))
    assert normalised(result) == result
    assert result.translate(None, b"\r\n") == b"".join(pieces).translate(None, b"\r\n")
