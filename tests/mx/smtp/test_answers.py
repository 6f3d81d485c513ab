"""Answers leave in order, and only errors that are the client's for good are counted."""

from mx import reply
from mx.smtp.answers import Answers
from mx.smtp.extensions import Offer


def test_replies_leave_together_in_their_order() -> None:
    """Once."""
    answers = Answers("mx.example", 20)
    answers.greet()
    answers.answer_hello(None)
    assert answers.take() == b"220 mx.example ESMTP Pratique\r\n250 mx.example\r\n"
    assert answers.take() == b""


def test_ehlo_is_answered_with_the_offer() -> None:
    """Our name first."""
    answers = Answers("mx.example", 20)
    answers.answer_hello(Offer(1000, 100, can_start_tls=True))
    assert answers.take().startswith(b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n")


def test_only_permanent_errors_are_too_many_at_some_time() -> None:
    """A 4xx is remembered as an excuse, and counts for nothing."""
    answers = Answers("mx.example", 2)
    assert not any(answers.has_enough(reply.TOO_MANY_RECIPIENTS) for _ in range(1000))
    assert answers.was_put_off
    assert [answers.has_enough(reply.UNKNOWN_COMMAND) for _ in range(2)] == [False, True]
