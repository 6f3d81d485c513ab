"""The wall clock that parts are given; apart, so that no process imports another kind's parts for it."""

from datetime import UTC, datetime


def present_time() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)
