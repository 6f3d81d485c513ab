"""`pratique recipients`: lists that name their bad line, and what is shown."""

from pathlib import Path

import pytest

from pratique.commands.recipients import read_list
from tenants.refusals import Refusal
from tests.pratique.commands.conftest import Pratique


def listed(tmp_path: Path, text: str) -> Path:
    """A list with this text."""
    path = tmp_path / "people.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "local_parts"),
    [
        ("ann\nben@acme.example\n", ["ann", "ben"]),
        ("\ufeffEmail,Name\nann@ACME.example,Ann A\n\n", ["ann"]),
        ('"ann@acme.example","Ann, A"\r\nben,\r\n', ["ann", "ben"]),
    ],
)
def test_a_list_is_read(tmp_path: Path, text: str, local_parts: list[str]) -> None:
    """With and without a heading, further fields, the domain."""
    assert read_list(listed(tmp_path, text), "acme.example") == local_parts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ann\nben@other.example\n", "Line 2 of the list is not of acme.example"),
        ("ann b@acme.example\n", "Line 1 of the list is no address"),
        ("a\x00b\n", "Line 1 of the list is no address"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    """And nothing is changed."""
    with pytest.raises(Refusal, match=sentence):
        read_list(listed(tmp_path, text), "acme.example")


def test_octets_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """UTF-16 of a spreadsheet, say."""
    path = tmp_path / "people.csv"
    path.write_bytes("ann\n".encode("utf-16"))
    with pytest.raises(Refusal, match="cannot be read as text"):
        read_list(path, "acme.example")


def test_a_list_becomes_the_truth_and_is_shown(tmp_path: Path, pratique: Pratique) -> None:
    """Then the source can be changed again."""
    pratique.add_acme()
    said = pratique.do("recipients", "import", "acme.example", str(listed(tmp_path, "ann\nben\n")))
    assert said == "acme.example: 2 added, 0 removed, 0 kept.\n"
    shown = pratique.ask("recipients", "show", "acme.example")
    assert shown["source"] == "list"
    assert [each["address"] for each in shown["recipients"]] == ["ann@acme.example", "ben@acme.example"]
    assert "ann" in pratique.do("recipients", "show", "acme.example")
    pratique.do("recipients", "source", "acme.example", "accept-all")
    assert "accept-all" in pratique.do("recipients", "show", "acme.example")
    assert "empty" in pratique.refuse("recipients", "import", "acme.example", str(listed(tmp_path, "")))


def test_a_list_that_would_remove_too_many_is_told(tmp_path: Path, pratique: Pratique) -> None:
    """By the command, and from then on by `show`, until it is meant."""
    pratique.add_acme()
    many, few = listed(tmp_path, "ann\nben\n"), tmp_path / "few.csv"
    few.write_text("ann\n")
    pratique.do("recipients", "import", "acme.example", str(many))
    assert pratique.ask("recipients", "show", "acme.example")["refused_list"] is None
    assert "would remove 1 of 2" in pratique.refuse("recipients", "import", "acme.example", str(few))
    told = pratique.ask("recipients", "show", "acme.example")
    assert "would remove 1 of 2" in told["refused_list"]["reason"] and len(told["recipients"]) == 2
    assert "(command line) was not applied: The list would" in pratique.do("recipients", "show", "acme.example")
    pratique.do("recipients", "import", "acme.example", str(few), "--remove-many")
    assert "not applied" not in pratique.do("recipients", "show", "acme.example")
