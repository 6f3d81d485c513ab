"""Archives made in code or by Debian's archivers, for the tests of the readers of archives."""

import ctypes
import gzip
import io
import shutil
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import py7zr
import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Locked, Member, Obstacle, Oddity, Reader, Step, whole
from mx.artifact import ENCRYPTED_MEMBER
from tests.contracts.mail import encrypted_zip

RAR_4, RAR_5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"


def steps_of(reader: Reader, octets: bytes, passwords: tuple[str, ...] = ()) -> list[Step]:
    """Everything that the reader gives, with what is locked tried by these passwords."""
    return list(_unlocked(reader(whole(octets), Budget(lambda: 0.0)), passwords))


def _unlocked(steps: Iterator[Step], passwords: tuple[str, ...]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Locked):
            yield from _unlocked(step.open_with(passwords), passwords)
        else:
            yield step


def contents_of(steps: list[Step]) -> list[bytes]:
    """The members' octets."""
    return [step.content.raw for step in steps if isinstance(step, Member) and step.reading != ENCRYPTED_MEMBER]


def names_alone(steps: list[Step]) -> list[tuple[str, ...]]:
    """The names of each member that stays encrypted; none has a content."""
    members = [step for step in steps if isinstance(step, Member) and step.reading == ENCRYPTED_MEMBER]
    assert not any(member.content.octets for member in members)
    return [(member.name, *member.names) for member in members]


def names_of(steps: list[Step]) -> set[str]:
    """The names of obstacles and oddities."""
    found = {step.name for step in steps if isinstance(step, Obstacle)}
    return found | {step.name.value for step in steps if isinstance(step, Oddity)}


def made_by(command: list[str], archive: str, files: dict[str, bytes], stdin: bytes | None = None) -> bytes:
    """What this archiver makes of these files; the test is skipped where the program is missing."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, timeout=30)
        made = Path(folder, archive)
        assert made.exists() or done.stdout, done.stderr
        return made.read_bytes() if made.exists() else done.stdout


def rar_4(content: bytes, name: bytes = b"file.bin", *, flags: int = 0, archive_flags: int = 0) -> bytes:
    """A rar of the fourth generation with one stored file."""
    archive = _block_4(0x73, archive_flags, bytes(6))
    fields = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0, 20, 0x30, len(name), 32)
    return RAR_4 + archive + _block_4(0x74, 0x8000 | flags, fields + name) + content + _block_4(0x7B, 0x4000, b"")


def _block_4(kind: int, flags: int, rest: bytes) -> bytes:
    block = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
    return struct.pack("<H", zlib.crc32(block) & 0xFFFF) + block


def rar_5(content: bytes, name: bytes = b"file.bin", *, extra: bytes = b"", kind: int = 2) -> bytes:
    """A rar of the fifth generation with one stored file; `kind` 3 makes it a service block."""
    flags = 2 | (1 if extra else 0)
    head = bytes([kind, flags]) + (_vint(len(extra)) if extra else b"") + _vint(len(content))
    fields = bytes([4]) + _vint(len(content)) + b"\x20" + struct.pack("<I", zlib.crc32(content)) + b"\0\1"
    file = _block_5(head + fields + _vint(len(name)) + name + extra) + content
    return RAR_5 + _block_5(b"\1\0\0") + file + _block_5(b"\5\0\0")


def rar_5_with_encrypted_headers() -> bytes:
    """Everything behind the encryption header is noise to whoever has no password."""
    return RAR_5 + _block_5(b"\4\0\0\0\x0f" + bytes(16)) + bytes(range(200))


def _block_5(header: bytes) -> bytes:
    sized = _vint(len(header)) + header
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _vint(number: int) -> bytes:
    octets = bytearray()
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    return bytes([*octets, number])


def lha(content: bytes, name: bytes = b"file.bin") -> bytes:
    """An archive of lha with one stored file, its header of level 0."""
    fields = b"-lh0-" + struct.pack("<IIIBB", len(content), len(content), 0, 0x20, 0) + bytes([len(name)]) + name
    header = fields + bytes(2)
    return bytes([len(header), sum(header) & 255]) + header + content + b"\0"


def rpm(payload: bytes) -> bytes:
    """A package of rpm whose payload this is: the lead, two empty headers, the payload."""
    lead = b"\xed\xab\xee\xdb\3\0\0\0" + bytes(88)
    return lead + (b"\x8e\xad\xe8\1" + bytes(12)) * 2 + payload


def written_by_libarchive(form: str, files: dict[str, bytes], packing: str = "") -> bytes:
    """An archive of this form, as libarchive writes it."""
    try:
        library = ctypes.CDLL("libarchive.so.13")
    except OSError:
        pytest.skip("libarchive is not installed")
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.archive_write_new.restype = library.archive_entry_new.restype = pointer
    library.archive_write_data.restype = ctypes.c_ssize_t
    archive, buffer, used = pointer(library.archive_write_new()), ctypes.create_string_buffer(4 << 20), size()
    assert getattr(library, f"archive_write_set_format_{form}")(archive) == 0
    if packing:
        assert getattr(library, f"archive_write_add_filter_{packing}")(archive) == 0
    library.archive_write_set_bytes_per_block(archive, 0)
    assert library.archive_write_open_memory(archive, buffer, size(len(buffer)), ctypes.byref(used)) == 0
    for name, content in files.items():
        entry = pointer(library.archive_entry_new())
        library.archive_entry_set_pathname(entry, name.encode())
        library.archive_entry_set_size(entry, ctypes.c_int64(len(content)))
        library.archive_entry_set_filetype(entry, 0o100000)
        library.archive_entry_set_perm(entry, 0o644)
        assert library.archive_write_header(archive, entry) == 0
        assert library.archive_write_data(archive, content, size(len(content))) == len(content)
        library.archive_entry_free(entry)
    assert library.archive_write_close(archive) == 0
    library.archive_write_free(archive)
    return buffer.raw[: used.value]


def encrypted_seven_zip(content: bytes, password: str = "secret") -> bytes:
    """A 7z whose headers and content are encrypted."""
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", password=password, header_encryption=True) as archive:
        archive.writestr(content, "a.com")
    return file.getvalue()


def one_of_each(content: bytes) -> dict[str, bytes]:
    """This content in every form that can be made without a program."""
    files = {"a.com": content}
    in_libarchive = {form: written_by_libarchive(form, files) for form in ("7zip", "xar", "iso9660", "cpio_newc")}
    packed = {
        form: written_by_libarchive("cpio_newc", files, form) for form in ("lz4", "compress", "zstd", "lzip", "xz")
    }
    return {
        **in_libarchive,
        **packed,
        "rar 4": rar_4(content),
        "rar 5": rar_5(content),
        "lha": lha(content),
        "rpm": rpm(gzip.compress(written_by_libarchive("cpio_newc", files))),
        "encrypted 7z": encrypted_seven_zip(content),
        "encrypted zip": encrypted_zip(content, b"secret"),
    }
