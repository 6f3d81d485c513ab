"""The examination is a value."""

from dataclasses import FrozenInstanceError

import pytest

from mx.examination import Examination
from mx.verdict import Verdict, VerdictKind


def test_an_examination_cannot_be_changed_after_it_was_made() -> None:
    """The verdict that the trace shows is the one that was decided upon."""
    examination = Examination(Verdict(VerdictKind.CLEAN), (), b"{}", "", "", (), 0.0)
    with pytest.raises(FrozenInstanceError):
        examination.verdict = Verdict(VerdictKind.INFECTED)  # type: ignore[misc]


def test_what_went_before_it_is_added_to_its_time() -> None:
    """And nothing else changes; an examination before which nothing went is the same one."""
    examination = Examination(Verdict(VerdictKind.CLEAN), (), b"{}", "", "", (), 0.5)
    later = examination.behind(1.5)
    assert later.seconds == 2.0 and later.behind(-1.5) == examination
    assert examination.behind(0.0) is examination
