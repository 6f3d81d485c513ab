"""Tables of the quarantine: one row for each message and reason, its recipients, the names of its findings.

States: held -> release-requested -> releasing -> released, or back to held with the reason why; held -> deleted.
What is scanned again by itself goes from held to releasing when its time has come.
`releasing` is leased: a worker that dies gives the row back when its lease ends, and its fence no longer fits.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, false

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

held = Table(
    "held",
    metadata,
    numbered(),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("transaction_id", Words, ForeignKey("message.transaction_id"), nullable=False, index=True),
    Column("held_at", Moment, nullable=False),
    Column("reason", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    # [[engine, name, artifact, severity], ...]
    Column("findings", Document, nullable=False),
    Column("body", Words, nullable=False, index=True),
    Column("record", Words, index=True),
    Column("state", Words, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("last_result", Words, nullable=False),
    Column("requested_by", Words, nullable=False),
    # Names of findings that a person has seen and releases in spite of.
    Column("override_findings", Document, nullable=False),
    Column("lease_owner", Words, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("fence", Integer, nullable=False),
    # When it is scanned again by itself; NULL: only when a person asks.
    Column("rescan_at", Moment),
    # How often that was done and every engine answered.
    Column("rescans", Integer, nullable=False, server_default="0"),
    # The release that was asked for is for what the policy would deliver now, and not in spite of it.
    Column("only_if_clean", Boolean, nullable=False, server_default=false()),
)
Index(
    "ix_held_rescan_at",
    held.c.rescan_at,
    sqlite_where=held.c.rescan_at.is_not(None),
    postgresql_where=held.c.rescan_at.is_not(None),
)
Index("ix_held_tenant_id_state_id", held.c.tenant_id, held.c.state, held.c.id)
# The worker asks every second: only the few rows that wait for it are in this index.
Index(
    "ix_held_waiting",
    held.c.id,
    sqlite_where=held.c.state.in_(("release-requested", "releasing")),
    postgresql_where=held.c.state.in_(("release-requested", "releasing")),
)

held_recipient = Table(
    "held_recipient",
    metadata,
    Column("held_id", NumberedId, ForeignKey("held.id"), primary_key=True),
    Column("address", Words, primary_key=True),
    Column("released_at", Moment),
    Column("reply", Words, nullable=False),
    # Header lines of agents, such as Authentication-Results, for the copy that is released.
    Column("agent_headers", LargeBinary),
)

held_finding = Table(
    "held_finding",
    metadata,
    Column("held_id", NumberedId, ForeignKey("held.id"), primary_key=True),
    Column("name", Words, primary_key=True),
)
Index("ix_held_finding_name", held_finding.c.name)
