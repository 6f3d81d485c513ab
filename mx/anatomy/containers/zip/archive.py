"""Zip archives: every member that either the directory or the headers before the members make out.

Read without believing any size: a packed member ends where its stream ends. Where the directory and a member's own
header differ, both are read. Members that stand in the file but not in its directory are read too (concatenated zips,
a directory cut off, a second zip hidden before the first). A member that says it is encrypted and is not is read as it
is, and one that says it is stored and is packed is unpacked as well; what is encrypted is tried with passwords once all
text has been seen.

Standards: PKWARE APPNOTE 6.3.10.
Failure: a member that stays encrypted gives `encrypted.zip` (severity encrypted), and is there by name alone; one of
another method `zip-method`, one that cannot be expanded `broken-zip` (both unscannable). Octets that only begin like a
zip: the oddity `broken-zip`.
In a light cell, DeeperCellNeeded for what only libraries open.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Member, Oddity, Reader, Step, Stretch
from mx.anatomy.containers.zip.directory import AES_METHOD, LOCAL_SIGNATURE, ZipEntry, read_directory, read_own_header
from mx.anatomy.containers.zip.members import BROKEN, DEFLATED, LIGHT_TOOLS, STORED, Expanded, Tools, expand, unlock

_DISAGREEMENT = Oddity(AmbiguityName.ZIP_DISAGREEMENT)
_WITHOUT_AN_END = (STORED, 98)
"""Methods, PPMd the second, by which something comes out of any octets."""


@dataclass(slots=True)
class _Zip:
    """One archive that is being read."""

    content: Stretch
    tools: Tools
    budget: Budget
    encrypted: list[ZipEntry] = field(default_factory=list)
    expanded_octets: int = 0

    def expand(self, place: int, method: int, packed_octets: int) -> Expanded:
        expanded = expand(self.content, place, method, packed_octets, self.tools, self.budget)
        self.expanded_octets += expanded.content.octets if expanded.content is not None else 0
        return expanded


def zip_reader(tools: Tools) -> Reader:
    """A reader with these tools."""

    def open_zip(content: Stretch, budget: Budget) -> Iterator[Step]:
        yield from _read(_Zip(content, tools, budget))

    return open_zip


def _read(archive: _Zip) -> Iterator[Step]:
    """Every member, first those of the directory."""
    content, budget = archive.content, archive.budget
    listed: dict[int, ZipEntry] = {}
    repeats: Counter[int] = Counter()
    for entry in read_directory(content, budget):
        if listed.setdefault(entry.place, entry) is not entry:
            # Two entries for one member: the second one's names are names as well.
            listed[entry.place] = _with_names(listed[entry.place], entry)
            repeats[entry.place] += 1
            yield _DISAGREEMENT
    used: list[tuple[int, int]] = []
    for place, entry in listed.items():
        budget.check_time()
        own = read_own_header(content, place)
        if own is None:
            yield BROKEN
            continue
        if _differ(entry, own):
            yield _DISAGREEMENT
        before = archive.expanded_octets
        used.append((place, (yield from _read_listed(archive, entry, own))))
        # Read once here, but whoever unpacks the archive gets it once for each entry.
        budget.charge_octets(repeats[place] * (archive.expanded_octets - before))
    has_hidden = yield from _read_gaps(archive, sorted(used), bool(listed))
    if archive.encrypted:
        yield unlock(content, archive.encrypted, archive.tools, budget)
    if not listed and (has_hidden or content.base.startswith(LOCAL_SIGNATURE, content.start, content.end)):
        yield Oddity(AmbiguityName.BROKEN_ZIP)


def _differ(entry: ZipEntry, own: ZipEntry) -> bool:
    """Whether directory and header say different things; a streamed member's header may leave out what comes behind."""
    if (own.method, own.is_encrypted, own.name) != (entry.method, entry.is_encrypted, entry.name):
        return True
    told, listed = (own.checksum, own.packed_octets), (entry.checksum, entry.packed_octets)
    return told != listed and not (own.has_descriptor and not any(told))


def _with_names(entry: ZipEntry, *others: ZipEntry) -> ZipEntry:
    names = dict.fromkeys((*entry.names, *(name for other in others for name in other.names)))
    return replace(entry, names=tuple(names))


def _read_listed(archive: _Zip, entry: ZipEntry, own: ZipEntry) -> Generator[Step, None, int]:
    """All readings of one listed member; returns where its data ended."""
    known = _with_names(entry, own)
    if entry.is_encrypted or own.is_encrypted:
        return (yield from _read_encrypted(archive, known, own))
    readings = {(entry.method, entry.packed_octets): None}
    if own.method != entry.method or (own.method == STORED and not own.has_descriptor):
        readings[own.method, own.packed_octets] = None
    end = own.place
    for number, (method, packed_octets) in enumerate(readings):
        expanded = archive.expand(own.place, method, packed_octets)
        end = max(end, expanded.end)
        if expanded.content is not None and (expanded.content.octets or not entry.is_folder):
            yield Member(entry.name, "", "zip-member", expanded.content, is_further=number > 0, names=known.names[1:])
        if expanded.obstacle is not None:
            yield expanded.obstacle
        if method == STORED:
            yield from _packed_all_the_same(archive, known, own.place, expanded)
    return end


def _packed_all_the_same(archive: _Zip, entry: ZipEntry, place: int, stored: Expanded) -> Iterator[Step]:
    """What is said to be stored, has another checksum, and is a whole deflate stream: it was packed, and can be."""
    if stored.content is None or not stored.content.octets or stored.fits(entry):
        return
    unpacked = archive.expand(place, DEFLATED, stored.content.octets)
    if unpacked.content is not None and unpacked.content.octets and unpacked.obstacle is None:
        yield _DISAGREEMENT
        yield Member(entry.name, "", "zip-member", unpacked.content, is_further=True, names=entry.names[1:])


def _read_encrypted(archive: _Zip, entry: ZipEntry, own: ZipEntry) -> Generator[Step, None, int]:
    """A member that says it is encrypted: as it stands where its checksum bears that out, else left for passwords."""
    end = min(own.place + entry.packed_octets, archive.content.end)
    if archive.tools.decrypt is None:
        raise DeeperCellNeeded
    strength = max(entry.aes_strength, own.aes_strength)
    for method in sorted({entry.method, own.method} - {AES_METHOD}):
        as_it_stands = archive.expand(own.place, method, entry.packed_octets)
        if as_it_stands.content is None or as_it_stands.obstacle is not None:
            continue
        is_plain = as_it_stands.fits(entry) and not strength
        if is_plain or method not in _WITHOUT_AN_END:
            # A whole stream is no chance. With another checksum than it should have, both readings are kept.
            yield _DISAGREEMENT
            yield Member(entry.name, "", "zip-member", as_it_stands.content, names=entry.names[1:])
        if is_plain:
            return max(end, as_it_stands.end)
    archive.encrypted.append(replace(entry, place=own.place, flags=own.flags, time=own.time, aes_strength=strength))
    return end


def _read_gaps(archive: _Zip, used: list[tuple[int, int]], has_directory: bool) -> Generator[Step, None, bool]:
    """Members between, before and after the listed ones; returns whether there were any."""
    content = archive.content
    has_hidden = False
    position = content.start
    for place, end in [*used, (content.end, content.end)]:
        while (candidate := content.base.find(LOCAL_SIGNATURE, position, place)) >= 0:
            archive.budget.check_time()
            position = candidate + len(LOCAL_SIGNATURE)
            own = read_own_header(content, candidate)
            if own is None:
                continue
            ended = yield from _read_hidden(archive, own, place, has_directory)
            if ended is not None:
                has_hidden, position = True, max(position, ended)
        position = max(position, end)
    return has_hidden


def _read_hidden(archive: _Zip, own: ZipEntry, gap_end: int, has_directory: bool) -> Generator[Step, None, int | None]:
    """One member that no directory lists; returns where it ended, or None when it only looked like one."""
    content = archive.content
    if own.is_encrypted:
        if has_directory and own.place + own.packed_octets > gap_end:
            return None
        return (yield from _read_encrypted(archive, own, own))
    if own.method == STORED and own.has_descriptor:
        # Nothing says where it ends. The next member's header is as good a guess as any, and keeps this linear.
        following = content.base.find(LOCAL_SIGNATURE, own.place, gap_end)
        end = following if following >= 0 else gap_end
        expanded = Expanded(Stretch(content.base, own.place, end), None, end)
    else:
        expanded = archive.expand(own.place, own.method, own.packed_octets)
    if expanded.obstacle is not None and has_directory:
        # Beside a directory that works, four octets by chance are likelier than a member that nobody can open.
        return None
    if has_directory:
        yield Oddity(AmbiguityName.ZIP_HIDDEN_MEMBER)
    if expanded.content is not None and (expanded.content.octets or not own.is_folder):
        yield Member(own.name, "", "zip-member", expanded.content, is_further=has_directory, names=own.names[1:])
    if expanded.obstacle is not None:
        yield expanded.obstacle
    if own.method == STORED:
        yield from _packed_all_the_same(archive, own, own.place, expanded)
    return expanded.end


open_zip = zip_reader(LIGHT_TOOLS)
