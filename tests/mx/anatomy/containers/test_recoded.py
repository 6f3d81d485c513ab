"""Texts whose charset is evident."""

from mx.anatomy.containers.recoded import open_recoded
from tests.contracts.stepping import contents_of


def test_gives_the_text_as_utf_8() -> None:
    """By the mark, by the NULs, by UTF-7's sequences."""
    assert contents_of(open_recoded, "<a>x</a>".encode("utf-16")) == [b"<a>x</a>"]
    assert contents_of(open_recoded, "<a>text</a>".encode("utf-16-be")) == [b"<a>text</a>"]
    assert contents_of(open_recoded, b"+ADw-a+AD4-") == [b"<a>"]


def test_a_text_that_stays_the_same_is_no_member() -> None:
    """It is known already."""
    assert contents_of(open_recoded, b"plain") == []


def test_nuls_that_have_got_into_a_text_are_left_out() -> None:
    """Some programs do so."""
    assert contents_of(open_recoded, b"be\0gin 644 a words words words") == [b"begin 644 a words words words"]
