"""`pratique scan`, each time the whole command, because a reactor runs once in a process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pratique.demo import EICAR
from tests.contracts.mail import attached, message, nested, text_part

PLAIN = message(text_part())


def scan(folder: Path, *words: str, clamd: str = "none") -> "subprocess.CompletedProcess[str]":
    """The command in this folder."""
    return subprocess.run(
        [sys.executable, "-m", "pratique", "scan", *words],
        cwd=folder,
        env=os.environ | {"PRATIQUE_CLAMD": clamd, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A folder with a clean message, EICAR attached, and EICAR in a zip in a zip."""
    eicar = EICAR.encode()
    (tmp_path / "clean.eml").write_bytes(PLAIN)
    (tmp_path / "eicar.eml").write_bytes(message(text_part(), attached(eicar, b"eicar.com")))
    (tmp_path / "nested.eml").write_bytes(message(text_part(), attached(nested(eicar, 2), b"photos.zip")))
    return tmp_path


def test_a_clean_file_is_0(mail: Path) -> None:
    """The record has what the contract names, and nothing is written but it."""
    done = scan(mail, "clean.eml", "--json")
    record = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert record.pop("seconds") >= 0
    assert record.pop("artifacts") >= 2
    assert record == {"file": "clean.eml", "verdict": "clean", "findings": [], "ambiguities": []}
    assert not (mail / "var").exists()


def test_several_files_are_a_list_and_10_when_one_is_not_clean(mail: Path) -> None:
    """EICAR is found wherever it is packed, and the finding says in which artifact."""
    done = scan(mail, "clean.eml", "eicar.eml", "nested.eml", "--json")
    records: list[dict[str, Any]] = json.loads(done.stdout)
    assert done.returncode == 10
    assert [record["verdict"] for record in records] == ["clean", "infected", "infected"]
    for record in records[1:]:
        assert all(finding.keys() == {"engine", "name", "artifact", "severity"} for finding in record["findings"])
        assert any("EICAR" in finding["name"] for finding in record["findings"])
        assert {finding["artifact"] for finding in record["findings"]} < set(range(record["artifacts"]))


def test_an_unreadable_file_is_3(mail: Path) -> None:
    """The others are answered all the same."""
    done = scan(mail, "clean.eml", "absent.eml", ".", "eicar.eml", "--json")
    assert done.returncode == 3
    assert [record["file"] for record in json.loads(done.stdout)] == ["clean.eml", "eicar.eml"]
    assert done.stderr == "absent.eml: No such file or directory.\n.: Is a directory.\n"


def test_no_file_is_wrong_usage(mail: Path) -> None:
    """Exit status 2."""
    done = scan(mail)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing argument" in done.stderr


def test_a_policy_also_says_what_it_would_do(mail: Path) -> None:
    """In words for people, too, and the file's name cannot move the cursor."""
    (mail / "policy.json").write_text('{"infected": "hold"}')
    os.rename(mail / "eicar.eml", mail / "eicar\x1b[2J.eml")
    done = scan(mail, "eicar\x1b[2J.eml", "--policy", "policy.json")
    assert done.returncode == 10
    assert done.stdout.startswith("eicar\\x1b[2J.eml: infected\n")
    assert "\n  kind hold" in done.stdout
    record = json.loads(scan(mail, "nested.eml", "--policy", "policy.json", "--json").stdout)
    assert record["decision"]["kind"] == "hold"


def test_a_policy_that_is_none_is_one_line(mail: Path) -> None:
    """Before anything is scanned."""
    (mail / "policy.json").write_text('{"infected": "shrug"}')
    done = scan(mail, "clean.eml", "--policy", "policy.json")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_an_engine_without_an_answer_is_not_clean(mail: Path) -> None:
    """Nothing is known of the message then."""
    done = scan(mail, "clean.eml", "--json", clamd=f"unix:{mail}/nobody")
    assert done.returncode == 10
    [unanswered] = json.loads(done.stdout)["unanswered"]
    assert unanswered.startswith("clamd: ")
