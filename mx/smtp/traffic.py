"""Who is connected, and how much each client does: the counts behind the limits for one client.

Comes in: connections that begin and end, commands, recipients, each under its client's key. Goes out: whether that is
within the limits, and whether the process as a whole is under stress.

What is done in a minute, the clock's, is counted together with the machine's other processes (`tally.py`), and
forgotten at its end. What is open is counted by each process for itself.
Failure: none.
"""

from collections import Counter
from collections.abc import Callable
from enum import Enum, auto

from mx import reply
from mx.reply import Reply
from mx.smtp.limits import Limits
from mx.smtp.tally import Tally

MINUTE_SECONDS = 60.0


class Rates:
    """Limits for a minute."""

    def __init__(self, seconds: Callable[[], float], tally: Tally | None = None) -> None:
        """`seconds`: a clock that all processes of the machine agree on; without a tally, nobody else counts."""
        self._seconds, self._tally = seconds, tally or Tally()

    def takes(self, kind: object, key: object, most: int, count: int = 1) -> bool:
        """Counts so many more; False when that makes more than `most` in this minute (0: there is no limit)."""
        return not most or self._tally.add(int(self._seconds() // MINUTE_SECONDS), (kind, key), count) <= most


class _Kind(Enum):
    CONNECTION = auto()
    COMMAND = auto()
    RECIPIENT = auto()


class Traffic:
    """That of one process."""

    def __init__(self, limits: Limits, seconds: Callable[[], float], tally: Tally | None = None) -> None:
        self._limits = limits
        self._rates = Rates(seconds, tally)
        self._open: Counter[str] = Counter()
        self.connections = 0
        """How many are open."""

    @property
    def is_stressed(self) -> bool:
        """So many connections are open that slow ones cannot be waited for."""
        return self.connections >= self._limits.stress_connections

    def admit(self, key: str) -> Reply | None:
        """Counts a connection that begins; or the reply that turns it away, and then it does not count as open."""
        most = self._limits.connections_a_client
        if most and self._open[key] >= most:
            return reply.TOO_MANY_CONNECTIONS
        if not self._rates.takes(_Kind.CONNECTION, key, self._limits.connections_a_minute):
            return reply.TOO_MANY_CONNECTIONS
        self._open[key] += 1
        self.connections += 1
        return None

    def leave(self, key: str) -> None:
        """An admitted connection has ended."""
        self.connections -= 1
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    def takes_commands(self, key: str, count: int) -> bool:
        """Whether so many commands more are within the limit."""
        return self._rates.takes(_Kind.COMMAND, key, self._limits.commands_a_minute, count)

    def takes_recipient(self, key: str) -> bool:
        """Whether one recipient more is within the limit."""
        return self._rates.takes(_Kind.RECIPIENT, key, self._limits.recipients_a_minute)
