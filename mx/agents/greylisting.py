"""The greylisting agent: puts off a sender that nobody has heard of, until it tries again.

Off unless a policy's `agents` names it. It delays first mail by minutes, which is its price; who is vouched for, by
the sender lists or another agent, is not put off. Mail with the null reverse-path is not either: it carries DSNs, and
the probes of servers that ask whether a recipient exists.

Standards: RFC 6647 (greylisting; 451 4.7.1).
Failure: the database is away: the mail goes on, and the trace says that it was not put off.
"""

from collections.abc import Callable
from datetime import datetime

from mx import reply
from mx.agents.contract import About, Answers, Fact, Go, Observe, OnFailure, RecipientNamed, Refuse
from tenants.senders.greylist import note_try
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant

NAME = "greylisting"


class Greylisting:
    """Remembers tries through what it is given."""

    about = About(NAME, on_failure=OnFailure.GO_ON, judges_sender=True)

    def __init__(self, threads: DatabaseThreads, now: Callable[[], datetime]) -> None:
        self._threads, self._now = threads, now

    async def on_recipient(self, event: RecipientNamed) -> Answers:
        """451 for the first try."""
        if event.reverse_path.is_null:
            return Go()
        left = await self._threads.run(
            OfTenant(event.customer.tenant_id),
            note_try,
            tenant_id=event.customer.tenant_id,
            client=event.client.address,
            reverse_path=event.reverse_path.address,
            recipient=event.recipient.address,
            now=self._now(),
        )
        if not left:
            return Go()
        seconds = f"{left.total_seconds():.0f} s"
        return Observe(facts=(Fact("put-off", seconds),)), Refuse(reply.GREYLISTED)
