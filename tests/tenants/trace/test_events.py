"""Events keep their JSON form: what one release wrote, the next one reads."""

from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenants.trace.events import (
    EVENT_KINDS,
    DeliveryAttempted,
    Event,
    MessageReceived,
    UnknownEvent,
    from_json,
    to_json,
)
from tests.contracts.customer_world import NOW

EVENTS = Path(__file__).parents[3] / "docs" / "events.md"
SAMPLES: dict[object, Any] = {
    str: "text",
    int: 7,
    float: 0.5,
    bool: True,
    datetime: NOW + timedelta(seconds=1),
    tuple[str, ...]: ("a", "b"),
}


def sample(kind: type[Event]) -> Event:
    return kind(**{field.name: SAMPLES[field.type] for field in fields(kind)})


@pytest.mark.parametrize("kind", [kind for kind in EVENT_KINDS if kind is not UnknownEvent], ids=lambda kind: kind.name)
def test_every_event_comes_back_from_json_as_it_was(kind: type[Event]) -> None:
    """Transaction and tenant are in the row's columns."""
    event = sample(kind)
    record = to_json(event)
    assert record["event"] == kind.name
    assert not {"transaction", "tenant_id"} & record.keys()
    assert from_json(record, event.transaction, event.tenant_id) == event


def test_names_are_static_and_each_kinds_own() -> None:
    """They are what logs are searched for."""
    assert len({kind.name for kind in EVENT_KINDS}) == len(EVENT_KINDS)
    assert all(kind.name == kind.name.lower() and " " not in kind.name for kind in EVENT_KINDS)


def test_every_kind_of_event_is_one_of_all() -> None:
    """Each begins with transaction, tenant and time."""
    assert all([field.name for field in fields(kind)][:3] == ["transaction", "tenant_id", "at"] for kind in EVENT_KINDS)


@pytest.mark.parametrize("kind", EVENT_KINDS, ids=lambda kind: kind.name)
def test_every_event_is_documented_with_its_fields(kind: type[Event]) -> None:
    """In docs/events.md, in the words of its docstring."""
    (line,) = [line for line in EVENTS.read_text().splitlines() if line.startswith(f"| `{kind.name}` |")]
    assert " ".join((kind.__doc__ or "").split()) in line
    assert all(f"`{field.name}`" in line for field in fields(kind)[3:])


def test_an_event_of_a_newer_release_is_shown_as_unknown() -> None:
    """Its name is kept."""
    record = {"event": "message-blessed", "at": NOW.isoformat(), "by": "whom"}
    assert from_json(record, "t", 1) == UnknownEvent("t", 1, NOW, "message-blessed")


def test_fields_that_are_new_take_their_default_and_unknown_ones_are_left_out() -> None:
    """Both happen while two releases run side by side."""
    record = to_json(sample(MessageReceived))
    del record["helo"]
    record["colour"] = "blue"
    event = from_json(record, "t", 1)
    assert isinstance(event, MessageReceived) and event.helo == ""


@pytest.mark.parametrize("at", [None, 5, "yesterday"])
def test_a_record_without_a_time_is_nonsense(at: object) -> None:
    """No release of ours wrote it."""
    record = to_json(sample(DeliveryAttempted)) | {"at": at}
    with pytest.raises(ValueError, match=r"time|isoformat"):
        from_json(record, "t", 1)
