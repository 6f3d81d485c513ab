"""Turns of reading: of all that arrives at one process in plenty, one piece is read in each round of its loop.

A session whose message is large, or whose client pipelines commands by the hundred, reads no further until it has its
turn, and then one piece (64 KiB at most). Its client feels that as a TCP window that is full, and goes on when it
opens. So two hundred clients with ten megabytes each take no more of a round than one does, and every small message,
every reply and every other connection is served between two of their pieces. The order is that of `fair_line.py`, by
the domain that the message is for (of commands, by the client): one tenant's flood takes turns with another tenant's
large message.

Nothing is refused, and nothing is slower when nobody else is there: the loop never sleeps while somebody waits.

Failure: none of its own; what a session raises is logged by the reactor, and the others go on.
Limits: a session waits as many rounds as there are others in line; its time limits do not run meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from mx.smtp.fair_line import FairLine
from mx.smtp.wire import Clock


@dataclass(slots=True)
class ReadingTurns:
    """The line of one process."""

    clock: Clock
    _line: FairLine["Place"] = field(default_factory=FairLine)
    _is_round_coming: bool = False

    @property
    def waiting(self) -> int:
        """How many sessions wait for their turn."""
        return len(self._line)

    def wait(self, place: "Place", owner: str) -> None:
        """Tell it when its turn has come."""
        self._line.join(place, owner)
        self._go_on()

    def leave(self, place: "Place", owner: str) -> None:
        """It needs no turn any more."""
        self._line.leave(place, owner)

    def _go_on(self) -> None:
        if len(self._line) and not self._is_round_coming:
            self._is_round_coming = True
            self.clock.callLater(0, self._next)

    def _next(self) -> None:
        self._is_round_coming = False
        place = self._line.next()
        self._go_on()
        if place is not None:
            place.take_turn()


class Place:
    """One session's place in the line; `read_on` is told for how many seconds it has waited."""

    def __init__(self, turns: ReadingTurns, read_on: Callable[[float], None]) -> None:
        self._turns, self._read_on = turns, read_on
        self._owner: str | None = None
        self._since = 0.0

    @property
    def is_waiting(self) -> bool:
        return self._owner is not None

    def wait(self, owner: str) -> None:
        """For the turn to read one piece more; who waits already goes on waiting."""
        if self._owner is None:
            self._owner, self._since = owner, self._turns.clock.seconds()
            self._turns.wait(self, owner)

    def leave(self) -> None:
        """The session reads no more."""
        owner, self._owner = self._owner, None
        if owner is not None:
            self._turns.leave(self, owner)

    def take_turn(self) -> None:
        """Read one piece."""
        self._owner = None
        self._read_on(self._turns.clock.seconds() - self._since)
