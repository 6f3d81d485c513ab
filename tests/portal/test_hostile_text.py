"""Text from strangers is shown without anything in it that hides, turns or piles up."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.hostile_text import file_name, one_line, several_lines

TURNING_OR_HIDDEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad"


@pytest.mark.parametrize("character", [*TURNING_OR_HIDDEN, *"\x00\x1b\x07\x7f\x9b\ud800\U000e0041"])
def test_a_character_that_hides_or_turns_is_replaced(character: str) -> None:
    """It is seen as U+FFFD in each of the three forms."""
    for shown in (one_line(f"a{character}b"), file_name(f"a{character}b"), several_lines(f"a{character}b")):
        assert shown == "a\ufffdb"


@pytest.mark.parametrize(
    "text",
    ["Rechnung für März", "חשבונית", "فاتورة", "見積書", "สวัสดีที่นี่", "हिन्दी क्षत्रिय", "👩‍👩‍👧 family", "می‌خواهم"],
)
def test_ordinary_text_of_any_script_stays_as_it_is(text: str) -> None:
    """Joiners and single marks belong to scripts and stay."""
    assert one_line(text) == text


def test_a_stack_of_marks_is_cut() -> None:
    """A letter keeps a few marks, not the hundred that would cover its neighbours."""
    shown = one_line("z" + "\u0336" * 100 + "a")
    assert shown == "z" + "\u0336" * 4 + "a"


def test_a_line_stays_one_line_and_within_its_limit() -> None:
    """Line breaks become spaces; what is too long ends in an ellipsis."""
    assert one_line("a\r\n\tb\u2028c") == "a b c"
    assert one_line("x" * 10_000, 50) == "x" * 49 + "…"
    assert one_line("x" * 50, 50) == "x" * 50


def test_a_long_file_name_keeps_its_extension() -> None:
    """The end says what would run."""
    shown = file_name("invoice" * 1000 + ".pdf.exe", 40)
    assert len(shown) == 40
    assert shown.startswith("invoice")
    assert shown.endswith(".pdf.exe")


def test_a_preview_keeps_its_line_breaks() -> None:
    """All line ends become line feeds; tabs stay."""
    assert several_lines("a\r\nb\rc\n\td\u2029e") == "a\nb\nc\n\td\ne"


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_can_be_sent_as_utf8(text: str) -> None:
    """Whatever a stranger wrote, the page encodes, and holds neither controls nor turning characters."""
    for shown in (one_line(text), file_name(text), several_lines(text)):
        shown.encode("utf-8")
        assert not set(shown) & set(TURNING_OR_HIDDEN)
        assert all(unicodedata.category(character) != "Cc" or character in "\n\t" for character in shown)
