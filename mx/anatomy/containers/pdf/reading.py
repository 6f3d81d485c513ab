"""One way to read a PDF: as it stands, or decrypted; what its references and streams mean in it.

Comes in: the objects of the file. Goes out: a `Reading`, which `document.py` fills while it goes through the objects,
and asks for values under a number, for texts, and for the octets of streams behind every chain of filters that may be
meant. Used by `document.py` and `encryption.py`.

Standards: ISO 32000-2 sections 7.3.10 (indirect objects), 7.3.8.2 (filters of a stream), 7.6 (encryption).
Failure: none.
Limits: streams are decoded at most as many octets as `octets_left` says, all together; MOST_READINGS of each key.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.containers.pdf.filters import decode
from mx.anatomy.containers.pdf.syntax import Dictionary, PdfObject, Reference, read_values, values_of

MOST_READINGS = 6
"""Of what one key of a dictionary means; the readings of real programs come first."""


@dataclass(frozen=True, slots=True)
class Decryption:
    """How to decrypt a text, a stream and an embedded file: of object number and generation, from octets."""

    text: Callable[[int, int, bytes], bytes]
    stream: Callable[[int, int, bytes], bytes]
    file: Callable[[int, int, bytes], bytes]


Chain = tuple[Sequence[str], Sequence[Dictionary]]


@dataclass(frozen=True, slots=True)
class Part:
    """One dictionary of interest, and where it stands."""

    number: int
    generation: int
    dictionary: Dictionary
    is_packed: bool
    """It stands in an object stream, whose texts are not encrypted one by one."""


@dataclass(slots=True)
class Reading:
    """One way to read the document: as it stands, or decrypted."""

    objects: Sequence[PdfObject]
    budget: Budget
    decryption: Decryption | None
    is_doubtful: bool
    """Encrypted, and read as it stands: what does not decode means nothing."""
    octets_left: int
    by_number: dict[int, list[PdfObject]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    packed: dict[int, list[Stretch]] = field(default_factory=dict)
    """The texts of objects in object streams, by their number."""
    shown: set[int] = field(default_factory=set)
    """Where the streams begin that are members already."""
    values: dict[int, list[object]] = field(default_factory=dict)
    """The values of objects that were read, by where their text begins."""
    texts: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    """The texts that stand under a number, once they were asked for."""
    meant: dict[int, list[object]] = field(default_factory=dict)
    """What a reference to a number may mean, once it was asked for."""
    given: dict[int, dict[str, None]] = field(default_factory=dict)
    """The names of files whose EF dictionary stands under a number, to be given once all are known."""

    def values_of(self, one: PdfObject) -> list[object]:
        """The values of an object of the file; read once."""
        values = self.values.get(one.text.start)
        if values is None:
            values = self.values[one.text.start] = read_values(one.text, self.budget)
        return values

    def packed_under(self, number: int) -> list[object]:
        """The values of the objects in object streams that have this number."""
        return [value for text in self.packed.get(number, ()) for value in read_values(text, self.budget)[:1]]

    def meant_by(self, value: object) -> list[object]:
        """The value, or those that stand under the number to which it refers, the last first."""
        if not isinstance(value, Reference):
            return [value]
        known = self.meant.get(value.number)
        if known is None:
            objects = self.by_number.get(value.number, ())
            found = [*self.packed_under(value.number), *(each for one in objects for each in self.values_of(one)[:1])]
            known = self.meant[value.number] = [*found[-1:], *found[:-1][: MOST_READINGS - 1]]
        return known

    def dictionary_of(self, one: PdfObject) -> Dictionary:
        return next((value for value in self.values_of(one) if isinstance(value, dict)), {})


def decode_stream(
    one: PdfObject, dictionary: Dictionary, reading: Reading, *, is_file: bool
) -> Iterator[tuple[bytes, bool]]:
    """The octets behind the stream's filters, and whether all of them came out, for each chain that may be meant."""
    stream = one.stream
    if stream is None:
        yield b"", True
        return
    octets = stream.raw
    if reading.decryption is not None and "XRef" not in values_of(dictionary, "Type"):
        decrypt = reading.decryption.file if is_file else reading.decryption.stream
        octets = decrypt(one.number, one.generation, octets)
        reading.budget.charge_octets(len(octets))
    for filters, parameters in chains_of(dictionary, reading):
        reading.octets_left -= stream.octets
        if reading.octets_left < 0:
            yield b"", False
            return
        decoded = decode(octets, filters, parameters, reading.budget)
        yield decoded.octets, decoded.is_complete


def chains_of(dictionary: Dictionary, reading: Reading) -> list[Chain]:
    """The filters and their parameters in every reading: a name given twice, a value that stands elsewhere."""
    chains: list[Chain] = []
    for value in _alternatives(dictionary, ("Filter", "F"), reading):
        listed = value if isinstance(value, list) else [value]
        names = [meant for each in listed for meant in reading.meant_by(each)[:1] if isinstance(meant, str)]
        for given in _alternatives(dictionary, ("DecodeParms", "DP"), reading):
            each_given = given if isinstance(given, list) else [given]
            meant = [reading.meant_by(each)[:1] for each in each_given]
            parameters = [one[0] if one and isinstance(one[0], dict) else {} for one in meant]
            if (names, parameters) not in chains:
                chains.append((names, parameters))
    return chains[:MOST_READINGS]


def _alternatives(dictionary: Dictionary, names: tuple[str, str], reading: Reading) -> list[object]:
    """Every value that the long name, or else the short one, may have: the first and the last given come first."""
    given = list(values_of(dictionary, names[0])) or list(values_of(dictionary, names[1])) or [None]
    ordered = [given[0], *given[:0:-1]][:MOST_READINGS]
    return [meant for value in ordered for meant in reading.meant_by(value)][:MOST_READINGS] or [None]


def plain_text(text: bytes, part: Part, reading: Reading) -> bytes:
    if reading.decryption is None or part.is_packed:
        return text
    return reading.decryption.text(part.number, part.generation, text)
