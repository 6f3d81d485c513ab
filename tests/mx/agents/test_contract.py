"""The agents' contract: every event has one method, and says whose mail it is."""

from dataclasses import fields, is_dataclass

import pytest

from mx.agents.contract import AgentEvent, Hook


def test_every_event_has_one_hook() -> None:
    """The table of hooks and the union of events are the same list, in the same order."""
    assert tuple(hook.event for hook in Hook) == AgentEvent.__args__


def test_methods_are_named_after_their_hook() -> None:
    """`Hook.CONNECT` is `on_connect`."""
    assert [hook.method for hook in Hook] == [f"on_{hook.name.lower()}" for hook in Hook]


@pytest.mark.parametrize("event", [hook.event for hook in Hook])
def test_every_event_is_frozen_and_names_its_customer(event: type[AgentEvent]) -> None:
    """An agent can change nothing in what it is told, and always knows the policy."""
    assert is_dataclass(event)
    assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert fields(event)[0].name == "customer"
