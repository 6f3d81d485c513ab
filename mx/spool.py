"""Spool: one message's octets, written once, then read as often as anybody likes.

Made by the SMTP transport while data arrives, frozen at the end of data, read by the cells, the next hop and the blob
stores. Up to 1 MiB it is plain memory; above that an unnamed file, encrypted with a key that lives in memory alone
(AES-256 in counter mode, so that any octet can be read without the ones before it). Never durable: only a blob store
makes octets durable. A spool is also a `Content` (`mx/artifact.py`), so it can be the content of an artifact.

Failure: a full disk or quota raises SpoolFull; SMTP answers 452 and nothing was promised. Any other OSError is a
broken machine and becomes a 451 at the transaction's boundary.
Limits: the caller counts octets against the message size limit; a spool only counts what it holds.
Known gaps: counter mode does not notice a changed file. Nobody else can open an unnamed file, save root, who could
change our memory as well.
"""

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

MEMORY_OCTETS = 1 << 20
CHUNK_OCTETS = 1 << 16
_BLOCK_OCTETS = 16
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SpoolFull(OSError):
    """There is no room left for a message that is being received."""


class Spool:
    """One message's octets. `folder` is where the unnamed file goes (the system's temporary folder when None)."""

    __slots__ = ("_closed", "_file", "_folder", "_frozen", "_memory", "_octets", "_pieces")

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._memory = b""
        self._file: _EncryptedFile | None = None
        self._octets = 0
        self._frozen = False
        self._closed = False

    @property
    def octets(self) -> int:
        """How many octets have been written."""
        return self._octets

    @property
    def is_in_memory(self) -> bool:
        return self._file is None

    def write(self, octets: bytes) -> None:
        """Add octets at the end. Raises SpoolFull when the disk has no room, ValueError once frozen."""
        if self._frozen or self._closed:
            raise ValueError("a frozen spool takes no more octets")
        self._octets += len(octets)
        if self._file is not None:
            self._file.append(octets)
            return
        self._pieces.append(bytes(octets))
        if self._octets > MEMORY_OCTETS:
            self._file = _EncryptedFile(self._folder)
            self._file.append(b"".join(self._pieces))
            self._pieces.clear()

    def freeze(self) -> None:
        """End the writing; only now may the octets be read. Freezing twice does nothing."""
        if not self._frozen:
            self._memory = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
            self._frozen = True

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` octets from `offset` on; fewer only at the end."""
        self._check_readable()
        if offset < 0 or length < 0:
            raise ValueError("an offset and a length are never negative")
        if self._file is not None:
            return self._file.read(offset, min(length, max(0, self._octets - offset)))
        return self._memory[offset : offset + length]

    def chunks(self) -> Iterator[bytes]:
        """All octets in order: one piece from memory, or pieces of 64 KiB from the file."""
        self._check_readable()
        if self._file is None:
            if self._memory:
                yield self._memory
            return
        for offset in range(0, self._octets, CHUNK_OCTETS):
            yield self.read(offset, CHUNK_OCTETS)

    def close(self) -> None:
        """Forget the octets, and the key with them. Closing twice does nothing."""
        self._closed = True
        self._memory = b""
        self._pieces.clear()
        if self._file is not None:
            self._file.close()

    def _check_readable(self) -> None:
        if self._closed or not self._frozen:
            raise ValueError("a spool is read between its freezing and its closing")


class _EncryptedFile:
    """An unnamed file that only holds cipher text."""

    __slots__ = ("_cipher", "_file", "_key", "_nonce")

    def __init__(self, folder: Path | None) -> None:
        self._key = secrets.token_bytes(32)
        self._nonce = secrets.randbits(128)
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115
        except OSError as error:
            raise _as_full(error) from error
        self._cipher = self._cipher_at(0)

    def append(self, octets: bytes) -> None:
        remaining = memoryview(self._cipher.update(octets))
        try:
            while remaining:
                remaining = remaining[os.write(self._file.fileno(), remaining) :]
        except OSError as error:
            raise _as_full(error) from error

    def read(self, offset: int, length: int) -> bytes:
        block, skipped = divmod(offset, _BLOCK_OCTETS)
        cipher = self._cipher_at(block)
        cipher.update(bytes(skipped))
        pieces = []
        while length > 0 and (piece := os.pread(self._file.fileno(), length, offset)):
            pieces.append(cipher.update(piece))
            offset += len(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        self._file.close()

    def _cipher_at(self, block: int) -> CipherContext:
        counter = (self._nonce + block) % (1 << 128)
        return Cipher(AES256(self._key), CTR(counter.to_bytes(_BLOCK_OCTETS, "big"))).encryptor()


def _as_full(error: OSError) -> OSError:
    return SpoolFull(error.errno, error.strerror) if error.errno in _FULL else error
