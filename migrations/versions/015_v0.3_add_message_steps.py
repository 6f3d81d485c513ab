"""Steps of a message's way, kept for a while where the policy asks for snapshots.

Expands only. Ask for snapshots when every process is of this release: the one before does not know the policy's entry.
"""

import sqlalchemy as sa
from alembic import op

revision = "015"
down_revision = "014"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add one table."""
    op.create_table(
        "message_step",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", _NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_message_step_transaction_id", "message_step", ["transaction_id"])
    op.create_index("ix_message_step_expires_at", "message_step", ["expires_at"])
