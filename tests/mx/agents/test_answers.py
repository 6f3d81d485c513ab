"""What an agent may answer: everything else is no answer, whoever wrote the agent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.agents.answers import MOST_ANSWERS, MOST_HEADER_OCTETS, NotAnAnswer, checked, is_field
from mx.agents.contract import AddHeaders, Fact, Go, Hook, Observe, Refuse, Vouch
from mx.finding import Finding, Severity

AGENT = "some-agent"
NO = Refuse(reply.SENDER_BLOCKED)
ODD: Any = object()


def finding(**changes: Any) -> Observe:
    values: dict[str, Any] = {"engine": AGENT, "name": "odd", "artifact": 1, "severity": Severity.SPAM}
    return Observe(findings=(Finding(**(values | changes)),))


def fact(name: Any = "spf", value: Any = "pass") -> Observe:
    return Observe(facts=(Fact(name, value),))


@pytest.mark.parametrize(
    "answer",
    [Go(), NO, Vouch(), Observe(), finding(), fact(), AddHeaders(("X-Agent: yes",)), (Go(), NO), [fact(), Vouch()], ()],
    ids=str,
)
def test_an_answer_is_taken(answer: Any) -> None:
    """Alone or among others."""
    assert checked(answer, Hook.MESSAGE, AGENT, {0, 1}) == (
        tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    )


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (None, "NoneType is no answer"),
        (True, "bool is no answer"),
        ("Go", "str is no answer"),
        ([NO, NO], "two refusals"),
        ([Go()] * (MOST_ANSWERS + 1), "too many answers"),
        (Refuse(ODD), "refuses nothing"),
        (Refuse(reply.RECIPIENT_OK), "refuses nothing"),
        (Refuse(reply.SHUTTING_DOWN), "refuses nothing"),
        (Observe(findings=ODD), "findings are no tuple"),
        (Observe(findings=(ODD,)), "none, or in another's name"),
        (finding(engine="clamd"), "none, or in another's name"),
        (finding(severity="clean"), "no severity"),
        (finding(artifact=2), "not shown"),
        (finding(name=""), "usable name"),
        (finding(name="a\nb"), "usable name"),
        (finding(name=7), "usable name"),
        (Observe(facts=ODD), "facts are no tuple"),
        (Observe(facts=(ODD,)), "a fact that is none"),
        (fact(name="Two words"), "a fact that is none"),
        (fact(value="x" * 501), "no short line"),
        (fact(value=7), "no short line"),
        (AddHeaders(ODD), "no tuple of texts"),
        (AddHeaders((ODD,)), "no tuple of texts"),
        (AddHeaders(("X: " + "y" * 900,) * 40), "too many octets"),
        (AddHeaders(("X: a\r\nY: b",)), "not well formed"),
        (AddHeaders(("Subject: mine",)), "subject is the author's"),
        (AddHeaders(("Content-Type: text/html",)), "content-type is the author's"),
        (AddHeaders(("FROM: me@evil.example",)), "from is the author's"),
    ],
)
def test_what_is_no_answer_is_not_taken(answer: Any, wrong: str) -> None:
    """The reason says what is wrong, for the trace."""
    with pytest.raises(NotAnAnswer, match=wrong):
        checked(answer, Hook.MESSAGE, AGENT, {0, 1})


@pytest.mark.parametrize(
    ("hook", "answer", "is_allowed"),
    [
        (Hook.CONNECT, NO, True),
        (Hook.MESSAGE, NO, True),
        (Hook.DECIDED, NO, False),
        (Hook.DECIDED, finding(), False),
        (Hook.DECIDED, Vouch(), False),
        (Hook.DECIDED, fact(), True),
        (Hook.DECIDED, AddHeaders(("X-Agent: yes",)), True),
        (Hook.DELIVERED, AddHeaders(("X-Agent: yes",)), False),
    ],
)
def test_what_comes_too_late_is_no_answer(hook: Hook, answer: Any, is_allowed: bool) -> None:
    """A verdict that is decided does not change, nor does a message that is gone."""
    if is_allowed:
        checked(answer, hook, AGENT, {0, 1})
    else:
        with pytest.raises(NotAnAnswer, match="too late"):
            checked(answer, hook, AGENT, {0, 1})


@pytest.mark.parametrize(
    ("field", "is_one"),
    [
        ("X-A: b", True),
        ("X-A:b", True),
        ("X-A:", True),
        ("X-A: b\r\n\tc\r\n d", True),
        ("X-A: b\r\n", False),
        ("X-A: b\r\n \r\n c", False),
        ("X-A: b\r\n ", False),
        ("X-A: b\rc", False),
        ("X-A: b\nc", False),
        ("X-A: b\0", False),
        ("X-A : b", False),
        (": b", False),
        ("no field", False),
        ("X-A: é", False),
        ("X-A: " + "b" * 993, True),
        ("X-A: " + "b" * 994, False),
        ("X-A: b\r\n " + "c" * 998, False),
        ("", False),
    ],
)
def test_a_header_field_is_one_field(field: str, is_one: bool) -> None:
    """It can neither end the header section nor begin another field."""
    assert is_field(field) is is_one


@given(st.text(st.sampled_from("aX: \t\r\n-\0é"), max_size=40))
def test_no_field_can_carry_another_line(text: str) -> None:
    """Whatever is taken has line ends only where a blank and something visible follow."""
    if is_field(text):
        for line in text.split("\r\n")[1:]:
            assert line[:1] in (" ", "\t") and line.strip(" \t")
        assert "\n" not in text.replace("\r\n", "") and "\r" not in text.replace("\r\n", "")


def test_a_hostile_field_is_judged_in_linear_time() -> None:
    """As long as may be, and wrong at its very end."""
    assert not is_field("X: " + "\r\n  a" * (MOST_HEADER_OCTETS // 5) + "\0")
    assert not is_field("X: " + " a" * (MOST_HEADER_OCTETS // 2) + "\0")
