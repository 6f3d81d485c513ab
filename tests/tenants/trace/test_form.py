"""Events keep their JSON form: what one release wrote, the next one reads."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.trace.events import EVENT_KINDS, DeliveryAttempted, Event, MessageReceived, UnknownEvent
from tenants.trace.form import from_json, to_json
from tests.contracts.customer_world import NOW

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
