"""At once: a coroutine is run as far as it goes, and only one that has to wait costs a Deferred.

Most of what an SMTP session does between two reads waits for nobody: replies to commands, pieces of content. Twisted's
`Deferred.fromCoroutine` makes three objects and a copy of the context for each, finished or not.

Comes in: a coroutine whose result nobody wants. Failure: what it raises goes to `when_failed`, once.
"""

import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


def at_once(coroutine: Coroutine[Any, Any, None], when_failed: Callable[[Failure], None]) -> None:
    """Run it now; what is left behind its first wait runs when that is over."""
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return
    except Exception:
        when_failed(Failure())
        return
    Deferred.fromCoroutine(_rest_of(coroutine, awaited)).addErrback(when_failed)


async def _rest_of(coroutine: Coroutine[Any, Any, None], awaited: object) -> None:
    await _resumed(coroutine, awaited)


@types.coroutine
def _resumed(coroutine: Coroutine[Any, Any, None], awaited: object) -> Generator[object, Any, None]:
    """What the coroutine still has to do, having begun to wait for this."""
    try:
        while True:
            try:
                answer = yield awaited
            except Exception as error:
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(answer)
    except StopIteration:
        return
