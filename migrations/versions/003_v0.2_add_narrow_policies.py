"""Policies of groups and of single recipients; and when what is held is scanned again by itself.

Expands only: the release before this one neither reads nor writes what is new, and goes on as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add three tables, and three columns of the quarantine."""
    op.create_table(
        "recipient_group",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entries", sa.Text()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="uq_recipient_group_tenant_id_name"),
    )
    op.create_table(
        "group_member",
        sa.Column("group_id", _NUMBER, sa.ForeignKey("recipient_group.id"), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), nullable=False),
    )
    op.create_index("ix_group_member_tenant_id_address", "group_member", ["tenant_id", "address"])
    op.create_table(
        "recipient_policy",
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.add_column("held", sa.Column("rescan_at", sa.BigInteger()))
    op.add_column("held", sa.Column("rescans", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("held", sa.Column("only_if_clean", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_held_rescan_at",
        "held",
        ["rescan_at"],
        sqlite_where=sa.text("rescan_at IS NOT NULL"),
        postgresql_where=sa.text("rescan_at IS NOT NULL"),
    )
