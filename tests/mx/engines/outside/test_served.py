"""An engine as its own process has it answer."""

import pytest

from mx.engines.contract import NOTHING_KNOWN, EngineState
from mx.engines.outside.served import serve_engine
from mx.engines.outside.wire import STATE_OCTETS, answer_of, question_octets, told_of
from mx.engines.skeleton import MARK, Skeleton
from mx.finding import Found
from tests.contracts.coroutines import result_at_once
from tests.contracts.engine import artifact


def test_it_says_what_it_is_and_answers() -> None:
    """Both questions."""
    served = serve_engine(Skeleton())
    assert told_of(served.hello) != ""
    found = answer_of(result_at_once(served.answer(question_octets((artifact(MARK),), NOTHING_KNOWN, 1.0))))
    assert isinstance(found, Found)
    assert isinstance(answer_of(result_at_once(served.answer(STATE_OCTETS))), EngineState)


def test_one_that_cannot_say_what_it_is_is_not_served() -> None:
    """What is raised is said to us by who asked."""
    with pytest.raises(AttributeError):
        serve_engine(object())
