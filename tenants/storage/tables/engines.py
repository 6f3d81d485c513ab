"""Tables about the engines: what each node says of its own, and which findings the operator has declared false."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Table

from tenants.storage.tables.column_types import Moment, NumberedId, Words, metadata, numbered

engine_state = Table(
    "engine_state",
    metadata,
    Column("node", Words, primary_key=True),
    Column("engine", Words, primary_key=True),
    Column("version", Words, nullable=False),
    Column("signature_version", Words, nullable=False),
    Column("signature_time", Moment),
    Column("state", Words, nullable=False),
    Column("is_confined", Boolean, nullable=False),
    Column("scans", BigInteger, nullable=False),
    Column("detections", BigInteger, nullable=False),
    Column("median_seconds", Float),
    Column("reported_at", Moment, nullable=False),
)

ignored_finding = Table(
    "ignored_finding",
    metadata,
    numbered(),
    Column("name", Words, nullable=False),
    # NULL: for every tenant.
    Column("tenant_id", NumberedId, ForeignKey("tenant.id")),
    Column("since", Moment, nullable=False),
    Column("who", Words, nullable=False),
)
Index(
    "uq_ignored_finding_name",
    ignored_finding.c.name,
    unique=True,
    sqlite_where=ignored_finding.c.tenant_id.is_(None),
    postgresql_where=ignored_finding.c.tenant_id.is_(None),
)
Index("uq_ignored_finding_tenant_id_name", ignored_finding.c.tenant_id, ignored_finding.c.name, unique=True)
