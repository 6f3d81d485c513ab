"""Whether the antivirus stamp of another service that a message came with is forged: it is not forwarded then.

Expands only: the release before this one neither reads nor writes the new column, and goes on as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "010"
down_revision = "009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one column; what waits already was not asked about."""
    op.add_column("message", sa.Column("is_stamp_forged", sa.Boolean(), nullable=False, server_default=sa.false()))
