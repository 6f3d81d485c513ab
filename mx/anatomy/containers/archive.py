"""Archives that libarchive reads: cab, ISO images, lha, ar and deb, cpio, rpm, xar, and tars with sparse files.

Comes in: the octets and the kind. Goes out: every entry that has octets, each under every name that the library gives.
An ISO image holds up to three trees (Joliet, Rock Ridge, the plain one) that need not hold the same: each is read.
Archives that follow one another in the same octets are all read.

Standards: ECMA-119 (ISO 9660), Joliet, IEEE P1282 (Rock Ridge); the others have no standard but their programs.
Failure: octets that only begin like the format: the oddity `broken-<format>`. Where something was read or the header
says that there is more, and not all of it can be read, `broken-<format>`, unscannable. Entries that are encrypted:
`encrypted.<format>`.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Reader, Step, Stretch, whole
from mx.anatomy.containers.embedded import CAB, stretches_from
from mx.anatomy.containers.libarchive import Asked, Failure, LibArchive
from mx.finding import Severity

_PACKING = ("gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "compress")
_CAB_HEADER = struct.Struct("<8xI4xI4xHHH6x")
_CAB_VERSION = 0x0103


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is asked of the library: each way of reading it in turn."""

    name: str
    ways: tuple[Asked, ...]


FORMATS: Mapping[str, Format] = {
    known.name: known
    for known in (
        Format("cab", (Asked(("cab",)),)),
        Format(
            "iso",
            (
                Asked(("iso9660",)),
                Asked(("iso9660",), options="!joliet"),
                Asked(("iso9660",), options="!joliet,!rockridge"),
            ),
        ),
        Format("lha", (Asked(("lha",)),)),
        Format("ar", (Asked(("ar",)),)),
        Format("cpio", (Asked(("cpio",)),)),
        Format("rpm", (Asked(("cpio",), ("rpm", *_PACKING)),)),
        Format("xar", (Asked(("xar",)),)),
        Format("tar", (Asked(("tar",)),)),
    )
}


def archive_reader(library: LibArchive, form: Format) -> Reader:
    """A reader of this format."""

    def open_archive(content: Stretch, budget: Budget) -> Iterator[Step]:
        yield from read_archive(library, form, content, budget)

    return open_archive


def open_cabs(library: LibArchive) -> Reader:
    """A reader of every cabinet, wherever it begins in a program that unpacks itself."""

    def open_cab(content: Stretch, budget: Budget) -> Iterator[Step]:
        for stretch in stretches_from(content, CAB, budget):
            is_first = stretch.start == content.start
            if is_first or _is_cab(stretch):
                yield from read_archive(library, FORMATS["cab"], stretch, budget, is_further=not is_first)

    return open_cab


def read_archive(
    library: LibArchive, form: Format, content: Stretch, budget: Budget, *, is_further: bool = False
) -> Iterator[Step]:
    """Every entry in every way of reading, then what stood in the way."""
    failures, has_members, is_encrypted = [], False, False
    for number, asked in enumerate(form.ways):
        for found in library.entries(content, asked, budget):
            if isinstance(found, Failure):
                failures.append(found)
                continue
            is_encrypted = is_encrypted or found.is_encrypted
            if found.octets or found.is_file:
                has_members = True
                name, *names = found.names or ("",)
                yield Member(
                    name, "", f"{form.name}-member", whole(found.octets),
                    is_further=is_further or number > 0, names=tuple(names),
                )  # fmt: skip
    if is_encrypted:
        yield Obstacle(f"encrypted.{form.name}", Severity.ENCRYPTED)
    if is_encrypted or not failures:
        return
    if any(failure.lacks_memory for failure in failures):
        yield Obstacle("limit.memory")
    elif has_members or any(not failure.is_at_start for failure in failures) or _has_structure(form, content):
        yield Obstacle(f"broken-{form.name}")
    else:
        yield Oddity(AmbiguityName(f"broken-{form.name}"))


def _has_structure(form: Format, content: Stretch) -> bool:
    """Whether the header alone shows that something is within, whatever the library makes of it."""
    match form.name:
        case "cab":
            return _is_cab(content)
        case "iso":
            return True
        case _:
            return False


def _is_cab(content: Stretch) -> bool:
    """A cabinet's header states the one version that there is, and folders and files that lie within it."""
    header = content.base[content.start : min(content.end, content.start + _CAB_HEADER.size)]
    if len(header) < _CAB_HEADER.size:
        return False
    octets, files_at, version, folders, files = _CAB_HEADER.unpack(header)
    is_plausible: bool = _CAB_HEADER.size <= files_at < octets and folders > 0 and files > 0
    return version == _CAB_VERSION and is_plausible
