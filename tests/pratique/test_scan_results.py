"""What `pratique scan` says; the command as a whole is in `commands/test_scan.py`."""

import json
from pathlib import Path

import click
import pytest

from mx.examination import Examination
from mx.verdict import Verdict, VerdictKind
from pratique.scan_results import NOT_CLEAN, UNREADABLE, WORDS, read_policy, show_results

CLEAN = Examination(Verdict(VerdictKind.CLEAN), (), b"{}", "", "", (), 0.25)
FILE = Path("a.eml")


def test_every_verdict_has_a_word_of_the_contract() -> None:
    """An encrypted message is *encrypted* too; the names of its findings tell it from an archive."""
    words = {"clean", "infected", "suspicious", "prohibited", "encrypted", "unscannable", "spam", "phishing"}
    assert {WORDS.get(kind, kind.value) for kind in VerdictKind} == words


def test_one_file_is_one_document_and_several_are_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Also when one of several cannot be read; that alone gives the exit status."""
    assert show_results([FILE], [CLEAN], None, as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["file"], document["verdict"], document["seconds"]) == ("a.eml", "clean", 0.25)
    assert show_results([FILE, FILE], [CLEAN, OSError(2, "No such file")], None, as_json=True) == UNREADABLE
    written = capsys.readouterr()
    assert [each["verdict"] for each in json.loads(written.out)] == ["clean"]
    assert written.err == "a.eml: No such file.\n"


def test_what_is_not_clean_is_10(capsys: pytest.CaptureFixture[str]) -> None:
    """In lines for people, when no document is asked for."""
    found = Examination(Verdict(VerdictKind.ENCRYPTED_MESSAGE), (), b"{}", "", "", (), 0.0)
    assert show_results([FILE, FILE], [CLEAN, found], None, as_json=False) == NOT_CLEAN
    assert capsys.readouterr().out == "a.eml: clean\na.eml: encrypted\n"


def test_a_policy_that_is_none_is_one_line(tmp_path: Path) -> None:
    """It says what is wrong with it."""
    file = tmp_path / "policy.json"
    file.write_text('{"infected": "shrug"}')
    with pytest.raises(click.ClickException, match="infected"):
        read_policy(file)
