"""Sender lists in the order of code points, and an index along which each list is read page by page.

Expands only: the release before asks as it did. On PostgreSQL the key's index is made anew, unless the database was set
up with the locale C; the table itself is not written.
"""

import sqlalchemy as sa
from alembic import op

revision = "013"
down_revision = "012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say how entries are ordered, and add an index."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("listed_sender", "entry", type_=sa.Text(collation="C"), existing_nullable=False)
    op.create_index("ix_listed_sender_tenant_id_listing_entry", "listed_sender", ["tenant_id", "listing", "entry"])
