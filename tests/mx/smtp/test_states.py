"""Which command belongs in which state."""

import pytest

from mx.envelope import Recipient, ReversePath
from mx.smtp.grammar import Bdat, Command, Hello, Mail, Rcpt, Verb
from mx.smtp.states import State, is_in_order

MAIL, RCPT, CHUNK = Mail(ReversePath(""), ()), Rcpt(Recipient("a@b.example"), ()), Bdat(1, is_last=True)
ANYWHERE = set(State)
TABLE: list[tuple[Command, set[State]]] = [
    (Hello("c.example", is_esmtp=True), ANYWHERE),
    (MAIL, {State.READY}),
    (RCPT, {State.OPEN}),
    (CHUNK, {State.OPEN, State.CHUNKED}),
    (Verb.DATA, {State.OPEN}),
    (Verb.STARTTLS, {State.READY, State.OPEN, State.CHUNKED}),
    (Verb.NOOP, ANYWHERE),
    (Verb.QUIT, ANYWHERE),
]


@pytest.mark.parametrize(("command", "states"), TABLE, ids=[str(command)[:30] for command, _ in TABLE])
def test_a_command_belongs_in_its_states(command: Command, states: set[State]) -> None:
    """The table of the module."""
    assert {state for state in State if is_in_order(command, state)} == states
