"""The corpus itself: large enough, the same each time, every message found by the right class."""

import collections
import json
from pathlib import Path

import pytest

from tests.corpus.__main__ import file_name, write
from tests.corpus.case import Case, Expect
from tests.corpus.clean import signed
from tests.corpus.index import all_cases, pairs


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """All of them, once."""
    return list(all_cases())


def test_there_are_enough_techniques_and_oddities(cases: list[Case]) -> None:
    """At least 150 ways to hide, at least 100 harmless oddities."""
    assert sum(case.expect is not Expect.CLEAN for case in cases) >= 150
    assert sum(case.expect is Expect.CLEAN for case in cases) >= 100


def test_names_are_unique_as_files_too(cases: list[Case]) -> None:
    """A name is a key of the manifest."""
    counted = collections.Counter(file_name(case) for case in [*cases, *pairs(500, seed=1)])
    assert not [name for name, count in counted.items() if count > 1]


def test_the_same_seed_makes_the_same_octets(cases: list[Case]) -> None:
    """Nothing in a message comes from a clock or from chance."""
    assert cases == list(all_cases())
    assert list(pairs(50, seed=3)) == list(pairs(50, seed=3)) != list(pairs(50, seed=4))


def test_the_manifest_names_every_file(tmp_path: Path) -> None:
    """What cannot pass DATA says so."""
    plain = Case("plain", "room", Expect.CLEAN, b"Subject: x\r\n\r\nx\r\n")
    bare = Case("bare/name", "room", Expect.INFECTED, b"Subject: x\n\nx\n")
    assert write(tmp_path, [plain, bare]) == 2
    rows = json.loads((tmp_path / "manifest.json").read_text())
    assert rows == [
        {"name": "plain", "class": "room", "expect": "clean", "over": "smtp"},
        {"name": "bare-name", "class": "room", "expect": "infected", "over": "scan"},
    ]
    assert (tmp_path / "bare-name.eml").read_bytes() == bare.content


def test_every_signature_verifies_and_breaks_with_one_octet() -> None:
    """So a broken one is told from a whole one."""
    for case in signed.cases():
        assert signed.is_intact(case.content), case.name
    broken = next(iter(signed.cases())).content.replace(b"minutes", b"minutse")
    assert not signed.is_intact(broken)
