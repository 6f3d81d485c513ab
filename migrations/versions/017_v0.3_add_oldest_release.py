"""Which releases may still run on these tables, so that a release can be taken back.

Expands only: one more column beside Alembic's own, which the release before does not read.
"""

import sqlalchemy as sa
from alembic import op

revision = "017"
down_revision = "016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one column; `tenants/storage/migration.py` fills it each time that it migrates."""
    op.add_column("alembic_version", sa.Column("oldest", sa.String(32)))
