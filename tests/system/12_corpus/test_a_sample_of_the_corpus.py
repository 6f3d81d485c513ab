"""Scenario: hidden viruses and odd clean mail, sent through the program as strangers send them.

1. The operator starts `pratique up` with YARA-X alone.
2. A client sends every thirteenth message of the corpus, and all that are DKIM-signed.
3. Nothing hidden arrives; everything clean arrives as it was sent, every signature still verifies.
4. `pratique scan` says of each file what the server did.

`make corpus` does the same with the whole corpus, and tricks put together two by two.
"""

import json
from pathlib import Path

import pytest

from tests.corpus.__main__ import write
from tests.corpus.index import all_cases
from tests.corpus.judge import RIGHT, judge_all

pytestmark = pytest.mark.system


def test_nothing_hidden_arrives_and_nothing_clean_is_changed(tmp_path: Path) -> None:
    """Missed, blocked, changed, broken, in error, scanned otherwise: none."""
    chosen = [case for number, case in enumerate(all_cases()) if number % 13 == 0 or case.is_signed]
    assert write(tmp_path, chosen) > 100
    judged = judge_all(tmp_path, json.loads((tmp_path / "manifest.json").read_text()))
    assert len(judged) == len(chosen)
    assert [each for each in judged if each.fate not in RIGHT] == []
