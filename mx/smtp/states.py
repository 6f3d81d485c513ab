"""The states of an SMTP session, and in which of them each command belongs. Pure.

    state      HELLO   MAIL   RCPT   DATA   BDAT   STARTTLS   others
    NEW        READY   503    503    503    503    503        as they are
    READY      READY   OPEN   503    503    503    NEW        as they are
    OPEN       READY   503    OPEN   CONTENT (503 without a recipient)   CHUNK (likewise)   NEW
    CHUNKED    READY   503    503    503    CHUNK  NEW        as they are
    CONTENT    octets up to CRLF.CRLF, then READY
    CHUNK      so many octets, then CHUNKED, or READY after the last one
    ENDED      nothing is read any more

XCLIENT, where it is offered, belongs in NEW and READY, and leads to NEW.

Standards: RFC 5321 section 4.1.4; RFC 3030 section 2 (BDAT; DATA and BDAT never in one transaction).
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from mx.smtp.grammar import Bdat, Command, Mail, Rcpt, Verb, XClient


class State(Enum):
    """Where a session is; the table is in the module's docstring."""

    NEW = auto()
    READY = auto()
    OPEN = auto()
    CHUNKED = auto()
    CONTENT = auto()
    CHUNK = auto()
    ENDED = auto()


IN_CONTENT = (State.CONTENT, State.CHUNK)
IN_TRANSACTION = (State.OPEN, State.CHUNKED, State.CONTENT, State.CHUNK)
_ALLOWED_IN: Mapping[object, tuple[State, ...]] = MappingProxyType(
    {
        Mail: (State.READY,),
        Rcpt: (State.OPEN,),
        Bdat: (State.OPEN, State.CHUNKED),
        XClient: (State.NEW, State.READY),
        Verb.DATA: (State.OPEN,),
        Verb.STARTTLS: (State.READY, State.OPEN, State.CHUNKED),
    }
)


def is_in_order(command: Command, state: State) -> bool:
    """Whether the command may stand here."""
    key = command if isinstance(command, Verb) else type(command)
    return state in _ALLOWED_IN.get(key, (state,))
