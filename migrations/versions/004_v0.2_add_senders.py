"""Whom a tenant allows or blocks, and whom greylisting has put off.

Expands only: the release before this one neither reads nor writes what is new, and goes on as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add two tables."""
    op.create_table(
        "listed_sender",
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("entry", sa.Text(), primary_key=True),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "greylisted",
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
    )
    op.create_index("ix_greylisted_last_seen_at", "greylisted", ["last_seen_at"])
