"""One engine's health: a circuit breaker, what became of its canary, and how often it failed of late. Pure.

Comes in: what became of each message and of each canary, with the time. Goes out: whether the engine is in rotation.

An engine that failed FAILURES times in a row is not asked for a while: a dead engine must not add its time-out to
every message. The wait begins at a second and doubles to LONGEST_WAIT_SECONDS; then a canary is shown to it, and only
when it finds that is it asked again. One that answers and does not find its canary is out until it finds it.
Messages meanwhile meet an `EngineFailed` at once, and the policy decides: never is one called clean by it.
"""

from collections import deque

FAILURES = 3
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 10.0
CANARY_SECONDS = 60.0
"""So often is a canary shown to an engine that is well."""
KEPT = 50
"""The failing share is of this many answers, the newest."""
MISSED = "it did not find its canary"


class Health:
    """Of one engine in this process. Times are a clock's that never goes back."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._wait = 0.0
        self._is_missing = False
        self._is_probing = False
        self._probe_at = 0.0
        self._failures: deque[bool] = deque(maxlen=KEPT)

    @property
    def obstacle(self) -> str:
        """Why the engine is out of rotation; empty while it is in."""
        if self._is_missing:
            return MISSED
        return f"it failed {self._in_a_row} times in a row" if self._in_a_row >= FAILURES else ""

    @property
    def failing_share(self) -> float:
        """Of its newest answers, from 0 to 1."""
        return sum(self._failures) / len(self._failures) if self._failures else 0.0

    def wants_probe(self, now: float) -> bool:
        """Whether it is time for a canary, and none is under way."""
        return not self._is_probing and now >= self._probe_at

    def probing(self) -> None:
        """A canary is on its way."""
        self._is_probing = True

    def answered(self) -> None:
        """A message was examined."""
        self._failures.append(False)
        self._in_a_row = 0

    def failed(self, now: float) -> None:
        """A message was not."""
        self._failures.append(True)
        self._fail(now)

    def canary_found(self, now: float) -> None:
        """The engine is well."""
        self._is_probing = self._is_missing = False
        self._in_a_row, self._wait = 0, 0.0
        self._probe_at = now + CANARY_SECONDS

    def canary_missed(self, now: float) -> None:
        """It answered that there is nothing in its canary."""
        self._is_probing, self._is_missing = False, True
        self._wait_on(now)

    def canary_failed(self, now: float) -> None:
        """It gave no answer about its canary."""
        self._is_probing = False
        self._fail(now)
        if not self.obstacle:  # look again soon, so that a dead engine is found out without anybody's message
            self._probe_at = now + FIRST_WAIT_SECONDS

    def _fail(self, now: float) -> None:
        was_in = not self.obstacle
        self._in_a_row += 1
        if self.obstacle and (was_in or now >= self._probe_at):
            self._wait_on(now)

    def _wait_on(self, now: float) -> None:
        self._wait = min(LONGEST_WAIT_SECONDS, max(FIRST_WAIT_SECONDS, self._wait * 2))
        self._probe_at = now + self._wait
