"""Tables of the recipients that are known of each domain, and of how a domain's recipients are learned."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from tenants.storage.tables.column_types import Moment, NumberedId, Words, metadata

recipient_source = Table(
    "recipient_source",
    metadata,
    Column("domain_id", NumberedId, ForeignKey("domain.id"), primary_key=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False, index=True),
    # `call-out`, `list`, `ldap` or `accept-all`; a domain without a row asks its next hop.
    Column("source", Words, nullable=False),
    # When the next hop last took a recipient that nobody has: NULL, it did not.
    Column("takes_all_since", Moment),
    Column("probed_at", Moment),
)

recipient = Table(
    "recipient",
    metadata,
    Column("domain_id", NumberedId, ForeignKey("domain.id"), primary_key=True),
    # Lower case; the local part alone.
    Column("local_part", Words, primary_key=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("is_known", Boolean, nullable=False),
    # Where that is known from: `call-out`, `list` or `ldap`.
    Column("source", Words, nullable=False),
    Column("checked_at", Moment, nullable=False),
    # What the next hop said when it did not know the recipient, as one line without its name and address.
    Column("refusal", Words),
)
