"""Tables of the people: users, what they may do for which tenant, how they sign in, and what they did.

Tokens are never stored, only their SHA-256: they are 256 random bits, so a plain digest cannot be guessed backwards.
"""

from sqlalchemy import Column, ForeignKey, Index, Table

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

app_user = Table(
    "app_user",
    metadata,
    numbered(),
    # Lower case.
    Column("email", Words, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("user_id", NumberedId, ForeignKey("app_user.id"), primary_key=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), primary_key=True, index=True),
    Column("role", Words, nullable=False),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_sha256", Words, primary_key=True),
    Column("user_id", NumberedId, ForeignKey("app_user.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

portal_session = Table(
    "portal_session",
    metadata,
    Column("token_sha256", Words, primary_key=True),
    Column("user_id", NumberedId, ForeignKey("app_user.id"), nullable=False, index=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    numbered(),
    Column("at", Moment, nullable=False),
    # NULL: not about one tenant.
    Column("tenant_id", NumberedId),
    Column("who", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("details", Document, nullable=False),
)
Index("ix_audit_tenant_id_id", audit.c.tenant_id, audit.c.id)
