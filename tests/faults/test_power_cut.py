"""A short trial of power cuts; `make test-faults` has 60, and the control that must lose mail."""

import pytest

from tests.faults.power_cut import eatmydata, power_cut
from tests.servers.program import ServerMissing

pytestmark = pytest.mark.system


def test_nothing_is_lost_by_power_cuts() -> None:
    """Not a letter, and not an octet of one."""
    try:
        result = power_cut(cuts=2, senders=4)
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
    assert result.taken >= 10
    assert (result.delivered, result.lost, result.damaged) == (result.taken, 0, 0)


def test_the_control_finds_its_library() -> None:
    """Debian's package libeatmydata1."""
    try:
        assert eatmydata().is_file()
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
