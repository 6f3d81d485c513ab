"""Rar archives of both generations, wherever they begin: behind the front of a self-extracting program too.

Comes in: the octets. Goes out: every file that libarchive unpacks.

Failure: encrypted headers or files give `encrypted.rar` (severity encrypted): no reader of encrypted rar exists; files
whose headers are in the clear are there by name alone. A
file that cannot be unpacked, that continues in another volume, or that libarchive passes over gives `broken-rar`; a
named stream beside a file gives `rar-stream` (both unscannable). Octets that only begin like a rar: the oddity
`broken-rar`.
"""

from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Reader, Step, Stretch, by_name_alone, whole
from mx.anatomy.containers.embedded import RAR, stretches_from
from mx.anatomy.containers.libarchive import Asked, Failure, LibArchive
from mx.anatomy.containers.rar.headers import walk_headers
from mx.finding import Severity

ASKED = Asked(("rar", "rar5"))


def open_rars(library: LibArchive) -> Reader:
    """A reader of every rar archive within."""

    def open_rar(content: Stretch, budget: Budget) -> Iterator[Step]:
        for stretch in stretches_from(content, RAR, budget):
            yield from _read(library, stretch, budget, is_first=stretch.start == content.start)

    return open_rar


def _read(library: LibArchive, stretch: Stretch, budget: Budget, *, is_first: bool) -> Iterator[Step]:
    """One archive; away from the beginning its magic may stand there by chance, so only valid headers count there."""
    walk = walk_headers(stretch, budget)
    if not walk.is_valid and not is_first:
        return
    if walk.has_encrypted_headers or walk.encrypted_files:
        yield Obstacle("encrypted.rar", Severity.ENCRYPTED)
        yield from (by_name_alone(names, stretch) for names in walk.encrypted_files)
        if walk.has_encrypted_headers:
            return
    if walk.has_streams:
        yield Obstacle("rar-stream")
    failures, files = 0, 0
    for found in library.entries(stretch, ASKED, budget):
        if isinstance(found, Failure):
            failures += 1
        elif found.is_encrypted and not found.octets and walk.encrypted_files:
            files += 1
        elif found.octets or found.is_file:
            files += 1
            name, *names = found.names or ("",)
            yield Member(name, "", "rar-member", whole(found.octets), is_further=not is_first, names=tuple(names))
    if walk.encrypted_files or not (failures or walk.has_parts or files < walk.files):
        return
    yield Obstacle("broken-rar") if walk.is_valid or files else Oddity(AmbiguityName.BROKEN_RAR)
