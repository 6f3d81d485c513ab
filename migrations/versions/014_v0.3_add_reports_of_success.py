"""Reports of success name the blob that they are about. Expands only: the release before leaves the column empty."""

import sqlalchemy as sa
from alembic import op

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one column and its index."""
    is_waiting = sa.text("done_at IS NULL")
    op.add_column("notice", sa.Column("body", sa.Text(), nullable=True))
    op.create_index("ix_notice_body", "notice", ["body"], sqlite_where=is_waiting, postgresql_where=is_waiting)
