"""A content in memory, cut into any pieces, and a transfer that holds one, for the tests of delivery and engines."""

import hashlib
from collections.abc import Iterator

from mx.artifact import Artifact
from mx.delivery.contract import Transfer

HEADERS = b"Received: from c.example by mx.example; Mon, 23 Nov 2026 12:00:00 +0000\r\n"
CONTENT = b"Subject: hello\r\n\r\nGood morning.\r\n"


class Octets:
    """Octets in memory, given out in these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    @property
    def octets(self) -> int:
        """How many there are."""
        return sum(len(piece) for piece in self.pieces)

    def chunks(self) -> Iterator[bytes]:
        """The pieces as they were given."""
        yield from self.pieces


class Unreadable:
    """A content whose reading fails after the first piece, as that of a spool that was closed."""

    octets = 1 << 20

    def chunks(self) -> Iterator[bytes]:
        """One piece, then the failure."""
        yield b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n"
        raise ValueError("the spool is closed")


def transfer(
    *recipients: str,
    content: bytes = CONTENT,
    reverse_path: str = "a@sender.example",
    headers: bytes = HEADERS,
    is_eight_bit: bool = False,
    is_smtputf8: bool = False,
    has_bare_line_ends: bool = False,
) -> Transfer:
    """A transfer to these recipients (one, when none is given)."""
    named = recipients or ("b@tenant.example",)
    octets = Octets(content)
    return Transfer(reverse_path, named, headers, octets, is_eight_bit, is_smtputf8, has_bare_line_ends)


def artifact(
    content: bytes, number: int = 1, *, parent: int | None = 0, reading: str = "part", name: str = "file.bin"
) -> Artifact:
    """An artifact with this content."""
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(number, parent, name, "application/octet-stream", reading, digest, Octets(content))
