"""What a connection is given by its listener: what all of them share, and what is known of its peer beforehand."""

from dataclasses import dataclass

from mx.smtp.limits import Limits
from mx.smtp.proxy_header import Source
from mx.smtp.reading_turns import ReadingTurns
from mx.smtp.traffic import Traffic
from mx.smtp.wire import Clock


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every connection of a listener shares."""

    clock: Clock
    hostname: str
    limits: Limits
    tls_context_factory: object | None
    """Twisted's context factory for STARTTLS; None offers no TLS."""
    traffic: Traffic
    reading_turns: ReadingTurns


@dataclass(frozen=True, slots=True)
class Peer:
    """What the listener knows of a client before it has said anything."""

    key: str = ""
    """What its traffic is counted under."""
    source: Source | None = None
    """The client, where a balancer stands between."""
    is_trusted: bool = False
    """It may speak for others (XCLIENT)."""
    is_early: bool = False
    """It had spoken before it was accepted."""


STRANGER = Peer()
