"""The notice in place of a part: every language is there, and no name can do harm in it."""

import email
from email import policy

import pytest

from mx.disposition.replacement_notice import MOST_NAMED, NoticePart, notice_part, words_for

LANGUAGES = ["en", "de", "fr", "es", "it", "pt-BR", "ru", "ja", "ko", "zh-Hans", "zh-Hant"]


def read(part: NoticePart) -> str:
    """The text, as a mail program shows it."""
    parsed = email.message_from_bytes(part.header + b"\r\n" + part.body, policy=policy.default)
    assert parsed.get_content_type() == "text/plain" and not parsed.defects
    text = parsed.get_content()
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", ["infected", "prohibited", "unscannable"])
def test_each_language_says_what_why_and_where(language: str, reason: str) -> None:
    """Names and number stand in it as they are; the octets are 7-bit, the lines short."""
    part = notice_part(language, ["Rechnung ä.exe"], reason, "0abc")
    text = read(part)
    assert "Rechnung ä.exe" in text and "0abc" in text and words_for(language).removed in text
    assert part.body.isascii() and max(map(len, part.body.split(b"\r\n"))) <= 78 + 40


def test_no_two_languages_are_alike() -> None:
    """The three reasons differ as well."""
    assert len({words_for(language) for language in LANGUAGES}) == len(LANGUAGES)
    texts = {read(notice_part("en", ["a"], reason, "1")) for reason in ("infected", "prohibited", "encrypted")}
    assert len(texts) == 3


@pytest.mark.parametrize(
    ("tag", "same"),
    [
        ("de-AT", "de"),
        ("pt", "pt-BR"),
        ("zh", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("nl", "en"),
        ("", "en"),
    ],
)
def test_the_most_fitting_language_is_taken(tag: str, same: str) -> None:
    """English where there is none."""
    assert words_for(tag) is words_for(same)


def test_a_name_cannot_break_its_line_or_turn_it_round() -> None:
    """Line ends, controls and marks of direction are shown as what they are: not printable."""
    text = read(notice_part("en", ["a\r\nb\x1b[2J\u202egpj.exe", "x" * 999], "infected", "1"))
    assert "a\ufffd\ufffdb\ufffd[2J\ufffdgpj.exe" in text
    assert "x" * 100 in text and "x" * 101 not in text


def test_many_names_are_cut() -> None:
    """A message may have thousands of parts."""
    text = read(notice_part("en", [f"{number}.exe" for number in range(MOST_NAMED + 5)], "infected", "1"))
    assert text.count(".exe") == MOST_NAMED and "..." in text
