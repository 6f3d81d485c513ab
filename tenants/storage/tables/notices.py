"""The table of notices: mail of our own that is to be written, one row for each.

States: asked for (`done_at` empty) -> done: it is in the queue, or will not be sent. Rows that are done stay for an
hour, because they are counted where notices are asked for too often. Leased as the queue's rows are.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, text

from tenants.storage.tables.column_types import Document, Moment, NumberedId, Words, metadata, numbered

notice = Table(
    "notice",
    metadata,
    numbered(),
    # Whose mail it is about; the operator's where it is nobody's.
    Column("tenant_id", NumberedId, ForeignKey("tenant.id"), nullable=False),
    Column("kind", Words, nullable=False),
    # Whom it goes to.
    Column("recipient", Words, nullable=False),
    # The transaction that it reports on, where it reports on one.
    Column("about", Words),
    # What it is to say.
    Column("details", Document, nullable=False),
    # The address of the machine that asked for it, where somebody did.
    Column("asked_from", Words, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", Moment),
    Column("lease_owner", Words, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("fence", Integer, nullable=False),
    # The blob of the message that it reports on, where nothing else keeps it: one that was passed on.
    Column("body", Words),
)
_IS_WAITING = text("done_at IS NULL")
Index("ix_notice_due_at", notice.c.due_at, sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING)
Index("ix_notice_asked_at", notice.c.asked_at)
Index("ix_notice_about", notice.c.about)
Index("ix_notice_body", notice.c.body, sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING)
