"""The load trials in short; `make test-load` has them whole."""

import sys

import pytest

from tests.load import flood
from tests.load.connections import beside, faults, small_node
from tests.load.hostile import source_of
from tests.load.memory import crowd
from tests.load.queue_fairness import trial
from tests.load.soak import Sample, slope
from tests.servers.program import ServerMissing

pytestmark = pytest.mark.system


def test_connections_come_from_many_addresses() -> None:
    """No more of one than a client may have."""
    sources = [source_of(number) for number in range(10_000)]
    assert len(set(sources)) == 250
    assert max(sources.count(source) for source in set(sources)) == 40


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_idle_and_slow_connections_stop_nobody() -> None:
    """200 of each kind, and an honest sender beside them; the times are for `make test-load`."""
    with small_node() as one:
        for kind in ("idle", "data"):
            result = beside(one, kind, 200, 1.0)
            assert faults(result, 200, most_seconds=30.0) == [], str(result)


def test_a_full_queue_of_one_tenant_beside_anothers_mail() -> None:
    """500 copies for a dead server; nobody else is put off. The times are for `make test-load`."""
    _, beside = trial(500, 1.0)
    assert beside.taken == beside.sent, str(beside)


def test_large_letters_in_little_memory() -> None:
    """Three of 8 MB at once, in 700 MiB."""
    try:
        assert crowd(700, letters=3, letter_megabytes=8) == []
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


def test_growth_is_told_from_scatter() -> None:
    """A line through the samples, in octets an hour, and how far it may be wrong."""
    steady = [Sample(float(at), 1000 + at % 2, 10) for at in range(100)]
    growth, error = slope(steady)
    assert abs(growth) <= 2 * error
    growth, error = slope([Sample(float(at), 1000 + 5 * at + at % 2, 10) for at in range(100)])
    assert growth - 2 * error > 17_000


def test_nobody_is_refused_beside_anothers_flood() -> None:
    """How long that takes is for the whole trial; here the honest are all taken, and the flood gets true answers."""
    alone, beside, answers = flood.trial(5, 1, 2.0)
    assert (alone.taken, beside.taken) == (alone.sent, beside.sent)
    assert answers and not {answer[0] for answer in answers} - {"2", "4"}, answers
