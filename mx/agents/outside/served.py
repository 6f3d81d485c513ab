"""An agent in its own process, as what reads the calls there has it answer (`mx/outside/child.py`).

Failure: what the agent raises passes through; an answer that is none is said to be none.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from mx.agents.contract import HOOK_OF
from mx.agents.outside.wire import answer_octets, event_of, hello_octets
from mx.outside.child import Served


def serve_agent(agent: Any) -> Served:
    """Any agent; raises whatever it does where it cannot say what it is."""

    async def answer(body: bytes) -> bytes:
        event = event_of(body)
        method: Callable[[object], Coroutine[Any, Any, object]] = getattr(agent, HOOK_OF[type(event)].method)
        return answer_octets(await method(event))

    return Served(hello_octets(agent), answer)
