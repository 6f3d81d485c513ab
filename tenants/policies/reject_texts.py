"""A tenant's own words for what its policy refuses, in the languages that it gives; and which a sender gets. Pure.

Comes in: entries such as `de=Wir nehmen solche Anhänge nicht an`; the languages that a sender probably reads, the most
probable first. Goes out: one text. Where none is in such a language the first text is it: its order is the tenant's.

A reply of SMTP is ASCII. Beyond that, only a transaction with SMTPUTF8 can carry it: in others, letters with marks go
without them (`ae` for `ä`, as people write it), and a text in letters of another script is passed over.

Standards: RFC 5321 section 4.2 and RFC 6531 (ASCII, unless SMTPUTF8); RFC 5646 (language tags).
Failure: ValueError with the end of a sentence, as all readers of policy entries (`entries.py`).
Limits: 30 texts of 200 characters; a reply line has 512 octets.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MOST_TEXTS, MOST_CHARACTERS, MOST_OCTETS = 30, 200, 400
_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "oe"}
    | {"Ø": "Oe", "å": "aa", "Å": "Aa", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "Oe"}
    | {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "€": "EUR"}
)


@dataclass(frozen=True, slots=True)
class RejectText:
    """One text."""

    language: str
    """In lower case."""
    text: str

    def __str__(self) -> str:
        return f"{self.language}={self.text}"


def read_reject_texts(given: object) -> tuple[RejectText, ...]:
    """Texts as a list, or one a line. Raises ValueError."""
    listed = given.splitlines() if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise ValueError("a list of texts is")
    texts = tuple(_read(each) for each in listed if each.strip())
    if len(texts) > MOST_TEXTS or len({each.language for each in texts}) < len(texts):
        raise ValueError(f"at most {MOST_TEXTS} texts are, each in another language")
    return texts


def text_for(texts: Sequence[RejectText], languages: Sequence[str], *, allows_utf8: bool) -> str | None:
    """What the sender gets; None where no text can be said in this transaction."""
    said = [(each.language, as_said(each.text, allows_utf8=allows_utf8)) for each in texts]
    possible = [(language, text) for language, text in said if text is not None]
    for wanted in languages:
        for fits in (_same, _alike):
            found = next((text for language, text in possible if fits(language, wanted.lower())), None)
            if found is not None:
                return found
    return possible[0][1] if possible else None


def as_said(text: str, *, allows_utf8: bool) -> str | None:
    """The text as a reply can carry it; None where ASCII cannot say it."""
    if allows_utf8 or text.isascii():
        return text
    marked = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    plain = "".join(letter for letter in marked if not unicodedata.combining(letter))
    return plain if plain.isascii() and len(plain) <= MOST_OCTETS else None


def _read(given: str) -> RejectText:
    tag, equals, text = given.strip().partition("=")
    if not equals or not _TAG.fullmatch(tag.strip()) or not text.strip():
        raise ValueError(f"{given[:60]!r} is no text; one looks like de=Solche Anhaenge nehmen wir nicht an")
    said = " ".join(text.split())
    if len(said) > MOST_CHARACTERS or len(said.encode("utf-8", "replace")) > MOST_OCTETS or not said.isprintable():
        raise ValueError(f"texts of one printable line of at most {MOST_CHARACTERS} characters are")
    return RejectText(tag.strip().lower(), said)


def _same(language: str, wanted: str) -> bool:
    return language == wanted


def _alike(language: str, wanted: str) -> bool:
    """`de-AT` is well served by `de`, and by `de-CH`."""
    return language.partition("-")[0] == wanted.partition("-")[0]
