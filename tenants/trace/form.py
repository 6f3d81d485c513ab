"""The JSON form of the trace's events: as they are kept, logged, and printed. Pure.

Comes in: an event of `events.py`. Goes out: JSON values; and back.

Failure: a form that no release of ours wrote raises `ValueError`; a name that a newer release wrote becomes an
`UnknownEvent`, so that an older release still shows the rest.
"""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from tenants.trace.events import EVENT_KINDS, Event, UnknownEvent

_KIND_OF = {kind.name: kind for kind in EVENT_KINDS if kind is not UnknownEvent}
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in EVENT_KINDS}
_IN_THE_ROW = ("transaction", "tenant_id")
"""Fields that the row has columns for."""
_TIMES = frozenset({"at", "next_attempt_at", "expires_at"})


def to_json(event: Event) -> dict[str, Any]:
    """The event as JSON values; transaction and tenant are left out, because the row states them."""
    record: dict[str, Any] = {"event": event.name}
    for name in _FIELDS[type(event)]:
        value = getattr(event, name)
        if name in _TIMES:
            record[name] = value.isoformat()
        elif name not in _IN_THE_ROW:
            record[name] = value
    return record


def from_json(record: dict[str, Any], transaction: str, tenant_id: int) -> Event:
    """The event that `to_json` made this of; fields that are new in this release take their defaults."""
    at = _time(record.get("at"))
    kind = _KIND_OF.get(str(record.get("event")))
    if kind is None:
        return UnknownEvent(transaction, tenant_id, at, str(record.get("event")))
    given = {name: record[name] for name in _FIELDS[kind] if name in record}
    values: dict[str, Any] = {name: _time(value) if name in _TIMES else _value(value) for name, value in given.items()}
    return kind(**(values | {"transaction": transaction, "tenant_id": tenant_id}))


def _value(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _time(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not the time of an event")
    return datetime.fromisoformat(value).astimezone(UTC)
