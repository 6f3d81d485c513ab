"""Directories that recipients are read from.

Expands only. Name a directory when every process is of this release: the one before does not know the source `ldap`,
and answers 451 for such a domain.
"""

import sqlalchemy as sa
from alembic import op

revision = "011"
down_revision = "010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add one table."""
    op.create_table(
        "recipient_directory",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("domain_id", _NUMBER, sa.ForeignKey("domain.id"), nullable=False, unique=True),
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("starttls", sa.Boolean(), nullable=False),
        sa.Column("authorities", sa.Text(), nullable=False),
        sa.Column("bind_dn", sa.Text(), nullable=False),
        sa.Column("password", sa.LargeBinary()),
        sa.Column("key_version", sa.Integer()),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("synced_at", sa.BigInteger()),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
    )
    op.create_index("ix_recipient_directory_tenant_id", "recipient_directory", ["tenant_id"])
    op.create_index("ix_recipient_directory_due_at", "recipient_directory", ["due_at"])
