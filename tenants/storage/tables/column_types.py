"""Column types that behave alike on SQLite and PostgreSQL, and the one MetaData that all tables are in.

* `Moment`: an aware UTC datetime, stored as whole microseconds since 1970 in a 64-bit integer. SQLite has no time
  type and its drivers drop the zone; an integer compares, sorts and indexes the same way in both databases.
* `Document`: JSON as text. It is read and written whole and never searched into, so no database's JSON type is needed.
* `Words`: text of whatever origin; nothing that a message holds can make a statement fail.
* `OrderedWords`: the same, ordered by code point in both databases, whatever locale PostgreSQL was set up with; so a
  range of keys is what begins alike, and pages follow each other as Python sorts.
* `NumberedId`: a 64-bit number made by the database.

Failure: a naive datetime raises `ValueError` before anything is sent to the database; it would be an hour's error
unseen.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
START_OF_TIME = _EPOCH
"""What a time column holds before anything happened, where NULL would make every comparison a double one."""

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""What a time column holds where something is never to happen by itself."""


def moment_of(microseconds: int) -> datetime:
    """So many after the beginning of 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, to the microsecond."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else moment_of(value)


class Words(TypeDecorator[str]):
    """Text, perhaps a stranger's: NUL and lone surrogates, which PostgreSQL cannot store, become a visible mark."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class OrderedWords(Words):
    """Text in the order of its code points."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C" if dialect.name == "postgresql" else None)


class Document(TypeDecorator[Any]):
    """A JSON value, stored as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        # ASCII, so that NUL and lone surrogates are escaped and come back as they were.
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


NumberedId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the type is exactly INTEGER; it is 64 bits wide all the same."""


def numbered() -> Column[int]:
    """The primary key of a table whose rows the database numbers."""
    return Column("id", NumberedId, primary_key=True)
