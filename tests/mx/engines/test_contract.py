"""The values of the seam."""

import dataclasses

import pytest

from mx.engines.contract import EngineState


def test_a_state_is_a_value() -> None:
    """What was reported once does not change under the reader; what an engine does not state stays empty."""
    state = EngineState("one", True, "ready")
    assert (state.version, state.signature_version, state.signature_time) == ("", "", None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.text = "broken"  # type: ignore[misc]
