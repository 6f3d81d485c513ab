"""7z archives, wherever they begin: libarchive first, py7zr for what it cannot read, passwords for what is encrypted.

Comes in: the octets. Goes out: every file. libarchive 3.6 reads neither encrypted 7z nor some methods, py7zr reads
those and not BCJ2; what both cannot read stays unread.

py7zr asks the machine how much memory it has, which a confined cell may not; and it takes 0.3 s to make a key from one
password. Functions of ours stand in place of its own while it works here: pieces of 1 MiB, and keys in a tenth of the
time, each made once. PPMd under encryption is not read: its library starts a thread, which a cell may not.

Failure: encrypted and no password fits: `encrypted.7z` (severity encrypted), and each file by name alone where the list
of files is in the clear. A file or the list of files that cannot be
read: `broken-7z` (unscannable). Octets that only begin like a 7z: the oddity `broken-7z`.
Limits: passwords are tried while `affordable` says so; a key that asks for more than 2^20 rounds is not made.
"""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# The cipher's mode, which py7zr's cipher would load with the first archive: too late in a confined cell.
import Cryptodome.Cipher._mode_cbc  # noqa: F401
import py7zr
import py7zr.compressor
import py7zr.io
import py7zr.py7zr

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget, LimitReached
from mx.anatomy.containers.contract import (
    Locked,
    Member,
    Obstacle,
    Oddity,
    Reader,
    Step,
    Stretch,
    by_name_alone,
    whole,
)
from mx.anatomy.containers.embedded import SEVEN_ZIP, stretches_from
from mx.anatomy.containers.libarchive import Asked, Failure, LibArchive
from mx.anatomy.passwords import affordable
from mx.finding import Severity

ASKED = Asked(("7zip",))
_HEADER_OCTETS = 32
_PIECE_OCTETS = 1 << 20
_MOST_KEY_ROUNDS_LOG2 = 20
_BLOCK_ROUNDS_LOG2 = 16
_BROKEN = Obstacle("broken-7z")
_ENCRYPTED = Obstacle("encrypted.7z", Severity.ENCRYPTED)


def open_seven_zips(library: LibArchive | None) -> Reader:
    """A reader of every 7z archive within."""

    def open_seven_zip(content: Stretch, budget: Budget) -> Iterator[Step]:
        for stretch in stretches_from(content, SEVEN_ZIP, budget):
            is_first = stretch.start == content.start
            has_structure = _has_structure(stretch)
            if is_first or has_structure:
                yield from _read(library, stretch, budget, is_first=is_first, has_structure=has_structure)

    return open_seven_zip


def _has_structure(stretch: Stretch) -> bool:
    """The checksum of the first header fits, or the header is blank."""
    header = stretch.base[stretch.start : min(stretch.start + _HEADER_OCTETS, stretch.end)]
    if len(header) < _HEADER_OCTETS:
        return False
    return zlib.crc32(header[12:]) == int.from_bytes(header[8:12], "little") or _is_blank(stretch)


def _is_blank(stretch: Stretch) -> bool:
    """The first header is all zero: then 7-Zip looks for the list of files itself, as no library here does."""
    return not any(stretch.base[stretch.start + 8 : min(stretch.start + _HEADER_OCTETS, stretch.end)])


def _read(
    library: LibArchive | None, stretch: Stretch, budget: Budget, *, is_first: bool, has_structure: bool
) -> Iterator[Step]:
    is_whole, has_members = library is not None, False
    for found in library.entries(stretch, ASKED, budget) if library is not None else ():
        if isinstance(found, Failure):
            is_whole = False
        elif found.octets or (found.is_file and not found.is_encrypted):
            has_members = True
            name, *names = found.names or ("",)
            yield Member(name, "", "7z-member", whole(found.octets), is_further=not is_first, names=tuple(names))
    if is_whole and not _is_blank(stretch):
        return
    if not has_structure:
        yield _BROKEN if has_members else Oddity(AmbiguityName.BROKEN_7Z)
        return
    attempt = _attempt(stretch, budget, None, make_key)
    yield from attempt.charged(budget)
    if attempt.is_encrypted:
        yield Locked(lambda passwords: _unlock(stretch, budget, passwords, attempt.unread))
    elif not attempt.is_whole or _is_blank(stretch):
        yield _BROKEN


def _unlock(
    stretch: Stretch, budget: Budget, passwords: Sequence[str], names: Sequence[tuple[str, ...]]
) -> Iterator[Step]:
    """The files, with the first password that opens the archive; `names` are those of the files that need one."""
    remembered = lru_cache(maxsize=16)(make_key)
    for password in affordable(passwords, budget):
        attempt = _attempt(stretch, budget, password, remembered)
        if attempt.is_whole:
            yield from attempt.charged(budget)
            return
    yield _ENCRYPTED
    yield from (by_name_alone(each, stretch) for each in names)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one reading by py7zr gave."""

    members: tuple[Member, ...]
    is_whole: bool
    """Everything was read, and every checksum fits."""
    is_encrypted: bool = False
    """No password was given, and one is needed."""
    unread: tuple[tuple[str, ...], ...] = ()
    """The names of each file that is listed and was not read."""

    def charged(self, budget: Budget) -> Iterator[Member]:
        for member in self.members:
            budget.charge_octets(member.content.octets)
            yield member


def _attempt(stretch: Stretch, budget: Budget, password: str | None, key_of: Callable[..., bytes]) -> _Attempt:
    """Read all that can be read with this password. Raises LimitReached."""
    writers: list[_Writer] = []
    is_whole, is_encrypted = False, False
    try:
        with _own_functions(key_of), io.BytesIO(stretch.raw) as file:
            archive = py7zr.SevenZipFile(file, password=password)
            for listed in archive.files:
                if listed.emptystream:
                    continue
                writer = _Writer(str(listed.filename), stretch.octets, budget)
                writers.append(writer)
                archive.worker.register_filelike(listed.id, py7zr.io.MemIO(writer.name, _Only(writer)))
            archive.worker.extract(file, None, parallel=False)
            is_whole = True
    except LimitReached:
        raise
    except py7zr.PasswordRequired:
        is_encrypted = True
    except Exception:
        # Hostile octets make this library raise anything at all. Nothing is lost: the archive counts as not read.
        is_whole = False
    members = tuple(writer.member() for writer in writers if writer.is_closed)
    unread = tuple((writer.name,) for writer in writers if not writer.is_closed)
    return _Attempt(members, is_whole, is_encrypted, unread)


class _Writer(py7zr.io.Py7zIO):
    """Takes one file's octets, within the budget; they are charged to it once they are known to be right."""

    def __init__(self, name: str, octets_in: int, budget: Budget) -> None:
        self.name = name
        self._octets_in = octets_in
        self._budget = budget
        self._pieces: list[bytes] = []
        self._octets = 0
        self.is_closed = False

    def member(self) -> Member:
        return Member(self.name, "", "7z-member", whole(b"".join(self._pieces)), is_further=True)

    def write(self, s: bytes | bytearray) -> int:
        self._budget.check_time()
        self._octets += len(s)
        self._budget.check_ratio(self._octets_in, self._octets)
        if self._octets > self._budget.octets_left:
            raise LimitReached("octets")
        self._pieces.append(bytes(s))
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._octets

    def close(self) -> None:
        self.is_closed = True


class _Only(py7zr.io.WriterFactory):
    """Gives the one writer there is."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer

    def create(self, filename: str) -> py7zr.io.Py7zIO:
        return self._writer


@contextmanager
def _own_functions(key_of: Callable[..., bytes]) -> Iterator[None]:
    """Our functions in place of some of py7zr's, while it works for us; and no PPMd, which would start a thread."""
    inner: Any = py7zr.compressor
    outer: Any = py7zr.py7zr
    theirs = inner.calculate_key, outer.get_memory_limit, inner.pyppmd
    inner.calculate_key, outer.get_memory_limit, inner.pyppmd = key_of, lambda: _PIECE_OCTETS, None
    try:
        yield
    finally:
        inner.calculate_key, outer.get_memory_limit, inner.pyppmd = theirs


def make_key(password: bytes, cycles: int, salt: bytes, digest: str) -> bytes:
    """The key that 7-Zip makes of a password: the digest of salt, password and a counter, 2^cycles times over.

    The counters of 2^16 rounds are laid out at once, so that the digest takes them in one piece.
    """
    if cycles == 0x3F:
        return (salt + password + bytes(32))[:32]
    if cycles > _MOST_KEY_ROUNDS_LOG2:
        raise py7zr.UnsupportedCompressionMethodError(cycles, "asks for too many rounds")
    told = hashlib.new(digest)
    rounds = 1 << min(cycles, _BLOCK_ROUNDS_LOG2)
    seed = salt + password
    stride, block = len(seed) + 8, bytearray((seed + bytes(8)) * rounds)
    block[len(seed) :: stride] = (bytes(range(256)) * (1 + rounds // 256))[:rounds]
    block[len(seed) + 1 :: stride] = b"".join(bytes([high & 255]) * 256 for high in range(1 + rounds // 256))[:rounds]
    for stage in range((1 << cycles) // rounds):
        block[len(seed) + 2 :: stride] = bytes([stage]) * rounds
        told.update(block)
    return told.digest()
