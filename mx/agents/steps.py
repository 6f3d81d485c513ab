"""What an agent's answer changes, in lines for people: the steps of a snapshot. Pure.

Comes in: the answers, or that there was none. Goes out: lines that begin with `+` for what is added, `=` for what is
said and changes nothing yet.

Limits: a line is cut at 500 characters; nothing of the message's content is in one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from mx.agents.answers import NotAnAnswer
from mx.agents.contract import AddHeaders, Answer, Go, Observe, Refuse, Spare, Vouch
from tenants.trace.events import Stepped

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One agent, asked once."""

    agent: str
    hook: str
    seconds: float
    changes: tuple[str, ...]

    def event(self, transaction: str, tenant_id: int, now: datetime, hours: int) -> Stepped:
        """The same for the trace, which keeps it for so many hours."""
        expires_at = now + timedelta(hours=hours)
        seconds = round(self.seconds, 4)
        return Stepped(transaction, tenant_id, now, self.agent, self.hook, seconds, self.changes, expires_at)


def changes_of(given: Sequence[Answer] | NotAnAnswer) -> tuple[str, ...]:
    """The lines; none where the agent has nothing to say."""
    if isinstance(given, NotAnAnswer):
        return (f"= failed: {given}"[:MOST_CHARACTERS],)
    return tuple(line[:MOST_CHARACTERS] for answer in given for line in _lines(answer))


def _lines(answer: Answer) -> Iterator[str]:
    match answer:
        case Go():
            return
        case Refuse():
            yield f"= refused: {answer.reply.line}"
        case Observe():
            for found in answer.findings:
                yield f"+ finding {found.severity} {found.name} (part {found.artifact})"
            for fact in answer.facts:
                yield f"= {fact.name} {fact.value}"
        case AddHeaders():
            for field in answer.fields:
                yield f"+ {' '.join(field.split())}"
        case Vouch():
            yield "= vouched for the sender: spam and phishing do not count"
        case Spare():
            yield f"= {len(answer.digests)} artifacts were examined elsewhere"
        case _:
            assert_never(answer)
