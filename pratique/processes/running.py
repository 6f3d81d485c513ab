"""Runs one composed service until it is told to stop: start, say ready, drain, end.

SIGTERM and SIGINT stop the reactor; its shutdown waits for the service's own stop, which drains. A process that is a
child of `pratique up` also stops when its lifeline ends (`lifeline.py`). Several of these usually come together
(Ctrl-C reaches the whole group), and only the first counts.

Failure: a service that cannot start logs why in one line, and the process ends with status 1.
"""

import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.main import installReactor
from twisted.logger import Logger
from twisted.python.failure import Failure

T = TypeVar("T")

COLLECT_AFTER = 10_000
"""Objects made and not yet gone before Python looks for cycles among them: once in many messages, not in each."""

log = Logger()


def steady_reactor() -> Any:
    """The reactor of this process: where none was imported yet, the one that is quickest here.

    Twisted counts by the wall clock: when that is set back an hour, nothing happens for an hour, and when it is set
    forward, every time limit is over. This one counts by a clock that nobody sets.
    """
    if sys.platform == "linux" and "twisted.internet.reactor" not in sys.modules:
        from pratique.processes.prompt_reactor import PromptReactor

        installReactor(PromptReactor())

    from twisted.internet import reactor

    steady: Any = reactor
    steady.seconds = time.monotonic
    return steady


def stop_at_signals(reactor: Any) -> Callable[..., None]:
    """Stop the running reactor at the first signal, or when what is returned is called first; later ones are nothing.

    Twisted's own handlers raise at the second.
    """
    told: list[bool] = []

    def stop(*_: object) -> None:
        if not told:
            told.append(True)
            reactor.callFromThread(reactor.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stop


def at_hangup(reactor: Any, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have this run in the reactor at each SIGHUP. A failure that it lets through is logged."""

    def begin() -> None:
        Deferred.fromCoroutine(call()).addErrback(lambda failure: log.failure("hangup.failed", failure))

    signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(begin))


def run_until_stopped(reactor: Any, service: Service, started: Callable[[], Awaitable[None]]) -> int:
    """Run the service; returns the exit status. `started` runs once it is up, and its failure stops everything."""
    status = [0]

    async def start() -> None:
        stop = stop_at_signals(reactor)
        try:
            service.startService()
            _leave_what_stays_alone()
            await started()
        except Exception as error:
            log.error("start.failed", reason=str(error))
            status[0] = 1
            stop()

    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(start()))
    reactor.run()
    return status[0]


def _leave_what_stays_alone() -> None:
    """What was imported and composed stays for ever: Python need not look for cycles in it again and again.

    Not even once: that takes as long as a sixth of the imports, and finds next to nothing.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def run_once(reactor: Any, work: Coroutine[Any, Any, T]) -> T:
    """Run the reactor until this coroutine has ended; what it returns or raises."""
    ended: list[T | Failure] = []

    def keep(result: T | Failure) -> None:
        ended.append(result)
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(work).addBoth(keep))
    reactor.run()
    [result] = ended
    if isinstance(result, Failure):
        result.raiseException()
    return result
