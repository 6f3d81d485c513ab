"""Recipients: who is known of each domain, from where, since when; and how each domain's recipients are learned."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add both tables; a domain without a row asks its next hop, as every domain does by default."""
    op.create_table(
        "recipient_source",
        sa.Column("domain_id", _NUMBER, sa.ForeignKey("domain.id"), primary_key=True),
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("takes_all_since", sa.BigInteger()),
        sa.Column("probed_at", sa.BigInteger()),
    )
    op.create_index("ix_recipient_source_tenant_id", "recipient_source", ["tenant_id"])
    op.create_table(
        "recipient",
        sa.Column("domain_id", _NUMBER, sa.ForeignKey("domain.id"), primary_key=True),
        sa.Column("local_part", sa.Text(), primary_key=True),
        sa.Column("tenant_id", _NUMBER, sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("refusal", sa.Text()),
    )
    op.create_index("ix_recipient_tenant_id", "recipient", ["tenant_id"])
