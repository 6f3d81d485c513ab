"""What is accounted for: one line for each copy that is ours to keep, in the queue or in the quarantine.

Together with what the next hops took, what was refused, discarded or returned, this is every message ever answered 250.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.quarantine.book import STILL_HELD
from tenants.queue.book import DeliveryState
from tenants.storage.tables import customers, mail, quarantine, queue


@dataclass(frozen=True, slots=True)
class AccountedCopy:
    """One copy that we hold."""

    where: str
    """`queue` or `quarantine`."""
    tenant: str
    message_id: str
    recipient: str
    subject: str


def accounted(session: Session) -> Iterator[AccountedCopy]:
    """Every copy in the queue, then every copy in the quarantine, each in the order it came; read in portions."""
    tenant, message, delivery, held = customers.tenant, mail.message, queue.delivery, quarantine.held
    queued = (
        select(tenant.c.name, message.c.message_id, delivery.c.recipient.label("address"), message.c.subject)
        .select_from(delivery)
        # A report stands for the message that it reports.
        .join(message, message.c.transaction_id == func.coalesce(delivery.c.reports, delivery.c.transaction_id))
        .join(tenant, tenant.c.id == delivery.c.tenant_id)
        .where(delivery.c.state == DeliveryState.QUEUED.value)
        .order_by(delivery.c.id)
    )
    recipient = quarantine.held_recipient
    kept = (
        select(tenant.c.name, message.c.message_id, recipient.c.address, message.c.subject)
        .select_from(held)
        .join(recipient, recipient.c.held_id == held.c.id)
        .join(message, message.c.transaction_id == held.c.transaction_id)
        .join(tenant, tenant.c.id == held.c.tenant_id)
        .where(held.c.state.in_([state.value for state in STILL_HELD]), recipient.c.released_at.is_(None))
        .order_by(held.c.id, recipient.c.address)
    )
    for where, wanted in (("queue", queued), ("quarantine", kept)):
        for row in session.execute(wanted.execution_options(yield_per=1000)):
            yield AccountedCopy(where, row.name, row.message_id, row.address, row.subject)
