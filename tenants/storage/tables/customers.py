"""Tables of the customers: who they are, their keys, domains, routes and policies.

A deleted tenant or domain keeps its row, so that RCPT can answer 451 for seven days and the trace stays readable; the
name is free again at once, because only rows that are not deleted must be unique.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

tenant = Table(
    "tenant",
    metadata,
    numbered(),
    Column("name", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("plan", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("suspended_at", Moment),
    Column("deleted_at", Moment),
)
Index(
    "uq_tenant_name",
    tenant.c.name,
    unique=True,
    sqlite_where=tenant.c.deleted_at.is_(None),
    postgresql_where=tenant.c.deleted_at.is_(None),
)

tenant_key = Table(
    "tenant_key",
    metadata,
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    # Wrapped by the master key. Deleting the row makes everything sealed with it unreadable for good.
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

master_key = Table(
    "master_key",
    metadata,
    # The highest of a KMS key is the newest.
    Column("number", Integer, primary_key=True, autoincrement=False),
    # As the setting writes it.
    Column("kms_key", Words, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

domain = Table(
    "domain",
    metadata,
    numbered(),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False, index=True),
    # Lower case, A-labels.
    Column("name", Words, nullable=False),
    Column("mx_name", Words, nullable=False),
    Column("verification_token", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("verified_at", Moment),
    Column("deleted_at", Moment),
)
Index(
    "uq_domain_name",
    domain.c.name,
    unique=True,
    sqlite_where=domain.c.deleted_at.is_(None),
    postgresql_where=domain.c.deleted_at.is_(None),
)
Index("ix_domain_name_deleted_at", domain.c.name, domain.c.deleted_at)

route = Table(
    "route",
    metadata,
    numbered(),
    Column("domain_id", NumberedId, ForeignKey("domain.id"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("scheme", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("port", Integer, nullable=False),
    # As behind `?` in the text of a route (tenants/domains/route_terms.py).
    # `priority` is the place among the domain's routes.
    Column("terms", Words, nullable=False, server_default=""),
    UniqueConstraint("domain_id", "priority"),
)

policy = Table(
    "policy",
    metadata,
    numbered(),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    # NULL: the tenant's own policy, which each of its domains may differ from.
    Column("domain_id", NumberedId, ForeignKey("domain.id"), unique=True),
    # Only what differs from the level below: the tenant's from the default, the domain's from the tenant's.
    Column("entries", Document, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
Index(
    "uq_policy_tenant_id",
    policy.c.tenant_id,
    unique=True,
    sqlite_where=policy.c.domain_id.is_(None),
    postgresql_where=policy.c.domain_id.is_(None),
)
