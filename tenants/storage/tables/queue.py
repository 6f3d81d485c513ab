"""The tables of the queue: one row for each recipient whose copy waits for the next hop, and which next hops rest.

States: queued -> delivered | undeliverable (it is then held) | dropped (a person said so). A queued row is worked on
under a lease; the fence grows with each lease, so that a worker that was away too long can no longer settle anything.
A copy that a person holds back is queued, and due at END_OF_TIME.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, text

from tenants.storage.tables.column_types import Moment, NumberedId, Words, metadata, numbered

delivery = Table(
    "delivery",
    metadata,
    numbered(),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("transaction_id", Words, ForeignKey("message.transaction_id"), nullable=False, index=True),
    Column("domain", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("body", Words, nullable=False, index=True),
    Column("record", Words, index=True),
    # What goes above the message's first octet: trace headers, nothing from inside the message.
    Column("headers_on_top", LargeBinary, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_reply", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("lease_owner", Words, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("fence", Integer, nullable=False),
    # The kind of mail of our own that it is (tenants/queue/notices.py); NULL: a tenant's mail.
    Column("notice", Words),
    # The transaction that a notice reports on, where it reports on one.
    Column("reports", Words),
)
_IS_QUEUED = text("state = 'queued'")
Index("ix_delivery_tenant_id_state_id", delivery.c.tenant_id, delivery.c.state, delivery.c.id)
Index(
    "ix_delivery_due",
    delivery.c.next_attempt_at,
    sqlite_where=_IS_QUEUED,
    postgresql_where=_IS_QUEUED,
)
# What a lease looks through: the first row of each lane, then the lane's rows in the order of their time.
Index(
    "ix_delivery_lane",
    delivery.c.tenant_id,
    delivery.c.domain,
    delivery.c.next_attempt_at,
    sqlite_where=_IS_QUEUED,
    postgresql_where=_IS_QUEUED,
)
Index("ix_delivery_expires_at", delivery.c.expires_at, sqlite_where=_IS_QUEUED, postgresql_where=_IS_QUEUED)

# The lanes (a tenant's mail for one domain) whose next hop did not answer: nothing of theirs is offered before `until`,
# and then one transfer, to see. A row that is missing costs attempts, and nothing else.
lane_rest = Table(
    "lane_rest",
    metadata,
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), primary_key=True),
    Column("domain", Words, primary_key=True),
    Column("until", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("reason", Words, nullable=False),
)
