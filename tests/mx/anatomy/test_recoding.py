"""Texts of other charsets as UTF-8."""

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.recoding import evident_charset, recoded

TEXT = "<html>a text, and gr\u00fcn</html>"


@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "utf-16be", "utf-32", "utf-7", "ibm500", "CP037"])
def test_recodes_what_is_not_transparent(charset: str) -> None:
    """The text comes out as UTF-8, without a byte order mark."""
    text = recoded(whole(TEXT.encode(charset)), charset, Budget(lambda: 0.0))
    assert text is not None
    assert text.raw == TEXT.encode()


@pytest.mark.parametrize("charset", ["", "utf-8", "iso-8859-1", "shift_jis", "unknown"])
def test_leaves_ascii_where_it_is(charset: str) -> None:
    """Patterns see those texts as they are."""
    assert recoded(whole(b"abc"), charset, Budget(lambda: 0.0)) is None


@pytest.mark.parametrize(
    ("octets", "charset"),
    [
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16le"),
        (TEXT.encode("utf-16-be"), "utf-16be"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("utf-32-le"), "utf-32le"),
        (TEXT.encode("utf-32-be"), "utf-32be"),
        (b"+ADw-html+AD4-", "utf-7"),
    ],
)
def test_knows_charsets_by_evidence(octets: bytes, charset: str) -> None:
    """By the mark, or by where the NULs stand."""
    assert evident_charset(whole(octets)) == charset
