"""What an agent's answer changes, in lines for people."""

from datetime import timedelta

import pytest

from mx import reply
from mx.agents.answers import NotAnAnswer
from mx.agents.contract import AddHeaders, Answer, Fact, Go, Observe, Refuse, Spare, Vouch
from mx.agents.steps import MOST_CHARACTERS, Step, changes_of
from mx.finding import Finding, Severity
from tenants.trace.events import Stepped
from tests.contracts.customer_world import NOW


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ([Go()], ()),
        ([], ()),
        ([AddHeaders(("X-A: 1\r\n\tand 2", "X-B: 3"))], ("+ X-A: 1 and 2", "+ X-B: 3")),
        ([Refuse(reply.SENDER_BLOCKED)], (f"= refused: {reply.SENDER_BLOCKED.line}",)),
        (
            [Observe((Finding("odd", "Odd.Thing", 3, Severity.SPAM),), (Fact("spf", "pass"),)), Vouch()],
            (
                "+ finding spam Odd.Thing (part 3)",
                "= spf pass",
                "= vouched for the sender: spam and phishing do not count",
            ),
        ),
        ([Spare(frozenset({"a", "b"}), NOW)], ("= 2 artifacts were examined elsewhere",)),
    ],
)
def test_each_answer_has_its_lines(answers: list[Answer], lines: tuple[str, ...]) -> None:
    """In their order; going on changes nothing."""
    assert changes_of(answers) == lines


def test_no_answer_is_said_and_no_line_is_long() -> None:
    """Whatever the reason is."""
    assert changes_of(NotAnAnswer("late")) == ("= failed: late",)
    assert len(changes_of(NotAnAnswer("x" * 9999))[0]) == MOST_CHARACTERS


def test_a_step_is_told_to_the_trace_for_a_while() -> None:
    """With the time it took."""
    told = Step("odd", "on_headers", 0.123456, ("+ X-A: 1",)).event("t", 7, NOW, 6)
    assert told == Stepped("t", 7, NOW, "odd", "on_headers", 0.1235, ("+ X-A: 1",), NOW + timedelta(hours=6))
