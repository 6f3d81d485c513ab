"""Tables of the messages: what is known of each, what happened to it, and where its sealed octets are.

A message's key is the transaction's id, which sorts as time does. Its row is written with the trace, up to a second
after the reply, or at once with the row that holds or queues it, whichever comes first. Only metadata stands here in
the clear: addresses, Message-ID, subject. Bodies, previews and part names are in blobs.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, false

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

message = Table(
    "message",
    metadata,
    Column("transaction_id", Words, primary_key=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("client_address", Words, nullable=False),
    Column("reverse_path", Words, nullable=False),
    Column("message_id", Words, nullable=False, index=True),
    Column("subject", Words, nullable=False),
    Column("octets", BigInteger, nullable=False),
    Column("is_eight_bit", Boolean, nullable=False),
    Column("is_smtputf8", Boolean, nullable=False),
    Column("verdict", Words, nullable=False),
    # The sender wants verified TLS all the way (RFC 8689).
    Column("requires_tls", Boolean, nullable=False, server_default=false()),
    # What the sender asks to be told: the parameters of MAIL (RFC 3461).
    Column("dsn", Words, nullable=False, server_default=""),
    # The stamp of another service does not verify: it is not forwarded, from wherever.
    Column("is_stamp_forged", Boolean, nullable=False, server_default=false()),
    # Subject and addresses, case-folded here because SQLite folds ASCII only.
    Column("search_text", Words, nullable=False),
)
Index("ix_message_tenant_id_transaction_id", message.c.tenant_id, message.c.transaction_id)
Index("ix_message_received_at", message.c.received_at)

message_recipient = Table(
    "message_recipient",
    metadata,
    Column("transaction_id", Words, primary_key=True),
    # Lower case, for looking up only: the address as written is in the event and in the delivery.
    Column("address", Words, primary_key=True),
    # The parameters of its RCPT (RFC 3461); empty when there were none.
    Column("dsn", Words, nullable=False, server_default=""),
)
Index("ix_message_recipient_address", message_recipient.c.address)

message_event = Table(
    "message_event",
    metadata,
    numbered(),
    # No foreign key: events may arrive before the message's own row.
    Column("transaction_id", Words, nullable=False, index=True),
    Column("tenant_id", NumberedId, nullable=False),
    Column("at", Moment, nullable=False),
    # The events of one transaction that were written together.
    Column("events", Document, nullable=False),
)

message_step = Table(
    "message_step",
    metadata,
    numbered(),
    Column("transaction_id", Words, nullable=False, index=True),
    Column("tenant_id", NumberedId, nullable=False),
    Column("at", Moment, nullable=False),
    # One event, in the form of `message_event`.
    Column("events", Document, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

blob = Table(
    "blob",
    metadata,
    # Its name in the blob store: random, made before the octets were stored.
    Column("name", Words, primary_key=True),
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("kind", Words, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    # Of the tenant's key that wraps the data key now.
    Column("key_version", Integer, nullable=False),
    # Of the one that the octets are bound to, where that was another.
    Column("sealed_version", Integer),
    Column("octets", BigInteger, nullable=False),
    Column("stored_at", Moment, nullable=False),
)
