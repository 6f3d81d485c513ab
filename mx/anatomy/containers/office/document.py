"""OLE documents: Word, Excel and PowerPoint 97, Outlook messages, installers, VBA projects, and objects within them.

Comes in: a compound file. Goes out: macro sources, embedded files, octets behind the document, and every stream that
may be a file or that lies in pieces, so that no scan of the document's own octets would see it whole. Storages in
storages are read in one pass.
An encrypted document is `Locked`; opening it needs libraries, so a light cell hands the message on.

Standards: MS-CFB, MS-OLEDS, MS-PPT section 2.10.34 (ExOleObjStg); MS-DOC section 2.5.1 and MS-XLS section 2.4.117
for what says that a document is encrypted. Names of streams in installers: the packing that Windows Installer uses.
Failure: octets that only begin like a compound file, or one that does not fit together, are the oddity `broken-ole`;
one that asks for more work than its size allows, or a stream that cannot be unpacked, the obstacle `broken-ole`.
"""

import re
from collections.abc import Callable, Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Locked, Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.file_starts import begins_like_a_file
from mx.anatomy.containers.inflate import inflate
from mx.anatomy.containers.office.compound_file import CompoundFile, Entry
from mx.anatomy.containers.office.excel4 import is_locked, read_macro_sheets
from mx.anatomy.containers.office.ole_package import file_of_native_stream
from mx.anatomy.containers.office.outlook_message import property_of, read_messages
from mx.anatomy.containers.office.vba import read_projects
from mx.finding import Severity

Unlock = Callable[[Stretch, Budget], Locked]
Streams = dict[tuple[str, ...], Stretch]
_BROKEN = Obstacle("broken-ole")
_REMOTE = Obstacle("document.remote-object", Severity.SUSPICIOUS)
_WORKBOOKS = ("workbook", "book")
_CARRIERS = ("package", "contents", "ole10itemname")
_NATIVE, _LINK = "\x01ole10native", "\x01ole"
_URL_MONIKER = b"\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b"
_PROTECTED = ("encryptedpackage", "\x09drmcontent")
_POWERPOINT_KEY = b"\xdf\xc4\xd1\xf3"
_POWERPOINT_OBJECT = re.compile(rb"[\x00\x10]\x00\x11\x10")
_INSTALLER = b"\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_INSTALLER_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._!"


def open_ole(content: Stretch, budget: Budget, unlock: Unlock | None = None) -> Iterator[Step]:
    """Everything that may be run or opened within; `unlock` makes the step for an encrypted document."""
    file = CompoundFile(content, budget)
    if not file.entries:
        yield Oddity(AmbiguityName.BROKEN_OLE)
        return
    streams, others = _read_streams(file)
    if _is_encrypted(streams, budget):
        if unlock is None:
            raise DeeperCellNeeded
        yield unlock(content, budget)
    if file.is_broken:
        yield Oddity(AmbiguityName.BROKEN_OLE)
    if file.is_cut:
        yield _BROKEN
    if any(file.behind.raw):
        yield Member("octets behind", "", "ole-behind", file.behind, is_further=True)
    yield from read_projects(streams, budget)
    for path, stream in streams.items():
        if path[-1].lower() in _WORKBOOKS:
            yield from read_macro_sheets(stream, budget)
    yield from read_messages(streams, budget)
    seen = [content.base, *([file.mini_stream.base] if file.mini_stream else [])]
    if len(seen) > 1 and seen[1] is not content.base:
        yield Member("small streams", "", "ole-stream", whole(seen[1]), is_further=True)
    is_installer = any(entry.class_id == _INSTALLER for entry in file.entries[:1])
    for path, stream in (*streams.items(), *others):
        name = _installer_name(path[-1]) if is_installer else path[-1]
        yield from _read_stream(name, stream, seen, budget, is_installer=is_installer)


def _read_streams(file: CompoundFile) -> tuple[Streams, list[tuple[tuple[str, ...], Stretch]]]:
    """The streams by path in their likeliest reading; then all further readings, and streams of the same path."""
    streams: Streams = {}
    others: list[tuple[tuple[str, ...], Stretch]] = []
    read: set[tuple[int, int]] = set()
    for entry in file.entries:
        for number, stream in enumerate(file.read(entry) if _is_new(entry, read) else ()):
            if number or entry.path in streams:
                others.append((entry.path, stream))
            else:
                streams[entry.path] = stream
    return streams, others


def _is_new(entry: Entry, read: set[tuple[int, int]]) -> bool:
    """Whether no other entry names the same sectors; ten thousand entries may point at one."""
    place = (entry.first_sector, entry.octets)
    is_new = place not in read
    read.add(place)
    return is_new


def _read_stream(
    name: str, stream: Stretch, seen: list[bytes], budget: Budget, *, is_installer: bool
) -> Iterator[Step]:
    """The stream as a member where it may be a file, or where no other artifact holds its octets in one piece."""
    lowered = name.lower()
    if lowered == _NATIVE:
        package = file_of_native_stream(stream, "ole-package")
        start = min(stream.start + 4, stream.end)
        yield package or Member("native data", "", "ole-stream", Stretch(stream.base, start, stream.end))
        return
    if lowered == _LINK and _URL_MONIKER in stream.raw:
        yield _REMOTE
    if lowered == "powerpoint document":
        yield from _read_slide_objects(stream, budget)
    if property_of(name) is not None and any(stream.base is base for base in seen):
        # Attachments and bodies of a message have been shown under their own names.
        return
    head = stream.base[stream.start : min(stream.start + 64, stream.end)]
    is_file = lowered in _CARRIERS or begins_like_a_file(head)
    is_carried = is_installer and not name.startswith(("!", "\x05"))
    if is_file or is_carried or not any(stream.base is base for base in seen):
        yield Member(name, "", "ole-stream", stream, is_further=True)


def _read_slide_objects(stream: Stretch, budget: Budget) -> Iterator[Step]:
    """Objects and macros in a presentation: compound files, most of them compressed."""
    base = stream.base
    for found in _POWERPOINT_OBJECT.finditer(base, stream.start, stream.end):
        octets = int.from_bytes(base[found.end() : found.end() + 4], "little")
        start = found.end() + 4
        end = min(start + octets, stream.end)
        if found[0][0] == 0:
            if base.startswith(b"\xd0\xcf\x11\xe0", start, end):
                yield Member("object", "", "ole-stream", Stretch(base, start, end), is_further=True)
        elif base[start + 4 : start + 5] == b"\x78":
            unpacked = inflate(base, start + 6, end, budget)
            if unpacked.octets:
                yield Member("object", "", "ole-stream", whole(unpacked.octets), is_further=True)
            # PowerPoint itself ends some without the mark of their end.
            if not unpacked.is_complete and len(unpacked.octets) < int.from_bytes(base[start : start + 4], "little"):
                yield _BROKEN


def _is_encrypted(streams: Streams, budget: Budget) -> bool:
    for path, stream in streams.items():
        match path[-1].lower():
            case name if name in _PROTECTED:
                return True
            case "workbook" | "book" if is_locked(stream, budget):
                return True
            case "worddocument" if stream.base[stream.start + 11 : stream.start + 12].ljust(1, b"\0")[0] & 1:
                return True
            case "current user" if stream.base.startswith(_POWERPOINT_KEY, stream.start + 12, stream.end):
                return True
    return False


def _installer_name(name: str) -> str:
    """The name of a stream in an installer: two letters, or one, are packed into each character."""
    letters = []
    for character in name:
        code = ord(character)
        if 0x3800 <= code < 0x4800:
            letters.append(_INSTALLER_LETTERS[(code - 0x3800) & 0x3F] + _INSTALLER_LETTERS[(code - 0x3800) >> 6])
        elif 0x4800 <= code <= 0x4840:
            letters.append(_INSTALLER_LETTERS[code - 0x4800])
        else:
            letters.append(character)
    return "".join(letters)
