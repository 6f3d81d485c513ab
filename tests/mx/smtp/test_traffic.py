"""What one client does is counted under its key: open connections, and a minute's worth of everything."""

from dataclasses import replace

from twisted.internet.task import Clock

from mx import reply
from mx.smtp.limits import Limits
from mx.smtp.tally import Tally
from mx.smtp.traffic import Rates, Traffic


def traffic(clock: Clock, **limits: int) -> Traffic:
    return Traffic(replace(Limits(), **limits), clock.seconds)


def test_a_minute_begins_anew_when_it_is_over() -> None:
    """Two a minute for each key; no limit for 0."""
    clock = Clock()
    rates = Rates(clock.seconds)
    assert [rates.takes("kind", "a", 2) for _ in range(3)] == [True, True, False]
    assert rates.takes("kind", "b", 2)
    assert rates.takes("other", "a", 2)
    assert all(rates.takes("kind", "a", 0) for _ in range(100))
    clock.advance(60)
    assert rates.takes("kind", "a", 2)


def test_processes_count_together() -> None:
    """As far as they share their counts; what they have open is their own."""
    tally, clock = Tally(), Clock()
    limits = replace(Limits(), connections_a_client=1, connections_a_minute=3)
    first, second = (Traffic(limits, clock.seconds, tally) for _ in range(2))
    assert [first.admit("a"), second.admit("a")] == [None, None]
    second.leave("a")
    assert [second.admit("a"), first.admit("b")] == [None, None]
    second.leave("a")
    assert second.admit("a") == reply.TOO_MANY_CONNECTIONS


def test_a_client_has_so_many_connections_at_a_time_and_in_a_minute() -> None:
    """Others are not its business."""
    clock = Clock()
    counted = traffic(clock, connections_a_client=2, connections_a_minute=3)
    assert [counted.admit("a") for _ in range(3)] == [None, None, reply.TOO_MANY_CONNECTIONS]
    counted.leave("a")
    assert counted.admit("a") is None
    counted.leave("a")
    assert counted.admit("a") == reply.TOO_MANY_CONNECTIONS
    assert counted.admit("b") is None
    assert counted.connections == 2
    clock.advance(60)
    assert counted.admit("a") is None


def test_commands_and_recipients_are_counted_over_all_connections() -> None:
    """Until the limit, and then no more."""
    counted = traffic(Clock(), commands_a_minute=10, recipients_a_minute=1)
    assert counted.takes_commands("a", 10)
    assert not counted.takes_commands("a", 1)
    assert [counted.takes_recipient("a") for _ in range(2)] == [True, False]


def test_many_connections_are_stress() -> None:
    """From the number on, and until it is less again."""
    counted = traffic(Clock(), stress_connections=2)
    counted.admit("a")
    assert not counted.is_stressed
    counted.admit("b")
    assert counted.is_stressed
    counted.leave("a")
    assert not counted.is_stressed
