"""Artifacts: byte strings that some mail program could open, and where each came from.

The anatomy makes them, engines examine them, people see them as a tree. An artifact names its parent by number;
number 0 is the message itself. An ambiguity is a place that two mail programs read in different ways.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

ENCRYPTED_MEMBER = "encrypted-member"
"""The reading of what stays encrypted in an archive that lists its names in the clear: a name, and no content."""


class Content(Protocol):
    """Octets that can be read any number of times."""

    @property
    def octets(self) -> int: ...

    def chunks(self) -> Iterator[bytes]:
        """The octets in order, in pieces of at most 64 KiB unless they are in memory already."""
        ...


@dataclass(frozen=True, slots=True)
class Octets:
    """A Content in memory."""

    raw: bytes

    @property
    def octets(self) -> int:
        return len(self.raw)

    def chunks(self) -> Iterator[bytes]:
        """All of it, when there is any."""
        if self.raw:
            yield self.raw


@dataclass(frozen=True, slots=True)
class Artifact:
    """One byte string and its place in the tree."""

    number: int
    parent: int | None
    name: str
    """What a person would call it: the declared file name, or a made one (`text`, `part 2`). May be hostile text."""
    declared_type: str
    """The media type that the message claims, in lower case; empty when it claims none."""
    reading: str
    """How it was come by: `message`, `headers`, `body`, `part`, `zip-member`, `gzip-content`, `tar-member`, ...;
    ENCRYPTED_MEMBER for what is there by name alone, which no engine is shown."""
    sha256: str
    content: Content
    names: tuple[str, ...] = ()
    """Every other name that some mail program could show for it; hostile text."""
    true_type: str = ""
    """What it is by its own octets: a media type; empty where nothing is known of them."""
    span: tuple[int, int] | None = None
    """Where its MIME part, header and all, begins and ends in the message; None for what is no MIME part of it."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A place that mail programs read differently; the name is from the list in `mx/anatomy/ambiguities.py`."""

    name: str
    artifact: int
