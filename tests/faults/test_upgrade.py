"""The next release is put in place and taken back, in short."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.trial import Account
from tests.faults.upgrade import Result, Stops, kinds_of, upgrade

pytestmark = pytest.mark.system


def test_a_release_is_put_in_place_and_taken_back_and_nothing_is_lost() -> None:
    """All letters of before, between and after arrive once."""
    result = upgrade(letters=60, senders=4)
    assert result.is_good, str(result)
    assert result.account.taken == 60


def test_what_is_no_success() -> None:
    """Each in turn."""
    whole = Account(5, 5, 0, 0, 0, 0, 0)
    good = Result(whole, 5, Stops([1.0]), Counter({"421": 3}))
    assert good.is_good
    for worse in (replace(whole, lost=1), replace(whole, damaged=1), replace(whole, duplicates=1, by_hop=1)):
        assert not replace(good, account=worse).is_good
    assert not replace(good, stops=Stops([1.0, 31.0])).is_good
    assert not replace(good, answers=kinds_of(["CutInContent('Connection unexpectedly closed')"])).is_good
    assert kinds_of(["421 4.3.2 x", "ConnectionRefusedError(111)"]) == Counter({"421": 1, "not connected": 1})
