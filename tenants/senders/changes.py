"""Changes of sender lists, each written into the audit in the same transaction: who did what, and to which entries.

The command line and the portal change lists through here alone, so that no change is without its author.

Failure: as in `sender_lists.py`; nothing is changed then, and nothing written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tenants.customers.audit import AuditEntry, list_actions, record_action
from tenants.list_file import Line
from tenants.refusals import Refusal
from tenants.senders.lists import Listing, canonical_entry, put_senders, remove_senders

HEADINGS = ("address", "domain", "email", "entry", "network", "sender")
"""What the first line of a file may be called."""
MOST_NAMED = 20
"""So many entries of one change stand in the audit by name; of the others it says how many."""
_SUBJECT = "senders"


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes which tenant's lists, and when."""

    tenant_id: int
    who: str
    now: datetime


def entries_in(lines: Sequence[Line]) -> list[str]:
    """The canonical entries of a list. Raises Refusal that names the first line which is none."""
    entries = []
    for line in lines:
        try:
            entries.append(canonical_entry(line.text))
        except Refusal as refusal:
            raise Refusal(f"Line {line.number} of the list: {refusal} Nothing was changed.") from None
    return list(dict.fromkeys(entries))


def put_and_note(session: Session, author: Author, listing: Listing, entries: Sequence[str], note: str) -> int:
    """Give these entries (canonical ones) this listing; returns how many they are."""
    count = put_senders(
        session,
        tenant_id=author.tenant_id,
        listing=listing,
        entries=entries,
        now=author.now,
        who=author.who,
        note=note,
    )
    _note(session, author, listing.value, entries)
    return count


def remove_and_note(session: Session, author: Author, entries: Sequence[str]) -> None:
    """Take these entries (canonical ones) off. Raises NotFound for one that is not there."""
    remove_senders(session, tenant_id=author.tenant_id, entries=entries)
    _note(session, author, "remove", entries)


def list_changes(session: Session, *, tenant_id: int, before: int | None, limit: int) -> tuple[AuditEntry, ...]:
    """The tenant's changes, newest first; the next page is before the last one's number."""
    return list_actions(session, tenant_id=tenant_id, before=before, limit=limit, subject=_SUBJECT)


def _note(session: Session, author: Author, what: str, entries: Sequence[str]) -> None:
    more = len(entries) - MOST_NAMED
    shown = " ".join(entries[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    record_action(
        session,
        at=author.now,
        tenant_id=author.tenant_id,
        who=author.who,
        action=f"senders.{what}",
        subject=_SUBJECT,
        details={"entries": shown},
    )
