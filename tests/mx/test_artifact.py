"""Artifacts are values."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError

import pytest

from mx.artifact import Ambiguity, Artifact


class Octets:
    """Content in memory."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    @property
    def octets(self) -> int:
        return len(self._octets)

    def chunks(self) -> Iterator[bytes]:
        yield self._octets


def test_an_artifact_cannot_be_changed_after_it_was_made() -> None:
    """What was examined is what is forwarded: nobody swaps the content in between."""
    artifact = Artifact(0, None, "message", "", "message", "00" * 32, Octets(b"abc"))
    with pytest.raises(FrozenInstanceError):
        artifact.name = "other"  # type: ignore[misc]
    assert b"".join(artifact.content.chunks()) == b"abc"


def test_ambiguities_are_equal_by_name_and_place() -> None:
    """Two readings that stumble over the same thing report it once."""
    assert len({Ambiguity("header-nul", 1), Ambiguity("header-nul", 1), Ambiguity("header-nul", 2)}) == 2
