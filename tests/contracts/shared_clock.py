"""Time by hand, sockets by the real reactor."""

from typing import Any

from twisted.internet.task import Clock


class SharedClock(Clock):
    """For parts that need both."""

    def __init__(self, reactor: Any) -> None:
        super().__init__()
        self._reactor = reactor

    def adoptStreamConnection(self, *arguments: object) -> object:
        """What the real reactor does."""
        return self._reactor.adoptStreamConnection(*arguments)
