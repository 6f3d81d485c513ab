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
