"""Master keys that AWS KMS has wrapped. Expands only: the release before does not know the table."""

import sqlalchemy as sa
from alembic import op

revision = "012"
down_revision = "011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one table, empty unless the master key is kept by KMS."""
    op.create_table(
        "master_key",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kms_key", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_master_key")),
    )
