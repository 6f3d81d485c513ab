"""What this room asks of Twisted's transports and reactor, as Protocols: narrower than its interfaces, never optional.

`Clock` is met by a reactor and by `twisted.internet.task.Clock`; `Wire` by a TCP connection, with TLS started or not.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address


class Delayed(Protocol):
    """A call that will be made (Twisted's IDelayedCall)."""

    def cancel(self) -> None: ...

    def active(self) -> bool: ...


class Clock(Protocol):
    """Time as Twisted's reactor gives it."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> Delayed: ...


class Wire(Protocol):
    """What is asked of Twisted's TCP transport."""

    protocol: Any
    """Who is given what arrives."""

    def write(self, data: bytes) -> None: ...

    def loseConnection(self) -> None: ...

    def abortConnection(self) -> None: ...

    def getPeer(self) -> IPv4Address | IPv6Address: ...

    def getHandle(self) -> Any: ...

    def startTLS(self, ctx: object) -> None: ...

    def setTcpNoDelay(self, enabled: bool) -> None: ...

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...

    def registerProducer(self, producer: object, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...
