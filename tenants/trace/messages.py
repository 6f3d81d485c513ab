"""The book of messages: the facts of each, and the list of recent ones that people read.

A message's row is written by whoever comes first: the trace (batched, up to 1 s after the reply), or the transaction
that holds or queues the message. Both give the same facts, so the second changes nothing; what the sender asks to be
told, and whether its stamp is forged, is known to the transaction alone: nobody needs it of a message that is gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from tenants.refusals import NotFound
from tenants.storage.statements import insert_if_absent, insert_or_complete
from tenants.storage.tables import mail

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is known of one message when it has been received."""

    transaction: str
    tenant_id: int
    received_at: datetime
    client_address: str
    reverse_path: str
    """Empty for the null reverse-path."""
    recipients: tuple[str, ...]
    message_id: str
    """With its angle brackets, as it stands in the message; may be hostile text."""
    subject: str
    """Decoded; may be hostile text."""
    octets: int
    is_eight_bit: bool = False
    is_smtputf8: bool = False
    verdict: str = ""
    """Empty while the message has not been examined."""
    requires_tls: bool = False
    """It may travel over verified TLS only (RFC 8689)."""
    dsn: str = ""
    """What the sender asks to be told: the parameters of MAIL as they came (RFC 3461)."""
    recipients_dsn: tuple[tuple[str, str], ...] = ()
    """Address in lower case, and the parameters of its RCPT, where there were any."""
    is_stamp_forged: bool = False
    """The antivirus stamp of another service that it came with does not verify, and is not forwarded."""


def remember_messages(session: Session, messages: Iterable[MessageFacts]) -> None:
    """Write the rows of these messages; one that is there already only learns its verdict, if it had none."""
    given = list(messages)
    insert_or_complete(session, mail.message, [_row(facts) for facts in given], missing="verdict")
    addresses = {(facts.transaction, recipient.lower()): None for facts in given for recipient in facts.recipients}
    asked = {(facts.transaction, address): words for facts in given for address, words in facts.recipients_dsn}
    rows = [
        {"transaction_id": transaction, "address": address, "dsn": asked.get((transaction, address), "")}
        for transaction, address in addresses
    ]
    insert_if_absent(session, mail.message_recipient, rows)


def list_messages(
    session: Session, *, tenant_id: int | None, search: str = "", before: str = "", limit: int = PAGE_ROWS
) -> tuple[MessageFacts, ...]:
    """A tenant's messages (None: everybody's), newest first; the next page is before the last one's transaction."""
    table = mail.message
    wanted = select(table).order_by(table.c.transaction_id.desc()).limit(limit)
    if tenant_id is not None:
        wanted = wanted.where(table.c.tenant_id == tenant_id)
    if before:
        wanted = wanted.where(table.c.transaction_id < before)
    return facts_of(session, searched(wanted, search))


def get_message(session: Session, *, tenant_id: int | None, transaction: str) -> MessageFacts:
    """One message of a tenant (None: of anybody). Raises NotFound."""
    wanted = select(mail.message).where(mail.message.c.transaction_id == transaction)
    if tenant_id is not None:
        wanted = wanted.where(mail.message.c.tenant_id == tenant_id)
    found = facts_of(session, wanted)
    if not found:
        raise NotFound(f"There is no message {transaction!r}.")
    return found[0]


def recipients_dsn(session: Session, transactions: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Of these messages, by transaction: `MessageFacts.recipients_dsn`."""
    table = mail.message_recipient
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    asked = select(table).where(table.c.transaction_id.in_(transactions), table.c.dsn != "")
    for row in session.execute(asked):
        found[row.transaction_id] = (*found.get(row.transaction_id, ()), (row.address, row.dsn))
    return found


def searched(wanted: Select[Any], search: str) -> Select[Any]:
    """The SELECT narrowed to messages whose subject or addresses contain each of the words given."""
    for word in search.casefold().split():
        wanted = wanted.where(mail.message.c.search_text.contains(word, autoescape=True))
    return wanted


def facts_of(session: Session, wanted: Select[Any]) -> tuple[MessageFacts, ...]:
    """The messages that a SELECT of the message table gives, in its order, with their recipients."""
    rows = session.execute(wanted).all()
    table = mail.message_recipient
    addresses = session.execute(
        select(table).where(table.c.transaction_id.in_([row.transaction_id for row in rows])).order_by(table.c.address)
    )
    recipients: dict[str, list[str]] = {}
    for address in addresses:
        recipients.setdefault(address.transaction_id, []).append(address.address)
    return tuple(facts_from_row(row, tuple(recipients.get(row.transaction_id, ()))) for row in rows)


def facts_from_row(
    row: Row[Any], recipients: tuple[str, ...], recipients_dsn: tuple[tuple[str, str], ...] = ()
) -> MessageFacts:
    """The facts in a row that has the message table's columns."""
    return MessageFacts(
        row.transaction_id,
        row.tenant_id,
        row.received_at,
        row.client_address,
        row.reverse_path,
        recipients,
        row.message_id,
        row.subject,
        row.octets,
        row.is_eight_bit,
        row.is_smtputf8,
        row.verdict,
        row.requires_tls,
        row.dsn,
        recipients_dsn,
        row.is_stamp_forged,
    )


def _row(facts: MessageFacts) -> dict[str, object]:
    return {
        "transaction_id": facts.transaction,
        "tenant_id": facts.tenant_id,
        "received_at": facts.received_at,
        "client_address": facts.client_address,
        "reverse_path": facts.reverse_path,
        "message_id": facts.message_id,
        "subject": facts.subject,
        "octets": facts.octets,
        "is_eight_bit": facts.is_eight_bit,
        "is_smtputf8": facts.is_smtputf8,
        "verdict": facts.verdict,
        "requires_tls": facts.requires_tls,
        "dsn": facts.dsn,
        "is_stamp_forged": facts.is_stamp_forged,
        "search_text": "\n".join((facts.subject, facts.reverse_path, *facts.recipients)).casefold(),
    }
