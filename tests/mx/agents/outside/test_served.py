"""An agent as its own process has it answer."""

import pytest

from mx.agents.contract import ALL_RIGHTS, AddHeaders
from mx.agents.outside.served import serve_agent
from mx.agents.outside.wire import Told, answers_of, event_octets, told_of
from tests.contracts.coroutines import result_at_once
from tests.contracts.outside import Odd, event


def test_it_says_what_it_is_and_answers() -> None:
    """The method of the event is asked."""
    served = serve_agent(Odd())
    told = told_of(served.hello)
    assert isinstance(told, Told) and told.about == Odd.about
    (answer,) = answers_of(result_at_once(served.answer(event_octets(event("adds"), ALL_RIGHTS))))  # type: ignore[misc]
    assert isinstance(answer, AddHeaders)


def test_one_that_cannot_say_what_it_is_is_not_served() -> None:
    """What is raised is said to us by who asked."""
    with pytest.raises(AttributeError):
        serve_agent(object())
