"""Statements that several books need and that the two databases spell differently, or answer with different errors."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Executable, Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants.refusals import AlreadyExists


def is_postgresql(session: Session) -> bool:
    """Whether this session speaks to PostgreSQL (and not to SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


def insert_new(session: Session, table: Table, values: Mapping[str, object], conflict: str) -> int:
    """Insert one row and return its number; `AlreadyExists(conflict)` when it is not unique."""
    try:
        # A savepoint, because PostgreSQL ends the whole transaction at the first conflict.
        with session.begin_nested():
            result = session.execute(insert(table).values(**values))
    except IntegrityError as error:
        raise AlreadyExists(conflict) from error
    number: int = result.inserted_primary_key[0]  # type: ignore[attr-defined]
    return number


def insert_if_absent(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key is not there yet, and leave the others as they are."""
    if rows:
        session.execute(_inserting_absent(table, is_postgresql(session)), list(rows))


def insert_or_complete(session: Session, table: Table, rows: Sequence[Mapping[str, Any]], missing: str) -> None:
    """Insert rows; where one is there whose text in the column `missing` is empty, give it that text alone."""
    if rows:
        session.execute(_completing(table, missing, is_postgresql(session)), list(rows))


# Built once for each table: every batch of the trace executes both, and to build one takes as long as to execute it.
@cache
def _inserting_absent(table: Table, is_postgresql: bool) -> Executable:
    statement: Executable = _insert(table, is_postgresql).on_conflict_do_nothing()
    return statement


@cache
def _completing(table: Table, missing: str, is_postgresql: bool) -> Executable:
    statement = _insert(table, is_postgresql)
    completed: Executable = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={missing: statement.excluded[missing]},
        where=table.c[missing] == "",
    )
    return completed


def replace_row(session: Session, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Insert a row, or give the row with this primary key these values."""
    statement = _insert(table, is_postgresql(session)).values(**keys, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=dict(values)))


def replace_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one shape; one whose primary key is there already takes that row's place."""
    if not rows:
        return
    statement = _insert(table, is_postgresql(session))
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def _insert(table: Table, is_postgresql: bool) -> Any:
    """The INSERT of this database, which can say what becomes of rows that are there already."""
    # Imported here: that of the other database is not needed, and PostgreSQL's costs every process 25 ms at its start.
    if is_postgresql:
        from sqlalchemy.dialects.postgresql import insert as of_postgresql

        return of_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as of_sqlite

    return of_sqlite(table)


def due_rows(session: Session, table: Table, condition: ColumnElement[bool], order: Any, limit: int) -> CTE:
    """The numbers of up to `limit` rows to lease, as the inner part of an UPDATE.

    On PostgreSQL the rows are locked and rows that another worker is about to lease are stepped over. SQLite needs
    neither: its transaction began with the write lock. A common table expression, because PostgreSQL evaluates it
    exactly once; a sub-select under IN may be run again and then lease more than `limit`.
    """
    chosen = select(table.c.id).where(condition).order_by(order).limit(limit)
    if is_postgresql(session):
        chosen = chosen.with_for_update(skip_locked=True)
    return chosen.cte("due")
