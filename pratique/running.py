"""Runs one composed service until it is told to stop: start, say ready, drain, end.

SIGTERM and SIGINT stop the reactor; its shutdown waits for the service's own stop, which drains. A process that is a
child of `pratique up` also stops when its lifeline, the standard input, ends. Several of these usually come together
(Ctrl-C reaches the whole group), and only the first counts.

Failure: a service that cannot start logs why in one line, and the process ends with status 1.
"""

import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

T = TypeVar("T")

log = Logger()


def follow_lifeline() -> None:
    """Send ourselves SIGTERM when standard input ends: the process that started us is gone."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def stop_at_signals(reactor: Any) -> None:
    """Stop the running reactor at the first signal; Twisted's own handlers raise at the second."""
    told: list[bool] = []

    def stop(*_: object) -> None:
        if not told:
            told.append(True)
            reactor.callFromThread(reactor.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def say_ready() -> None:
    """Tell the supervisor that this process serves."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def run_until_stopped(reactor: Any, service: Service, started: Callable[[], Awaitable[None]]) -> int:
    """Run the service; returns the exit status. `started` runs once it is up, and its failure stops everything."""
    status = [0]

    def failed(failure: Failure) -> None:
        log.error("start.failed", reason=failure.getErrorMessage())
        status[0] = 1
        reactor.stop()

    def start() -> None:
        stop_at_signals(reactor)
        service.startService()
        Deferred.fromCoroutine(_finish(started)).addErrback(failed)

    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.callWhenRunning(start)
    reactor.run()
    return status[0]


async def _finish(started: Callable[[], Awaitable[None]]) -> None:
    await started()


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
