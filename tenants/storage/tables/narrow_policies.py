"""Tables of policies below the domain: groups of recipients, who is in them, and what a group or a recipient asked for.

A group belongs to a tenant and may have members of several of its domains. Addresses are in lower case, their domains
as A-labels. The entries are differences, as in the table `policy`.
"""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

recipient_group = Table(
    "recipient_group",
    metadata,
    numbered(),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("name", Words, nullable=False),
    # NULL: nobody has changed anything for the group.
    Column("entries", Document),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

group_member = Table(
    "group_member",
    metadata,
    Column("group_id", NumberedId, ForeignKey("recipient_group.id"), primary_key=True),
    Column("address", Words, primary_key=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
)
Index("ix_group_member_tenant_id_address", group_member.c.tenant_id, group_member.c.address)

recipient_policy = Table(
    "recipient_policy",
    metadata,
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), primary_key=True),
    Column("address", Words, primary_key=True),
    Column("entries", Document, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
