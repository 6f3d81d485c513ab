"""Zip archives: every member that either the directory or the headers before the members make out.

Read without believing any size: a deflated member ends where its stream ends. Where the directory and a member's own
header differ, both are read. Members that stand in the file but not in its directory are read too (concatenated zips,
a directory cut off, a second zip hidden before the first).

Standards: PKWARE APPNOTE 6.3.10; methods 0 (stored) and 8 (deflated).
Failure: a member that is encrypted gives `zip-encrypted` (severity encrypted); one of another method `zip-method`, one
that cannot be expanded `broken-zip` (both unscannable). Octets that only begin like a zip: the oddity `broken-zip`.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.inflate import inflate
from mx.anatomy.containers.zip_directory import LOCAL_SIGNATURE, Entry, read_directory, read_own_header
from mx.finding import Severity

_STORED, _DEFLATED = 0, 8
_ENCRYPTED = Obstacle("zip-encrypted", Severity.ENCRYPTED)
_BROKEN = Obstacle("broken-zip")
_OTHER_METHOD = Obstacle("zip-method")


@dataclass(frozen=True, slots=True)
class _Expanded:
    """One member's octets (None when there are none to show), what stood in the way, and where its data ended."""

    content: Stretch | None
    obstacle: Obstacle | None
    end: int


def open_zip(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every member, first those of the directory."""
    listed: dict[int, Entry] = {}
    for entry in read_directory(content, budget):
        listed.setdefault(entry.place, entry)
    used: list[tuple[int, int]] = []
    for place, entry in listed.items():
        budget.check_time()
        own = read_own_header(content, place)
        if own is None:
            yield _BROKEN
            continue
        if (own.method, own.is_encrypted, own.name) != (entry.method, entry.is_encrypted, entry.name):
            yield Oddity(AmbiguityName.ZIP_DISAGREEMENT)
        used.append((place, (yield from _read_listed(content, entry, own, budget))))
    has_hidden = yield from _read_gaps(content, sorted(used), bool(listed), budget)
    if not listed and (has_hidden or content.base.startswith(LOCAL_SIGNATURE, content.start, content.end)):
        yield Oddity(AmbiguityName.BROKEN_ZIP)


def _read_listed(content: Stretch, entry: Entry, own: Entry, budget: Budget) -> Generator[Step, None, int]:
    """Both readings of one listed member; returns where its data ended."""
    if entry.is_encrypted or own.is_encrypted:
        yield _ENCRYPTED
        if entry.is_encrypted and own.is_encrypted:
            return min(own.place + entry.packed_octets, content.end)
    readings = {(entry.method, entry.packed_octets): None}
    if own.method != entry.method or (own.method == _STORED and not own.has_descriptor):
        readings[own.method, own.packed_octets] = None
    end = own.place
    for number, (method, packed_octets) in enumerate(readings):
        expanded = _expand(content, own.place, method, packed_octets, budget)
        end = max(end, expanded.end)
        if expanded.content is not None and (expanded.content.octets or not entry.name.endswith("/")):
            yield Member(entry.name, "", "zip-member", expanded.content, is_further=number > 0)
        if expanded.obstacle is not None:
            yield expanded.obstacle
    return end


def _expand(content: Stretch, place: int, method: int, packed_octets: int, budget: Budget) -> _Expanded:
    if method == _DEFLATED:
        unpacked = inflate(content.base, place, content.end, budget)
        shown = whole(unpacked.octets) if unpacked.octets or unpacked.is_complete else None
        # Where a broken stream ends is not known, so whatever follows it is searched for members from its start on.
        return _Expanded(
            shown, None if unpacked.is_complete else _BROKEN, unpacked.end if unpacked.is_complete else place
        )
    end = min(place + packed_octets, content.end)
    if method == _STORED:
        return _Expanded(Stretch(content.base, place, end), _BROKEN if end < place + packed_octets else None, end)
    return _Expanded(None, _OTHER_METHOD, end)


def _read_gaps(
    content: Stretch, used: list[tuple[int, int]], has_directory: bool, budget: Budget
) -> Generator[Step, None, bool]:
    """Members between, before and after the listed ones; returns whether there were any."""
    has_hidden = False
    position = content.start
    for place, end in [*used, (content.end, content.end)]:
        while (candidate := content.base.find(LOCAL_SIGNATURE, position, place)) >= 0:
            budget.check_time()
            position = candidate + len(LOCAL_SIGNATURE)
            own = read_own_header(content, candidate)
            if own is None:
                continue
            ended = yield from _read_hidden(content, own, place, has_directory, budget)
            if ended is not None:
                has_hidden, position = True, max(position, ended)
        position = max(position, end)
    return has_hidden


def _read_hidden(
    content: Stretch, own: Entry, gap_end: int, has_directory: bool, budget: Budget
) -> Generator[Step, None, int | None]:
    """One member that no directory lists; returns where it ended, or None when it only looked like one."""
    if own.is_encrypted:
        yield _ENCRYPTED
        return min(own.place + own.packed_octets, gap_end)
    if own.method == _STORED and own.has_descriptor:
        # Nothing says where it ends. The next member's header is as good a guess as any, and keeps this linear.
        following = content.base.find(LOCAL_SIGNATURE, own.place, gap_end)
        end = following if following >= 0 else gap_end
        expanded = _Expanded(Stretch(content.base, own.place, end), None, end)
    else:
        expanded = _expand(content, own.place, own.method, own.packed_octets, budget)
    if expanded.obstacle is not None and has_directory:
        # Beside a directory that works, four octets by chance are likelier than a member that nobody can open.
        return None
    if has_directory:
        yield Oddity(AmbiguityName.ZIP_HIDDEN_MEMBER)
    if expanded.content is not None and (expanded.content.octets or not own.name.endswith("/")):
        yield Member(own.name, "", "zip-member", expanded.content, is_further=has_directory)
    if expanded.obstacle is not None:
        yield expanded.obstacle
    return expanded.end
