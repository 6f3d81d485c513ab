"""The four things that can be said of one artifact."""

from typing import get_args

from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.finding import Severity


def test_no_two_of_them_are_taken_for_each_other() -> None:
    """Least of all no answer for clean."""
    answers = [Clean(), Alert("Name", Severity.INFECTED), TooLarge(), NoAnswer("away")]
    assert {type(answer) for answer in answers} == set(get_args(Answer))
    assert all(one == other for one in answers for other in answers if one is other)
    assert not any(one == other for one in answers for other in answers if one is not other)
