"""Lists of recipients that were not applied: told until something else is done about the domain's recipients.

Comes in: the refusal of a list that would remove too many, or everybody (`recipients.replace_list`). Goes out: for each
domain the list that was refused last. The audit keeps it: an entry of its own, in a transaction of its own, because
that of the list was undone.

Failure: none of its own.
Limits: MOST_LOOKED_AT entries of the tenant's audit about recipients are looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.customers.audit import record_action
from tenants.storage.tables import people

MOST_LOOKED_AT = 1000
_ALL_ABOUT_RECIPIENTS = "recipients."
_REFUSED = "recipients.import-refused"


@dataclass(frozen=True, slots=True)
class RefusedList:
    """One list that was not applied."""

    at: datetime
    who: str
    """Who gave it: a user's address, or `command line`."""
    reason: str
    """In a sentence, for people."""


def note_refused_list(session: Session, *, tenant_id: int, domain: str, who: str, reason: str, now: datetime) -> None:
    """A list for this domain was not applied."""
    record_action(
        session,
        at=now,
        tenant_id=tenant_id,
        who=who,
        action=_REFUSED,
        subject=domain,
        details={"reason": reason},
    )


def refused_lists(session: Session, *, tenant_id: int) -> Mapping[str, RefusedList]:
    """By the domain's name; where anything was done about its recipients since, it is told no more."""
    table = people.audit
    about = table.c.action.startswith(_ALL_ABOUT_RECIPIENTS, autoescape=True)
    wanted = select(table).where(table.c.tenant_id == tenant_id, about).order_by(table.c.id.desc())
    newest: dict[str, tuple[str, RefusedList]] = {}
    for row in session.execute(wanted.limit(MOST_LOOKED_AT)):
        refused = RefusedList(row.at, row.who, row.details.get("reason", ""))
        newest.setdefault(row.subject, (row.action, refused))
    return {name: refused for name, (action, refused) in newest.items() if action == _REFUSED}
