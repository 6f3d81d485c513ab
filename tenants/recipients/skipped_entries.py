"""What a directory gave besides addresses of the domain: how much, and the first few of it. Pure.

Comes in and goes out: the document that the book of directories keeps. Failure: none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many entries and addresses were skipped; `first` is fit to be shown to anybody."""

    count: int = 0
    first: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As it is kept."""
        return {"count": self.count, "first": list(self.first)}


def skipped_of(document: Mapping[str, Any]) -> Skipped:
    """What `as_document` gave; nothing, where nothing was kept yet."""
    return Skipped(document.get("count", 0), tuple(document.get("first", ())))
