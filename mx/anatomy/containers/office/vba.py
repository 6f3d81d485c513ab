"""VBA projects: the source text of the macros in a document.

Comes in: the streams of a compound file, each with its path. Goes out: each module's source as a member of reading
`macro-source`, in the code page that the project names. Used by `document.py`. Modules are found in two ways: as the
project's `dir` stream lists them, and by the look of compressed source in any stream, so that a damaged or hidden
directory hides nothing.

Stomped macros: Office runs the compiled form of a module when its version fits, so a module whose source was emptied
or replaced still runs. Compiled code keeps its string constants; when some are not in the source, or there is
compiled code and no source, that is the finding `macros.stomped`, suspicious.

Standards: MS-OVBA sections 2.3.4.2 (dir stream), 2.4.1 (compression).
Failure: a module that cannot be decompressed gives what came out before the break.
Limits: decompressed octets are charged to the budget.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch, whole
from mx.finding import Severity

Streams = Mapping[tuple[str, ...], Stretch]
READING = "macro-source"
_CHUNK_OCTETS = 4096
_SOURCE_START = b"\0Attribut"
_CODE_PAGE, _PROJECT_VERSION, _MODULE_NAME, _STREAM_NAME, _WIDE_STREAM_NAME, _OFFSET = 3, 9, 0x19, 0x1A, 0x32, 0x31
_WORTH_READING = re.compile(rb"^[ \t]*(?!attribute\b|option\b|'|rem\b)[^\s]", re.IGNORECASE | re.MULTILINE)
_COMPILED_TEXT = re.compile(rb"\xb9[\x00\x04\x08](?=([\x06-\xff])\0)", re.DOTALL)
"""The opcode that pushes a constant text, before its length."""
_STOMPED = Obstacle("macros.stomped", Severity.SUSPICIOUS)
_PRINTABLE = re.compile(rb"[\x20-\x7e]+")
_MOST_MODULES = 4096


@dataclass(frozen=True, slots=True)
class _Module:
    """What the project says of one module."""

    name: str
    stream: str
    offset: int


def read_projects(streams: Streams, budget: Budget) -> Iterator[Step]:
    """The source of every module of every project in these streams."""
    read: set[tuple[str, ...]] = set()
    for path, content in streams.items():
        if path[-1].lower() == "dir":
            for module, code_page in _read_directory(content, budget):
                places = ((*path[:-1], name) for name in (module.stream, module.name))
                place = next((one for one in places if one in streams), ())
                if place and place not in read:
                    read.add(place)
                    yield from _read_module(module, code_page, streams[place], budget)
    for path, content in streams.items():
        if path not in read and content.base.find(_SOURCE_START, content.start, content.end) >= 0:
            yield from _read_unlisted(path[-1], content, budget)


def decompress(content: Stretch, budget: Budget) -> bytes:
    """What a compressed container holds, up to where it breaks."""
    base, position, end = content.base, content.start, content.end
    if base[position : position + 1] != b"\1":
        return b""
    position += 1
    pieces: list[bytes] = []
    while position + 2 <= end:
        budget.check_time()
        header = int.from_bytes(base[position : position + 2], "little")
        if header >> 12 & 7 != 3:
            break
        chunk_end = min(position + (header & 0xFFF) + 3, end)
        chunk = base[position + 2 : chunk_end]
        pieces.append(_expand(chunk) if header & 0x8000 else chunk)
        budget.charge_octets(len(pieces[-1]))
        position = chunk_end
    return b"".join(pieces)


def _expand(chunk: bytes) -> bytes:
    """One compressed chunk; at most 4096 octets come out."""
    out = bytearray()
    position = 0
    while position < len(chunk) and len(out) < _CHUNK_OCTETS:
        flags = chunk[position]
        position += 1
        for bit in range(8):
            if position >= len(chunk):
                break
            if not flags >> bit & 1:
                out.append(chunk[position])
                position += 1
                continue
            token = int.from_bytes(chunk[position : position + 2], "little")
            position += 2
            offset_bits = max((len(out) - 1).bit_length(), 4)
            offset = (token >> (16 - offset_bits)) + 1
            length = (token & (0xFFFF >> offset_bits)) + 3
            if offset > len(out):
                return bytes(out)
            copied = out[len(out) - offset : len(out) - offset + length]
            out += (bytes(copied) * (length // offset + 1))[:length]
    return bytes(out[:_CHUNK_OCTETS])


def _read_directory(content: Stretch, budget: Budget) -> Iterator[tuple[_Module, str]]:
    """Every module that the `dir` stream lists, with the code page."""
    records = decompress(content, budget)
    code_page, name, stream, position, found = "latin-1", "", "", 0, 0
    while position + 6 <= len(records) and found < _MOST_MODULES:
        number, octets = struct.unpack_from("<HI", records, position)
        # This record's length leaves out its last two octets.
        octets = 6 if number == _PROJECT_VERSION else octets
        value = records[position + 6 : position + 6 + octets]
        position += 6 + octets
        if number == _CODE_PAGE and octets == 2:
            code_page = f"cp{int.from_bytes(value, 'little')}"
        elif number == _MODULE_NAME:
            name = value.decode("latin-1")
        elif number == _STREAM_NAME:
            stream = value.decode("latin-1")
        elif number == _WIDE_STREAM_NAME:
            stream = value.decode("utf-16-le", "replace") or stream
        elif number == _OFFSET:
            found += 1
            yield _Module(name, stream, int.from_bytes(value, "little")), code_page


def _read_module(module: _Module, code_page: str, content: Stretch, budget: Budget) -> Iterator[Step]:
    start = min(content.start + module.offset, content.end)
    source = decompress(Stretch(content.base, start, content.end), budget)
    compiled = content.base[content.start : start]
    if not source:
        unlisted = list(_read_unlisted(module.name, content, budget))
        yield from unlisted
        if not unlisted and _compiled_texts(compiled):
            yield _STOMPED
        return
    if _WORTH_READING.search(source) is not None:
        yield Member(module.name or "module", "", READING, whole(source), code_page)
    # In the source a quotation mark within a text is doubled.
    plain = source.replace(b'""', b'"')
    if any(text not in plain for text in _compiled_texts(compiled)):
        yield _STOMPED


def _read_unlisted(name: str, content: Stretch, budget: Budget) -> Iterator[Step]:
    """Compressed source wherever it shows: the container's first octet and chunk header, then `Attribute`."""
    position = content.start
    while (found := content.base.find(_SOURCE_START, position, content.end)) >= 0:
        position = found + len(_SOURCE_START)
        if found - content.start < 3 or content.base[found - 3] != 1:
            continue
        following = content.base.find(_SOURCE_START, position, content.end)
        end = following - 3 if following >= 0 else content.end
        source = decompress(Stretch(content.base, found - 3, end), budget)
        if _WORTH_READING.search(source) is not None:
            yield Member(name, "", READING, whole(source), is_further=True)


def _compiled_texts(compiled: bytes) -> set[bytes]:
    """The constant texts in compiled code that are plain enough to be sure of."""
    texts = set()
    for found in _COMPILED_TEXT.finditer(compiled):
        start = found.end() + 2
        text = compiled[start : start + found[1][0]]
        if len(text) == found[1][0] and _PRINTABLE.fullmatch(text) is not None:
            texts.add(text)
    return texts
