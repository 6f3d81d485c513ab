"""The table of the queue: one row for each recipient whose copy waits for the next hop.

States: queued -> delivered | undeliverable (it is then held) | dropped (a person said so). A queued row is worked on
under a lease; the fence grows with each lease, so that a worker that was away too long can no longer settle anything.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table

from tenants.tables.column_types import Moment, NumberedId, Words, metadata, numbered

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
)
Index("ix_delivery_tenant_id_state_id", delivery.c.tenant_id, delivery.c.state, delivery.c.id)
Index(
    "ix_delivery_due",
    delivery.c.next_attempt_at,
    sqlite_where=delivery.c.state == "queued",
    postgresql_where=delivery.c.state == "queued",
)
