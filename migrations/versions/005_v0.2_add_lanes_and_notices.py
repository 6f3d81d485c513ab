"""The queue's lanes, and mail of our own: notices that are to be written, and which deliveries are such.

Expands only: the release before this one leases as it did, and sends a delivery that is a notice to its tenant's next
hop or, where there is none, not at all; it stays queued until a process of this release takes it.
"""

import sqlalchemy as sa
from alembic import op

revision = "005"
down_revision = "004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IS_QUEUED = sa.text("state = 'queued'")
_IS_WAITING = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Add two columns and two indexes of the queue, and two tables."""
    op.add_column("delivery", sa.Column("notice", sa.Text()))
    op.add_column("delivery", sa.Column("reports", sa.Text()))
    for name, columns in (
        ("ix_delivery_lane", ["tenant_id", "domain", "next_attempt_at"]),
        ("ix_delivery_expires_at", ["expires_at"]),
    ):
        op.create_index(name, "delivery", columns, sqlite_where=_IS_QUEUED, postgresql_where=_IS_QUEUED)
    op.create_table(
        "lane_rest",
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("domain", sa.Text(), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("about", sa.Text()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("asked_from", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
    )
    op.create_index("ix_notice_due_at", "notice", ["due_at"], sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING)
    op.create_index("ix_notice_asked_at", "notice", ["asked_at"])
    op.create_index("ix_notice_about", "notice", ["about"])
