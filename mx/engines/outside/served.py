"""An engine in its own process, as what reads the calls there has it answer (`mx/outside/child.py`).

Failure: what the engine raises passes through; an answer that is none is said to be none.
"""

from typing import Any

from mx.engines.outside.wire import StateQuestion, answer_octets, hello_octets, question_of
from mx.outside.child import Served


def serve_engine(engine: Any) -> Served:
    """Any engine; raises whatever it does where it cannot say what it is."""

    async def answer(body: bytes) -> bytes:
        question = question_of(body)
        if isinstance(question, StateQuestion):
            return answer_octets(await engine.state())
        return answer_octets(await engine.examine(question.artifacts, question.circumstances, question.deadline))

    return Served(hello_octets(engine), answer)
