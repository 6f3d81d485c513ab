"""Turns at one daemon: few questions at once, but a slow one keeps no turn from the quick.

Two or three questions at once keep a daemon's processors busy; more of them only push one another out of its caches
(docs/decisions/0022). But some questions take seconds, and everybody's small mail must not wait for them. So:

* At most `quick` questions are under way that began less than PATIENCE_SECONDS ago.
* One that takes longer no longer counts among those, and the next in line begins.
* At most `most` are under way in all, slow ones included.

The line is first come, first served. Comes in: who wants a turn. Goes out: the turn, once it has come; whoever has it
gives it back, whatever became of the question.

Failure: none. Cancelling who waits takes him out of the line.
Limits: `most` questions that are all slow hold everybody up, until one of them is answered or given up.
"""

from collections import deque
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

PATIENCE_SECONDS = 0.05
"""Twice what a megabyte takes a clamd that is not busy."""


@dataclass(eq=False, frozen=True, slots=True)
class Turn:
    """One question under way."""

    began: float


class Turns:
    """Of one kind of questions to one daemon."""

    def __init__(self, reactor: IReactorTime, quick: int, most: int) -> None:
        self._reactor, self._most_quick, self._most = reactor, quick, most
        self._quick: dict[Turn, None] = {}
        """The oldest first."""
        self._slow: set[Turn] = set()
        self._line: deque[Deferred[Turn]] = deque()
        self._next_look: IDelayedCall | None = None
        self._is_admitting = False

    async def take(self) -> Turn:
        """A turn, when it has come."""
        if not self._line and self._has_room():
            return self._begin()
        waits: Deferred[Turn] = Deferred(self._leave)
        self._line.append(waits)
        self._admit()
        return await waits

    def give_back(self, turn: Turn) -> None:
        """The question is over."""
        self._quick.pop(turn, None)
        self._slow.discard(turn)
        if self._line:
            self._admit()

    def _begin(self) -> Turn:
        turn = Turn(self._reactor.seconds())
        self._quick[turn] = None
        return turn

    def _has_room(self) -> bool:
        return len(self._quick) < self._most_quick and len(self._quick) + len(self._slow) < self._most

    def _leave(self, waits: "Deferred[Turn]") -> None:
        self._line.remove(waits)
        self._admit()

    def _admit(self) -> None:
        """Everybody whose turn has come. Who is called may give his turn back at once, and so come here again."""
        if self._is_admitting:
            return
        self._is_admitting = True
        self._set_slow_apart()
        while self._line and self._has_room():
            self._line.popleft().callback(self._begin())
        self._is_admitting = False
        self._look_later()

    def _set_slow_apart(self) -> None:
        too_old = self._reactor.seconds() - PATIENCE_SECONDS
        for turn in [turn for turn in self._quick if turn.began <= too_old]:
            del self._quick[turn]
            self._slow.add(turn)

    def _look_later(self) -> None:
        """Come back when the oldest of the quick has become slow, as long as somebody waits for that."""
        if self._next_look is not None:
            if self._line:
                return
            self._next_look.cancel()
            self._next_look = None
        elif self._line and self._quick:
            oldest = next(iter(self._quick)).began
            left = oldest + PATIENCE_SECONDS - self._reactor.seconds()
            self._next_look = self._reactor.callLater(max(0.0, left), self._look)

    def _look(self) -> None:
        self._next_look = None
        self._admit()
