"""What goes to and from the process of an agent: nothing is lost on the way, and nothing that comes back is trusted."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.agents.answers import NotAnAnswer
from mx.agents.contract import (
    ALL_RIGHTS,
    About,
    AddHeaders,
    AgentEvent,
    Answer,
    Decided,
    Fact,
    Go,
    HeadersSeen,
    Hook,
    MessageOpened,
    Observe,
    OnFailure,
    Refuse,
    Right,
    Role,
    Spare,
    Vouch,
)
from mx.agents.outside.wire import (
    Told,
    answer_octets,
    answers_of,
    event_octets,
    event_of,
    hello_octets,
    told_of,
)
from mx.finding import Finding, Severity
from mx.outside.frames import Nonsense, wrong_octets
from tests.contracts.agent import CONTENT, ODD, events_for
from tests.contracts.customer_world import NOW


@pytest.mark.parametrize("odd", [{}, *ODD], ids=range(len(ODD) + 1))
def test_events_arrive_as_they_are(odd: dict[str, object]) -> None:
    """But for the contents of artifacts, the record, and the message's octets, which are in memory there."""
    for event in events_for(**odd).values():  # type: ignore[arg-type]
        arrived = event_of(event_octets(event, ALL_RIGHTS))
        assert type(arrived) is type(event) and arrived.customer == event.customer
        if isinstance(event, MessageOpened | Decided):
            assert isinstance(arrived, MessageOpened | Decided)
            assert b"".join(arrived.content.chunks()) == b"".join(event.content.chunks())
            assert arrived.content.octets == event.content.octets
            assert arrived.examination.verdict == event.examination.verdict
            assert [each.sha256 for each in arrived.examination.artifacts] == [
                each.sha256 for each in event.examination.artifacts
            ]
        elif not hasattr(event, "examination"):
            assert arrived == event


def test_what_an_agent_may_not_read_is_not_sent() -> None:
    """Neither header section nor content, at any event."""

    def arrived(event: AgentEvent, *rights: Right) -> AgentEvent:
        return event_of(event_octets(event, frozenset(rights)))

    events = events_for()
    for event in events.values():
        octets = event_octets(event, frozenset())
        assert b"Good morning" not in octets and b"Subject: Invoice" not in octets
    seen = arrived(events[Hook.HEADERS], Right.READ_HEADER)
    assert isinstance(seen, HeadersSeen) and seen.header.startswith(b"Subject:")
    opened = arrived(events[Hook.MESSAGE], Right.READ_BODY)
    assert isinstance(opened, MessageOpened) and b"".join(opened.content.chunks()) == CONTENT and opened.header == b""


def test_what_an_agent_is_arrives() -> None:
    """With the events that it has methods for."""

    class Agent:
        about = About("odd", Role.OBSERVER, 2.5, OnFailure.GO_ON, True, True, True, frozenset({Right.VOUCH}))

        async def on_helo(self, event: object) -> None: ...

        async def on_delivered(self, event: object) -> None: ...

    assert told_of(hello_octets(Agent())) == Told(Agent.about, (Hook.HELO, Hook.DELIVERED))
    assert told_of(wrong_octets("KeyError")) == "KeyError"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, json.dumps({"name": "x", "role": "king"}).encode()]
)
def test_an_agent_that_cannot_say_what_it_is_is_nonsense(body: bytes) -> None:
    """Whatever it sends instead."""
    with pytest.raises(Nonsense):
        told_of(body)


ANSWERS: list[Answer] = [
    Go(),
    Vouch(),
    AddHeaders(("X-A: 1", "X-B: 2")),
    Refuse(reply.by_agent(550, "5.7.1", "No")),
    Observe((Finding("odd", "Odd.Thing", 3, Severity.SPAM),), (Fact("seen", "é"),)),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_answers_arrive(answer: Answer) -> None:
    """One, or several."""
    assert answers_of(answer_octets(answer)) == (answer,)
    assert answers_of(answer_octets([answer, Go()])) == (answer, Go())


@pytest.mark.parametrize(
    "given",
    [
        None,
        "clean",
        {"is": "vouch"},
        [Go(), 3],
        Spare(frozenset(), NOW),
        AddHeaders(None),  # type: ignore[arg-type]
        replace(ANSWERS[4], facts=("x",)),  # type: ignore[type-var]
        Refuse(reply.OK),
        Observe((Finding("odd", "x", 0, "terrible"),)),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_what_is_no_answer_arrives_as_none(given: object) -> None:
    """It is never something else."""
    assert isinstance(answers_of(answer_octets(given)), NotAnAnswer)


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda deep: st.lists(deep) | st.dictionaries(st.text(), deep))
)
def test_whatever_such_a_process_writes_is_an_answer_or_none(document: object) -> None:
    """No shape of JSON raises anything else."""
    for body in (json.dumps(document), json.dumps({"answers": document}), json.dumps({"answers": [document]})):
        try:
            given = answers_of(body.encode())
        except Nonsense:
            continue
        assert given == () or isinstance(given, NotAnAnswer)
