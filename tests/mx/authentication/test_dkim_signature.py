"""Tag lists and what stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.authentication.dkim_signature import BadKey, BadSignature, read_key, read_signature, read_tags

GOOD = b"DKIM-Signature: v=1; a=rsa-sha256; d=s.example; s=sel;\r\n\tc=relaxed; h=From : To; bh=YQ==; b=Y\r\n Q==; x=9"


def test_a_signature_is_read() -> None:
    """Folded, with white space, and a form for the header alone."""
    signature = read_signature(GOOD)
    assert (signature.domain, signature.selector, signature.signed) == ("s.example", "sel", (b"from", b"to"))
    assert (signature.is_header_relaxed, signature.body.is_relaxed) == (True, False)
    assert (signature.value, signature.body_hash, signature.expires_at) == (b"a", b"a", 9)
    assert signature.unsigned_field == GOOD.replace(b"b=Y\r\n Q==", b"b=")
    assert b"bh=YQ==" in signature.unsigned_field


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"h=From : To", b"h=To"),
        (b"s=sel;", b""),
        (b"d=s.example", b"d=s..example"),
        (b"d=s.example", b"d=s.example; i=@other.example"),
        (b"x=9", b"x=soon"),
        (b"x=9", b"x=9; x=9"),
        (b"bh=YQ==", b"bh=Y"),
        (b"c=relaxed", b"c=nowsp"),
    ],
)
def test_a_broken_one_is_refused(before: bytes, after: bytes) -> None:
    """Each rule of RFC 6376 section 3.5 that matters."""
    with pytest.raises(BadSignature):
        read_signature(GOOD.replace(before, after))


@given(st.binary(max_size=80) | st.text("v=1;abdshc p=\r\n\t:", max_size=80).map(str.encode))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    """Nothing else is raised."""
    for read, error in ((read_signature, BadSignature), (read_key, BadKey), (read_tags, ValueError)):
        try:
            read(octets)  # type: ignore[operator]
        except error:  # type: ignore[misc]
            continue
