"""All tables at once: what Alembic compares the database with.

Importing the subject files is what registers their tables; this is the one place that imports them all.
"""

from sqlalchemy import MetaData

from tenants.storage.tables import (
    customers,
    directories,
    engines,
    mail,
    narrow_policies,
    notices,
    people,
    quarantine,
    queue,
    recipients,
    senders,
)

SUBJECTS = (
    customers,
    mail,
    quarantine,
    queue,
    people,
    engines,
    recipients,
    narrow_policies,
    senders,
    notices,
    directories,
)


def whole_schema() -> MetaData:
    """The MetaData with every subject's tables in it."""
    schema: MetaData = SUBJECTS[0].metadata
    return schema
