"""The whole corpus: every hidden and every clean case, and the tricks put together two by two.

Everything is made in code, the same octets each time for the same seed; nothing here is kept as a file.
"""

import itertools
import random
from collections.abc import Iterator

from tests.corpus.case import Case, hidden
from tests.corpus.clean import attachments, programs, shapes, signed
from tests.corpus.clean import documents as clean_documents
from tests.corpus.hiding import (
    archives,
    bodies,
    boundaries,
    damaged_documents,
    documents,
    encoding_fields,
    header_ends,
    line_ends,
    scripts,
    structures,
    type_fields,
    undeclared,
)
from tests.corpus.letter import Trick, hide

_TRICKS = (type_fields, boundaries, encoding_fields, header_ends, line_ends, bodies)
_HIDDEN = (structures, archives, documents, damaged_documents, undeclared, scripts)
_CLEAN = (programs, shapes, attachments, clean_documents, signed)


def tricks() -> list[Trick]:
    """Every trick on the pieces of a letter."""
    return [trick for room in _TRICKS for trick in room.tricks()]


def hidden_cases() -> Iterator[Case]:
    """Each technique alone."""
    for trick in tricks():
        yield hidden(trick.axis.value, trick.name, hide(trick.full_name, trick))
    for room in _HIDDEN:
        yield from room.cases()


def clean_cases() -> Iterator[Case]:
    """All that must pass."""
    for room in _CLEAN:
        yield from room.cases()


def pairs(count: int, seed: int) -> Iterator[Case]:
    """So many tricks of two different axes put together, chosen by the seed."""
    together = [(one, two) for one, two in itertools.combinations(tricks(), 2) if one.fits(two)]
    for one, two in random.Random(seed).sample(together, min(count, len(together))):
        yield hidden("pair", f"{one.full_name}+{two.full_name}", hide("pair", one, two))


def all_cases() -> Iterator[Case]:
    """Hidden and clean, each alone."""
    yield from hidden_cases()
    yield from clean_cases()
