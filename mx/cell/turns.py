"""Turns: in which order messages get cells, so that no tenant's mail keeps another's waiting. Pure.

A message that finds no cell waits in line. The next cell goes to a message that is examined a second time, else to a
tenant that has the fewest messages in cells now, and among those to the one that has waited longest. One tenant never
has more than `most_each` cells: what the pool adds beyond those when cells are scarce is for the others.

Limits: `most_waiting` messages; the newest message of the tenant with the longest line gives way to another's.
"""

from collections import Counter
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Turn:
    """One message that waits; the pool's own kind of turn also knows how to tell it."""

    tenant_id: int
    needs_deep: bool = False
    is_second_try: bool = False


class Turns:
    """The line, and how many messages of each tenant are in cells."""

    def __init__(self, most_waiting: int, most_each: int) -> None:
        self._most_waiting, self._most_each = most_waiting, most_each
        self._waiting: dict[Turn, None] = {}
        self._under_way: dict[int, int] = {}

    @property
    def waiting(self) -> tuple[Turn, ...]:
        """Everybody in line, the oldest first."""
        return tuple(self._waiting)

    @property
    def is_anybody_waiting(self) -> bool:
        return bool(self._waiting)

    def begin(self, tenant_id: int) -> None:
        """A message of this tenant is in a cell now."""
        self._under_way[tenant_id] = self.under_way(tenant_id) + 1

    def end(self, tenant_id: int) -> None:
        """It has left its cell."""
        self._under_way[tenant_id] -= 1
        if not self._under_way[tenant_id]:
            del self._under_way[tenant_id]

    def under_way(self, tenant_id: int) -> int:
        """How many messages of this tenant are in cells."""
        return self._under_way.get(tenant_id, 0)

    def may_begin(self, turn: Turn, *, is_deep: bool) -> bool:
        """Whether a cell of this grade may be given to this message now."""
        return (is_deep or not turn.needs_deep) and self.under_way(turn.tenant_id) < self._most_each

    def add(self, turn: Turn) -> Turn | None:
        """Put it in line; who had to leave for it, which may be itself."""
        self._waiting[turn] = None
        if len(self._waiting) <= self._most_waiting:
            return None
        lines = Counter(waiting.tenant_id for waiting in self._waiting)
        longest = max(lines.values())
        leaves = next(waiting for waiting in reversed(self._waiting) if lines[waiting.tenant_id] == longest)
        del self._waiting[leaves]
        return leaves

    def remove(self, turn: Turn) -> None:
        """It waits no longer."""
        self._waiting.pop(turn, None)

    def next_for(self, *, is_deep: bool) -> Turn | None:
        """Who gets a cell of this grade; out of the line with it."""
        chosen: Turn | None = None
        least = (True, self._most_each)
        for turn in self._waiting:
            precedence = (not turn.is_second_try, self.under_way(turn.tenant_id))
            if precedence < least and self.may_begin(turn, is_deep=is_deep):
                chosen, least = turn, precedence
        if chosen is not None:
            del self._waiting[chosen]
        return chosen
