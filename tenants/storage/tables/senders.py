"""Tables about senders: whom a tenant wants to hear from or not, and who has been put off by greylisting.

`listed_sender` may have millions of rows for one tenant: it is asked for rows by their whole key, or for a page of a
list along its index.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table

from tenants.storage.tables.column_types import Moment, NumberedId, OrderedWords, Words, metadata

listed_sender = Table(
    "listed_sender",
    metadata,
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), primary_key=True),
    # An address, a domain, or a network, in the one spelling of `tenants.senders.lists.canonical_entry`.
    Column("entry", OrderedWords, primary_key=True),
    # `allow` or `block`.
    Column("listing", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("added_by", Words, nullable=False),
)
Index(
    "ix_listed_sender_tenant_id_listing_entry",
    listed_sender.c.tenant_id,
    listed_sender.c.listing,
    listed_sender.c.entry,
)

greylisted = Table(
    "greylisted",
    metadata,
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), primary_key=True),
    # A digest: who wrote to whom is not kept.
    Column("digest", LargeBinary, primary_key=True),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("passes", Integer, nullable=False),
)
Index("ix_greylisted_last_seen_at", greylisted.c.last_seen_at)
