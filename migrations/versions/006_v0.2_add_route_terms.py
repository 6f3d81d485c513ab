"""Terms of routes: TLS, weight, limits, and what else the text of a route says behind its port.

Expands only: the release before this one reads and writes routes as it did, without terms. It does not keep to them
either: a route that requires TLS is to be set once every node runs this release.
"""

import sqlalchemy as sa
from alembic import op

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one column of the routes."""
    op.add_column("route", sa.Column("terms", sa.Text(), nullable=False, server_default=""))
