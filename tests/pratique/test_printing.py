"""What commands write: JSON that programs read, tables that fit, text that a terminal cannot obey."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest

from pratique.printing import escaped, plain_value, print_facts, print_json, print_table, shown, word


class Colour(StrEnum):
    """An enumeration like those of the books."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Thing:
    """A value like those of the books."""

    name: str
    colour: Colour
    parts: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Invoice 7 für Zoë", "Invoice 7 für Zoë"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("fdp.\u202egpj.exe", "fdp.\\u202egpj.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("日本語", "日本語"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text: str, safe: str) -> None:
    """Letters of every script stay; what steers the terminal, or cannot be seen, does not."""
    assert escaped(text) == safe


@pytest.mark.parametrize(
    ("text", "one_word"), [("", "-"), ("a b", "a\\x20b"), ("a\u00a0b", "a\\xa0b"), ("<1@a.example>", "<1@a.example>")]
)
def test_a_word_has_no_spaces_and_is_never_empty(text: str, one_word: str) -> None:
    """Programs split lines at single spaces."""
    assert word(text) == one_word


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "-"),
        ("", "-"),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (Colour.RED, "red"),
        (("a", "b"), "a, b"),
        ((), "-"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "2026-01-02 03:04:05"),
    ],
)
def test_a_value_is_shown_in_a_cell(value: object, cell: str) -> None:
    """What is not there is a dash."""
    assert shown(value) == cell


def test_values_have_a_json_form() -> None:
    """Dataclasses become objects, times ISO text, enumerations their value."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert plain_value([Thing("x", Colour.RED, (1, 2))]) == [{"name": "x", "colour": "red", "parts": [1, 2]}]
    assert plain_value({"at": at, "took": timedelta(minutes=1), "file": Path("/a")}) == {
        "at": "2026-01-02T03:04:05Z",
        "took": 60.0,
        "file": "/a",
    }


def test_a_value_without_a_json_form_is_a_bug() -> None:
    """Octets have no JSON form: they are never printed by accident."""
    with pytest.raises(TypeError, match="bytes has no JSON form"):
        plain_value({"raw": b"x"})


def test_json_is_one_document_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """It survives any terminal and any locale, and hostile text cannot steer either."""
    print_json({"subject": "\x1b[2J é"})
    written = capsys.readouterr().out
    assert written.isascii()
    assert "\x1b" not in written
    assert json.loads(written) == {"subject": "\x1b[2J é"}


def test_a_piped_table_fits_80_columns_and_keeps_ids_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Long subjects fold, ids do not, and markup in a subject is only text."""
    identifier = "0123456789abcdefghijkl"
    print_table(["!id", "subject", "to"], [(identifier, "[red]word[/red] " * 20, "a@b.example")], "None.")
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert any(line.startswith(identifier) for line in lines)
    assert "[red]word[/red]" in "".join(lines)


def test_an_empty_table_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A person is told that there is nothing, instead of shown nothing."""
    print_table(["name"], [], "There are no tenants yet.")
    assert capsys.readouterr().out == "There are no tenants yet.\n"


def test_facts_stand_under_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each."""
    print_facts([("name", "acme"), ("language", None)])
    assert capsys.readouterr().out == "name:     acme\nlanguage: -\n"
