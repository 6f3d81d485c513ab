"""The load trials in short; `make test-load` has them whole."""

import sys

import pytest

from tests.load import flood, stuck_hop
from tests.load.connections import beside, faults, small_node
from tests.load.growth import descriptors_more, minute_means, trend
from tests.load.hostile import source_of
from tests.load.memory import crowd
from tests.load.queue_fairness import trial
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
    """A line through the means of minutes, in octets an hour, and how far it may be wrong."""
    steady = [(float(at), 1000.0 + at % 2) for at in range(0, 1800, 2)]
    found = trend(minute_means(steady))
    assert abs(found.an_hour) <= 2 * found.error + 1e-6
    found = trend(minute_means([(at, value + 5 * at) for at, value in steady]))
    assert found.an_hour - 2 * found.error > 17_900 and found.last - found.first > 8_500


def test_a_slow_wander_is_scatter_and_no_growth() -> None:
    """What rises for some minutes because a process is young leaves the judgement open."""
    wander = [(float(at), 1e8 + 2e7 * ((at // 300) % 2)) for at in range(0, 1800, 2)]
    found = trend(minute_means(wander))
    assert found.an_hour - 2 * found.error < 1 << 20 < found.an_hour + 2 * found.error


def test_descriptors_that_stay_open_are_seen() -> None:
    """The later half against the earlier one."""
    assert descriptors_more([40, 41] * 50) == 0
    assert descriptors_more([40 + at // 10 for at in range(100)]) == 5


def test_nobody_is_refused_beside_anothers_flood() -> None:
    """How long that takes is for the whole trial; here the honest are all taken, and the flood gets true answers."""
    found = flood.trial(5, 1, 2.0)
    for honest in (found.alone, found.beside, found.elsewhere):
        assert honest.taken == honest.sent
    assert found.answers and not {answer[0] for answer in found.answers} - {"2", "4"}, found.answers


@pytest.mark.parametrize("way", ["content", "end"])
def test_nobody_waits_for_a_server_that_is_stuck(way: str) -> None:
    """The honest are all taken; how long that takes is for the whole trial."""
    honest, answers = stuck_hop.beside(way, 5, 1.0)
    assert honest.taken == honest.sent, str(honest)
    assert not {answer[0] for answer in answers} - {"2", "4"}, answers
