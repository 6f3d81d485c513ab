"""The table of directories: where a domain's recipients are read from, when, and what became of the last try.

Leased as the queue's rows are, so that one node at a time asks.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

recipient_directory = Table(
    "recipient_directory",
    metadata,
    numbered(),
    Column("domain_id", NumberedId, ForeignKey("domain.id"), nullable=False, unique=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False, index=True),
    # `ldap://HOST:PORT` or `ldaps://HOST:PORT`.
    Column("url", Words, nullable=False),
    # Whether nothing is said before StartTLS; only of `ldap://`.
    Column("starttls", Boolean, nullable=False),
    # Certificates to trust in place of the machine's, in PEM form; empty: the machine's.
    Column("authorities", Words, nullable=False),
    # Empty: nobody in particular asks, and there is no password.
    Column("bind_dn", Words, nullable=False),
    # Sealed with this version of the tenant's key.
    Column("password", LargeBinary),
    Column("key_version", Integer),
    Column("base", Words, nullable=False),
    Column("filter", Words, nullable=False),
    Column("every_minutes", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("lease_owner", Words, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("tried_at", Moment),
    # When what it gave was last applied.
    Column("synced_at", Moment),
    # Why the last try came to nothing, as a sentence; empty: it did not.
    Column("trouble", Words, nullable=False),
    # What the last answer held besides addresses of the domain: `{"count": 3, "first": [...]}`.
    Column("skipped", Document, nullable=False),
)
Index("ix_recipient_directory_due_at", recipient_directory.c.due_at)
