"""Events: static names, and each documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from tenants.trace.events import EVENT_KINDS, Event

EVENTS = Path(__file__).parents[3] / "docs" / "events.md"


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
