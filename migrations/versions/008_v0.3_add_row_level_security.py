"""Row-level security on PostgreSQL, so that a statement which forgets its tenant finds nothing.

Changes no table. Roles, grants and policies are made after every revision by `tenants/storage/row_security.py`, which
lists them for all tables; this number tells a release that works through them from a database that has none yet.
The release before works on as the owner of the tables, for whom there is a policy of its own.
"""

revision = "008"
down_revision = "007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing here."""
