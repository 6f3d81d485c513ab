"""The book of recipients: who is known of each domain, where that is known from, and how old it is.

Four sources: `call-out` (the next hop is asked; the default), `list` (an uploaded list is the truth), `ldap` (what the
domain's directory gave last is, `directories.py`), `accept-all` (nobody is asked, the end of data tells).
What a call-out learns is kept here, so that every node knows it and so that mail for known recipients is taken while
the next hop is away.

A local part counts in lower case: no mail server of ours to ask has two mailboxes that differ in case alone.

Failure: `Refusal` with one plain sentence. Limits: what was learned is good for `KNOWN_FOR` or `UNKNOWN_FOR`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from tenants.refusals import Refusal
from tenants.storage.statements import replace_row
from tenants.storage.tables import directories, recipients

KNOWN_FOR = timedelta(hours=24)
UNKNOWN_FOR = timedelta(minutes=15)
MOST_REMOVED_SHARE = 0.1
"""A list that would remove a larger part of the recipients is not applied unless somebody says that it is meant."""
_ROWS_AT_ONCE = 500
_NAMES = {"list": "list", "ldap": "directory"}


class Source(StrEnum):
    """How a domain's recipients are learned."""

    CALL_OUT = "call-out"
    LIST = "list"
    LDAP = "ldap"
    ACCEPT_ALL = "accept-all"


@dataclass(frozen=True, slots=True)
class RecipientSource:
    """What is known of a domain as a whole."""

    source: Source = Source.CALL_OUT
    takes_all_since: datetime | None = None
    """Its next hop takes recipients that nobody has, and has since then."""
    probed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownRecipient:
    """What is known of one recipient."""

    local_part: str
    is_known: bool
    source: Source
    checked_at: datetime
    refusal: str = ""
    """What the next hop said, when it did not know the recipient."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether it need not be asked about again; what a list or directory says is good until the next one."""
        if self.source in (Source.LIST, Source.LDAP):
            return True
        return now - self.checked_at < (KNOWN_FOR if self.is_known else UNKNOWN_FOR)


@dataclass(frozen=True, slots=True)
class ListChange:
    """What an uploaded list, or a directory, changes."""

    added: int
    removed: int
    kept: int


def source_of(session: Session, domain_id: int) -> RecipientSource:
    """How this domain's recipients are learned."""
    table = recipients.recipient_source
    row = session.execute(select(table).where(table.c.domain_id == domain_id)).one_or_none()
    if row is None:
        return RecipientSource()
    return RecipientSource(Source(row.source), row.takes_all_since, row.probed_at)


def recipient_of(session: Session, domain_id: int, local_part: str) -> KnownRecipient | None:
    """What is known of this recipient; None when nobody has asked yet."""
    table = recipients.recipient
    wanted = select(table).where(table.c.domain_id == domain_id, table.c.local_part == local_part.lower())
    row = session.execute(wanted).one_or_none()
    if row is None:
        return None
    return KnownRecipient(row.local_part, row.is_known, Source(row.source), row.checked_at, row.refusal or "")


def what_is_known(session: Session, domain_id: int, local_part: str) -> tuple[RecipientSource, KnownRecipient | None]:
    """Both, as RCPT asks."""
    return source_of(session, domain_id), recipient_of(session, domain_id, local_part)


def set_source(session: Session, *, tenant_id: int, domain_id: int, source: Source) -> None:
    """Learn this domain's recipients in another way from now on; what a directory needs is forgotten with it."""
    if source is not Source.LDAP:
        session.execute(delete(directories.recipient_directory).where(_of_domain(domain_id)))
    keys = {"domain_id": domain_id}
    values = {"tenant_id": tenant_id, "source": source.value, "takes_all_since": None, "probed_at": None}
    replace_row(session, recipients.recipient_source, keys, values)


def _of_domain(domain_id: int) -> ColumnElement[bool]:
    return directories.recipient_directory.c.domain_id == domain_id


def note_probe(session: Session, *, tenant_id: int, domain_id: int, takes_all: bool, now: datetime) -> None:
    """The next hop was asked about a recipient that nobody has."""
    before = source_of(session, domain_id)
    since = (before.takes_all_since or now) if takes_all else None
    values = {"tenant_id": tenant_id, "source": before.source.value, "takes_all_since": since, "probed_at": now}
    replace_row(session, recipients.recipient_source, {"domain_id": domain_id}, values)


def note_answer(
    session: Session, *, tenant_id: int, domain_id: int, local_part: str, refusal: str | None, now: datetime
) -> None:
    """The next hop was asked about this recipient; `refusal` is None where it took it."""
    values = {
        "tenant_id": tenant_id,
        "is_known": refusal is None,
        "source": Source.CALL_OUT.value,
        "checked_at": now,
        "refusal": refusal,
    }
    replace_row(session, recipients.recipient, {"domain_id": domain_id, "local_part": local_part.lower()}, values)


def replace_list(
    session: Session,
    *,
    tenant_id: int,
    domain_id: int,
    local_parts: Iterable[str],
    now: datetime,
    may_remove_many: bool = False,
    source: Source = Source.LIST,
) -> ListChange:
    """Make this list (or what a directory gave) the truth about the domain.

    Refuses one that would remove too many of those that list or directory named, unless that is meant.
    """
    table = recipients.recipient
    wanted = {local_part.lower() for local_part in local_parts}
    rows = session.execute(select(table.c.local_part, table.c.source).where(table.c.domain_id == domain_id))
    sources = {row.local_part: row.source for row in rows}
    before = {local_part for local_part, known_by in sources.items() if known_by in _NAMES}
    gone = before - wanted
    if not wanted:
        raise Refusal(f"The {_NAMES[source]} is empty; it would refuse everybody's mail.")
    if len(gone) > MOST_REMOVED_SHARE * len(before) and not may_remove_many:
        raise Refusal(
            f"The {_NAMES[source]} would remove {len(gone)} of {len(before)} recipients, more than a tenth. "
            "Nothing was changed; if it is meant, say so with --remove-many."
        )
    for some in _portions(sources.keys() - wanted):
        session.execute(delete(table).where(table.c.domain_id == domain_id, table.c.local_part.in_(some)))
    # One statement for all who stay: a hundred thousand of them are the usual case, and SQLite has one writer.
    values = {"is_known": True, "source": source.value, "checked_at": now, "refusal": None}
    session.execute(update(table).where(table.c.domain_id == domain_id).values(**values))
    own = {"domain_id": domain_id, "tenant_id": tenant_id, **values}
    for some in _portions(wanted - sources.keys()):
        session.execute(insert(table), [{**own, "local_part": each} for each in some])
    set_source(session, tenant_id=tenant_id, domain_id=domain_id, source=source)
    return ListChange(added=len(wanted - before), removed=len(gone), kept=len(wanted & before))


def _portions(names: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _ROWS_AT_ONCE):
        yield ordered[start : start + _ROWS_AT_ONCE]


def count_recipients(session: Session, domain_id: int) -> int:
    """How many recipients are known of this domain."""
    table = recipients.recipient
    counted = select(func.count()).where(table.c.domain_id == domain_id, table.c.is_known.is_(True))
    return session.scalar(counted) or 0


def list_recipients(session: Session, domain_id: int) -> tuple[KnownRecipient, ...]:
    """Everybody that something is known of, by name."""
    table = recipients.recipient
    rows = session.execute(select(table).where(table.c.domain_id == domain_id).order_by(table.c.local_part))
    return tuple(
        KnownRecipient(row.local_part, row.is_known, Source(row.source), row.checked_at, row.refusal or "")
        for row in rows
    )
