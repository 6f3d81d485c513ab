"""How long a name has been absent from the DNS. Pure: the time is given.

A name that is not there may be back in a minute: zones are broken and mended. Only what every answer has called absent
for FOR_GOOD_SECONDS counts as absent for good; that nobody answered says nothing.

Failure: none. A process that starts anew counts from the beginning.
Limits: MOST_REMEMBERED names, the oldest forgotten first.
"""

from collections import OrderedDict

FOR_GOOD_SECONDS = 3600.0
MOST_REMEMBERED = 10_000


class Absences:
    """Of one process."""

    def __init__(self) -> None:
        self._since: OrderedDict[str, float] = OrderedDict()

    def note_absent(self, name: str, now: float) -> bool:
        """The name was not there; whether that is so for good."""
        since = self._since.setdefault(name, now)
        if len(self._since) > MOST_REMEMBERED:
            self._since.popitem(last=False)
        return now - since >= FOR_GOOD_SECONDS

    def note_there(self, name: str) -> None:
        """The name was there."""
        self._since.pop(name, None)
