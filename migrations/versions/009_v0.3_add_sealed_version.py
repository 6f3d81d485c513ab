"""Rotation of tenants' keys: which version of the key a blob's octets are bound to, where another wraps its data key.

Expands only. Rotate when every process is of this release: the one before cannot read what was wrapped anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "009"
down_revision = "008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one column; empty: the version that wraps the data key."""
    op.add_column("blob", sa.Column("sealed_version", sa.Integer()))
