"""Header lines of agents beside what is held, for its release.

Expands only: the release before neither writes nor reads them, and releases as it did.
"""

import sqlalchemy as sa
from alembic import op

revision = "016"
down_revision = "015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one column."""
    op.add_column("held_recipient", sa.Column("agent_headers", sa.LargeBinary()))
