"""The blob store's contract: named octets, durable once `put` has returned.

Implementations hold sealed octets only (`tenants/encryption/sealed.py` seals them) and know nothing of tenants, keys or
rows. Every one of them passes `tests/contracts/blob_store.py`. Names are made by `new_name`: 32 characters of `0-9a-f`.

Order of things: octets first, then the row that points to them; when deleting, the row first. So an interruption leaves
octets without a row, which a sweep finds (`names`), and never a row without octets.

Failure: `OSError` (no room, input/output error) leaves at most octets under a temporary name; the mail is answered 4xx.
A name that is not there raises `BlobMissing`.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import Protocol


class BlobMissing(Exception):
    """The store holds nothing under this name."""


class BlobStore(Protocol):
    """Where octets are kept. Blocking: called from threads; safe to use from several at once."""

    def put(self, name: str, content: Iterable[bytes]) -> None:
        """Store `content` under a new name. When this returns, a power cut cannot take it away."""
        ...

    def get(self, name: str) -> Iterator[bytes]:
        """The octets in order, in pieces of at most 64 KiB. Raises BlobMissing here or at the first piece."""
        ...

    def delete(self, name: str) -> None:
        """Remove the octets; a name that is not there is no error, because a sweep may be run again."""
        ...

    def names(self) -> Iterator[str]:
        """Every name stored, in no order. Names put or deleted meanwhile may or may not be among them."""
        ...

    def free_octets(self) -> int | None:
        """How many octets there is room for; None when the store does not know."""
        ...


def new_name() -> str:
    """A name that nothing has and nobody can guess."""
    return secrets.token_hex(16)
