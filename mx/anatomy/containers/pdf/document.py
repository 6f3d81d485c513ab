"""PDF: embedded files, scripts and forms in every object of the file, superseded and unreferenced ones included.

Comes in: a stretch. Goes out: embedded files with all their names, scripts (reading `pdf-script`), and every stream
that looks like a file of its own. Pictures, fonts and page contents are no artifacts. The cross-reference table is not
believed and not needed. An encrypted document is read as it stands and decrypted; with the empty password at once,
with others once all text was seen. Decrypting needs a library, so a light cell hands the message on.

Standards: ISO 32000-2 sections 7.5.7 (object streams), 7.11.4 (embedded files), 12.6.4 (actions), 12.7.8 (XFA).
Failure: octets without objects, or an embedded file that is damaged, are the oddity `broken-pdf`; an embedded file that
cannot be expanded at all, or streams that overlap over and over, the obstacle `broken-pdf`. An action that starts a
program is `pdf.launch`, suspicious. Scripts alone are no finding: forms have them.
Limits: one pass; streams are decoded at most WORK_FACTOR times the octets of the file, all together.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.file_starts import begins_like_a_file
from mx.anatomy.containers.pdf.filters import decode
from mx.anatomy.containers.pdf.reading import Chain, Decryption, Part, Reading, chains_of, decode_stream, plain_text
from mx.anatomy.containers.pdf.syntax import Dictionary, PdfObject, Reference, find_objects, read_values, values_of
from mx.anatomy.containers.pdf.trailer import MOST_ENCRYPTIONS, Encryption, read_encryptions
from mx.finding import Severity

WORK_FACTOR = 8
_BROKEN = Obstacle("broken-pdf")
_LAUNCH = Obstacle("pdf.launch", Severity.SUSPICIOUS)
_INTERESTING = re.compile(rb"/JS\b|/JavaScript|/Launch|/E(?:mbeddedFile|F\b)|/ObjStm|/First|/XFA|#[0-9A-Fa-f]{2}")
_FLATE_ONLY = re.compile(rb"/Filter\s*\[?\s*/Fl(?:ateDecode)?\b\s*(?:\]|/(?![A-Z0-9a-z]{0,12}Decode)|>>)")
_FILTERED = re.compile(rb"/F(?:ilter)?\b|#[0-9A-Fa-f]{2}")
_SNIFFED_FROM_OCTETS = 512
_END_MARK = b"%%EOF"
_MOST_NAMES = 64
"""Of one file, and texts under one number."""


Unlock = Callable[[Encryption, Callable[[Decryption], Iterator[Step]], Budget], Iterator[Step]]


def open_pdf(content: Stretch, budget: Budget, unlock: Unlock | None = None) -> Iterator[Step]:
    """Everything that may be run or opened within; `unlock` gives the steps of an encrypted document."""
    objects = find_objects(content, budget)
    if not any(one.number for one in objects):
        yield Oddity(AmbiguityName.BROKEN_PDF)
        return
    encryptions = read_encryptions(content, objects, budget)

    def read(decryption: Decryption | None) -> Iterator[Step]:
        is_doubtful = bool(encryptions) and decryption is None
        reading = Reading(objects, budget, decryption, is_doubtful, WORK_FACTOR * content.octets)
        return _read(reading)

    yield from read(None)
    yield from _behind(content)
    for encryption in encryptions:
        if unlock is None:
            raise DeeperCellNeeded
        yield from unlock(encryption, read, budget)
    if len(encryptions) >= MOST_ENCRYPTIONS:
        yield _BROKEN


def _behind(content: Stretch) -> Iterator[Step]:
    """What stands behind the last mark of an end, where it begins like a file."""
    mark = content.base.rfind(_END_MARK, content.start, content.end)
    if mark >= 0:
        behind = Stretch(content.base, mark + len(_END_MARK), content.end).raw.lstrip(b"\0\t\n\f\r ")
        if begins_like_a_file(behind):
            yield Member(
                "octets behind", "", "pdf-behind", Stretch(content.base, content.end - len(behind), content.end)
            )


def _read(reading: Reading) -> Iterator[Step]:
    for one in reading.objects:
        reading.by_number.setdefault(one.number, []).append(one)
    for one in reading.objects:
        yield from _look_at(one, reading)
    names: dict[int, dict[str, None]] = {}
    wanted: dict[int, str] = {}
    for part in reading.parts:
        reading.budget.check_time()
        yield from _act_on(part, reading, names, wanted)
    for number, given in reading.given.items():
        for target in _targets_under(number, reading):
            _add_names(names.setdefault(target, {}), given)
    for number, name in wanted.items():
        yield from _show_texts(reading, number, name)
    for one in reading.objects:
        if one.stream is not None and one.number in names:
            yield from _show_file(one, reading, tuple(names[one.number]))
    files = dict.fromkeys(part.number for part in reading.parts if "EmbeddedFile" in values_of(part.dictionary, "Type"))
    for one in (one for number in files for one in reading.by_number.get(number, ())):
        yield from _show_file(one, reading, ())
    for one in reading.objects:
        if one.stream is not None and one.stream.start not in reading.shown and _looks_like_a_file(one, reading):
            yield from _show_file(one, reading, (), is_further=True)


def _look_at(one: PdfObject, reading: Reading) -> Iterator[Step]:
    """Keep the dictionaries of interest, and unpack object streams."""
    text = one.text
    if _INTERESTING.search(text.base, text.start, text.end) is not None:
        for value in reading.values_of(one):
            _keep(value, one, reading, is_packed=False)
            if one.stream is not None and isinstance(value, dict) and "First" in value:
                yield from _unpack(one, value, reading)


def _keep(value: object, one: PdfObject, reading: Reading, *, is_packed: bool) -> None:
    """Every dictionary within the value, however deep."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            reading.parts.append(Part(one.number, one.generation, current, is_packed))
            waiting.extend(reversed(current.values()))
        elif isinstance(current, list):
            waiting.extend(reversed(current))


def _unpack(one: PdfObject, dictionary: Dictionary, reading: Reading) -> Iterator[Step]:
    """The objects in an object stream: where each stands, and the dictionaries of interest among them."""
    for octets, is_complete in decode_stream(one, dictionary, reading, is_file=False):
        if not is_complete and not reading.is_doubtful:
            yield Oddity(AmbiguityName.BROKEN_PDF)
        for first in reading.meant_by(dictionary.get("First")):
            if isinstance(first, int) and 0 <= first <= len(octets):
                _place_objects(one, octets, first, reading)


def _place_objects(one: PdfObject, octets: bytes, first: int, reading: Reading) -> None:
    header = [value for value in read_values(Stretch(octets, 0, first), reading.budget) if isinstance(value, int)]
    offsets = header[1::2]
    bounds = sorted({min(first + offset, len(octets)) for offset in offsets if offset >= 0} | {first, len(octets)})
    numbers = {first + offset: number for number, offset in zip(header[::2], offsets, strict=False)}
    for start, end in pairwise(bounds):
        number = numbers.get(start, one.number)
        inner = PdfObject(number, 0, Stretch(octets, start, end), None)
        reading.packed.setdefault(number, []).append(inner.text)
        if _INTERESTING.search(octets, start, end) is not None:
            for value in read_values(inner.text, reading.budget)[:1]:
                _keep(value, inner, reading, is_packed=True)


def _act_on(part: Part, reading: Reading, names: dict[int, dict[str, None]], wanted: dict[int, str]) -> Iterator[Step]:
    """What one dictionary says: a script, a form, an action, the names of a file."""
    dictionary = part.dictionary
    for name, label in (("JS", "JavaScript"), ("XFA", "XFA form")):
        for value in values_of(dictionary, name):
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Reference):
                    wanted[one.number] = label
                elif isinstance(one, bytes) and name == "JS":
                    yield _script(label, plain_text(one, part, reading))
    if "Launch" in values_of(dictionary, "S"):
        yield _LAUNCH
    for value in values_of(dictionary, "EF"):
        written = [
            _as_text(plain_text(text, part, reading))
            for key in ("UF", "F", "DOS", "Unix", "Mac")
            for found in values_of(dictionary, key)
            for text in _texts_of(found, reading)
        ]
        if isinstance(value, Reference):
            _add_names(reading.given.setdefault(value.number, {}), written)
        for target in _targets(value):
            _add_names(names.setdefault(target, {}), written)


def _add_names(known: dict[str, None], further: Iterable[str]) -> None:
    for name in further:
        if name and len(known) < _MOST_NAMES:
            known[name] = None


def _targets(value: object) -> Iterator[int]:
    """The numbers of the streams that an EF dictionary names."""
    if isinstance(value, dict):
        yield from (target.number for target in value.values() if isinstance(target, Reference))


def _targets_under(number: int, reading: Reading) -> Iterator[int]:
    """The same for every EF dictionary that stands under this number."""
    for one in reading.by_number.get(number, ()):
        for value in reading.values_of(one):
            yield from _targets(value)
    for value in reading.packed_under(number):
        yield from _targets(value)


def _texts_of(value: object, reading: Reading) -> Iterable[bytes]:
    """The text that this is, or every text that stands under the number to which it refers."""
    if isinstance(value, bytes):
        return (value,)
    if not isinstance(value, Reference):
        return ()
    known = reading.texts.get(value.number)
    if known is None:
        values = [inner for one in reading.by_number.get(value.number, ()) for inner in reading.values_of(one)[:1]]
        values += reading.packed_under(value.number)
        texts = dict.fromkeys(text for text in values if isinstance(text, bytes))
        known = reading.texts[value.number] = tuple(texts)[:_MOST_NAMES]
    return known


def _show_texts(reading: Reading, number: int, name: str) -> Iterator[Step]:
    """The scripts or forms under this number, in every revision: streams or texts."""
    for one in reading.by_number.get(number, ()):
        if one.stream is None:
            part = Part(one.number, one.generation, {}, False)
            texts = (value for value in reading.values_of(one) if isinstance(value, bytes))
            yield from (_script(name, plain_text(text, part, reading)) for text in texts)
        elif one.stream.start not in reading.shown:
            for octets, is_complete in decode_stream(one, reading.dictionary_of(one), reading, is_file=False):
                if is_complete or not reading.is_doubtful:
                    reading.shown.add(one.stream.start)
                    yield _script(name, octets)
    yield from (_script(name, value) for value in reading.packed_under(number) if isinstance(value, bytes))


def _show_file(one: PdfObject, reading: Reading, names: tuple[str, ...], *, is_further: bool = False) -> Iterator[Step]:
    """A stream as a file."""
    if one.stream is None or one.stream.start in reading.shown:
        return
    reading.shown.add(one.stream.start)
    dictionary = reading.dictionary_of(one)
    found = list(decode_stream(one, dictionary, reading, is_file=True))
    if reading.is_doubtful and not all(is_complete for _, is_complete in found):
        return
    media_type = dictionary.get("Subtype")
    media_type = media_type.lower() if isinstance(media_type, str) and "/" in media_type else ""
    first, *others = names or ("embedded file",)
    for number, (octets, _) in enumerate(found):
        if octets or not one.stream.octets:
            is_known = is_further or number > 0
            yield Member(first, media_type, "pdf-file", whole(octets), is_further=is_known, names=tuple(others))
    if not any(is_complete for _, is_complete in found):
        yield Oddity(AmbiguityName.BROKEN_PDF) if any(octets for octets, _ in found) else _BROKEN
    if reading.octets_left < 0:
        yield _BROKEN


def _looks_like_a_file(one: PdfObject, reading: Reading) -> bool:
    """By the first octets that come out of the stream."""
    stream, text = one.stream, one.text
    if stream is None or not stream.octets:
        return False
    head = stream.base[stream.start : min(stream.end, stream.start + _SNIFFED_FROM_OCTETS)]
    if reading.decryption is not None:
        head = reading.decryption.stream(one.number, one.generation, head[: len(head) // 16 * 16])
    chains: list[Chain] = [(("FlateDecode",), ())]
    if len(_FILTERED.findall(text.base, text.start, text.end)) != 1 or not _FLATE_ONLY.search(
        text.base, text.start, text.end
    ):
        chains = chains_of(reading.dictionary_of(one), reading)
    return any(
        begins_like_a_file(decode(head, filters, parameters, reading.budget).octets) for filters, parameters in chains
    )


def _script(name: str, octets: bytes) -> Member:
    return Member(name, "", "pdf-script", whole(_as_text(octets).encode("utf-8", "replace")), "utf-8", is_further=True)


def _as_text(octets: bytes) -> str:
    """A text in one of the three forms that PDF has (ISO 32000-2 section 7.9.2.2)."""
    if octets.startswith(b"\xfe\xff"):
        return octets[2:].decode("utf-16-be", "replace")
    if octets.startswith(b"\xff\xfe"):
        return octets[2:].decode("utf-16-le", "replace")
    if octets.startswith(b"\xef\xbb\xbf"):
        return octets[3:].decode("utf-8", "replace")
    return octets.decode("latin-1")
