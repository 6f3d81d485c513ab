"""A short crash trial; `make test-faults` has the long ones, on both kinds of storage."""

import pytest

from tests.faults.crash import crash

pytestmark = pytest.mark.system


def test_nothing_is_lost_by_kills() -> None:
    """Four of them, the next hop in all its moods."""
    result = crash(kills=4, letters=60, senders=4)
    assert (result.taken, result.delivered, result.lost, result.damaged) == (60, 60, 0, 0)
    assert result.duplicates - result.by_hop <= 4 * 4
