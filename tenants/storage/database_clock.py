"""What time the database says that it is: asked when a node begins, so that nodes on one database agree.

SQLite has no clock but this machine's own.
"""

from datetime import datetime

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from tenants.storage.statements import is_postgresql
from tenants.storage.tables.column_types import moment_of


def database_time(session: Session) -> datetime | None:
    """The time by PostgreSQL's clock; None on SQLite."""
    if not is_postgresql(session):
        return None
    microseconds = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    return moment_of(session.execute(select(microseconds)).scalar_one())
