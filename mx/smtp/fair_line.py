"""A line in which the owners take turns, however many each of them sends: whose turn is next. Pure.

Who joins stands behind the others of the same owner. Next is the owner whose last turn is longest ago, and of that
owner the one who joined first. So an owner with one in line waits for one turn of each other owner, not for all
that they have sent.

Limits: none of its own; it holds whom it was given.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

Who = TypeVar("Who", bound=Hashable)


class FairLine(Generic[Who]):
    """Those who wait, by owner; the owners in the order of their turns."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[Who, None]] = {}

    def __len__(self) -> int:
        """How many wait."""
        return sum(len(line) for line in self._lines.values())

    def join(self, who: Who, owner: str) -> None:
        """Wait, behind the others of this owner; who waits already stays where they are."""
        self._lines.setdefault(owner, {}).setdefault(who)

    def leave(self, who: Who, owner: str) -> None:
        """Wait no longer; nothing happens where they do not."""
        line = self._lines.get(owner, {})
        line.pop(who, None)
        if not line:
            self._lines.pop(owner, None)

    def next(self) -> Who | None:
        """Whose turn it is; out of the line with them. None when nobody waits."""
        for owner, line in self._lines.items():
            who = next(iter(line))
            # Behind all other owners: theirs are the turns before the next one of this owner.
            del self._lines[owner], line[who]
            if line:
                self._lines[owner] = line
            return who
        return None
