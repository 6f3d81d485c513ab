"""Quoted-printable that nothing declares."""

from mx.anatomy.containers.quoted_block import open_quoted_block
from tests.contracts.stepping import contents_of


def test_decodes_the_text() -> None:
    """In every reading where it is not canonical."""
    assert contents_of(open_quoted_block, b"=41=42=\r\n=43") == [b"ABC"]
    assert b"ABC" in contents_of(open_quoted_block, b"=41=42=0x=43")


def test_a_text_without_codes_is_no_member() -> None:
    """It is known already."""
    assert contents_of(open_quoted_block, b"plain") == []
