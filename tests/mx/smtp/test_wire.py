"""Twisted's own parts meet what this room asks for."""

from twisted.internet import reactor, task
from twisted.internet.tcp import Server

from mx.smtp.wire import Clock, Delayed, Wire


def _names(seam: type) -> set[str]:
    return {name for name in vars(seam) if not name.startswith("_")}


def test_a_tcp_connection_is_a_wire() -> None:
    """Every method that is asked for exists."""
    assert _names(Wire) <= set(dir(Server))


def test_the_reactor_and_the_test_clock_are_clocks() -> None:
    """And what they give can be cancelled."""
    for clock in (reactor, task.Clock()):
        assert _names(Clock) <= set(dir(clock))
    call = task.Clock().callLater(1.0, print)
    assert _names(Delayed) <= set(dir(call))
