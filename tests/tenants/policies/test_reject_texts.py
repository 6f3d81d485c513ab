"""A tenant's own words: how they are given, which of them a sender gets, and what ASCII makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.policies.policy import Policy, PolicyError, entries_of, parse_policy
from tenants.policies.reject_texts import MOST_OCTETS, RejectText, as_said, read_reject_texts, text_for

TEXTS = read_reject_texts(["en=Not here", "de-CH=Grüezi nöd", "el=Όχι εδώ", "fr=Pas ça"])


def test_texts_are_read_one_a_line_or_as_a_list() -> None:
    """Blanks are tidied; the language is in lower case; the written form reads back."""
    read = read_reject_texts(" de-AT = Solche  Dateien\tnicht \n\nen=No=no\n")
    assert read == (RejectText("de-at", "Solche Dateien nicht"), RejectText("en", "No=no"))
    assert read_reject_texts([str(each) for each in read]) == read
    policy = parse_policy({"reject_texts": ["en=No"]})
    assert policy.reject_texts == (RejectText("en", "No"),) and entries_of(policy)["reject_texts"] == ["en=No"]
    assert Policy().reject_texts == ()


TOO_MANY = [f"a{letter}-{number}{number}=x" for letter in "abcdef" for number in "12345678"]


@pytest.mark.parametrize(
    "given_value",
    [
        "Not here",
        "=x",
        "en=",
        "english=x",
        "en=" + "x" * 201,
        "en=" + "語" * 190,
        "en=a\x1bb",
        ["en=a", "EN=b"],
        [3],
        5,
        TOO_MANY,
    ],
    ids=str,
)
def test_what_is_no_text_is_refused(given_value: object) -> None:
    """No language, no text, too long, not printable, twice the same language, too many."""
    with pytest.raises(PolicyError, match="reject_texts"):
        parse_policy({"reject_texts": given_value})


@pytest.mark.parametrize(
    ("languages", "utf8", "text"),
    [
        (["de-ch"], True, "Grüezi nöd"),
        (["de-ch"], False, "Grueezi noed"),
        (["de-at", "en"], False, "Grueezi noed"),
        (["fr"], False, "Pas ca"),
        (["el"], True, "Όχι εδώ"),
        (["el", "fr"], False, "Pas ca"),
        (["el"], False, "Not here"),
        (["ja", "EN-gb"], False, "Not here"),
        ([], False, "Not here"),
    ],
)
def test_the_first_language_that_fits_and_can_be_said(languages: list[str], utf8: bool, text: str) -> None:
    """Exactly, or nearly; what no text is in gets the first."""
    assert text_for(TEXTS, languages, allows_utf8=utf8) == text


def test_a_tenant_whose_words_cannot_be_said_has_none() -> None:
    """Question marks tell nobody anything."""
    assert text_for(read_reject_texts("ja=いいえ"), ["ja"], allows_utf8=False) is None
    assert text_for(read_reject_texts("ja=いいえ"), ["en"], allows_utf8=True) == "いいえ"


@given(st.text(max_size=200))
def test_what_is_said_in_ascii_is_ascii(text: str) -> None:
    """Whatever was given; and it fits a reply line."""
    said = as_said(text, allows_utf8=False)
    assert said is None or (said.isascii() and (len(said) <= MOST_OCTETS or said == text))
