"""What a sender asks to be told of a message, and that it may travel over verified TLS only.

Expands only: the release before this one neither reads nor writes the new columns, and goes on as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three columns."""
    op.add_column("message", sa.Column("requires_tls", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("message", sa.Column("dsn", sa.Text(), nullable=False, server_default=""))
    op.add_column("message_recipient", sa.Column("dsn", sa.Text(), nullable=False, server_default=""))
