"""What a reader of one container format takes and gives; every file in this folder is one such reader.

A reader is a generator function `open_<format>(stretch, budget)`: pure, lazy, and total. Hostile octets never make it
raise anything but LimitReached. It gives steps in the order in which it comes upon them; the walker turns members
into artifacts (and opens those in their turn), oddities into ambiguities, obstacles into findings.

To add a format: one file here, its kind in `mx/anatomy/kinds.py`, one line in the table of `mx/anatomy/readers.py`, or
of `mx/anatomy/deep_readers.py` when it imports a library.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.fixed import fixed
from mx.anatomy.headers import Header
from mx.artifact import ENCRYPTED_MEMBER
from mx.finding import Severity


@fixed
class Stretch:
    """A stretch of octets within `base`, not copied; a `Content` (`mx/artifact.py`)."""

    base: bytes
    start: int
    end: int

    @property
    def octets(self) -> int:
        return self.end - self.start

    def chunks(self) -> Iterator[bytes]:
        """All octets in one piece."""
        if self.end > self.start:
            yield self.raw

    @property
    def raw(self) -> bytes:
        """The octets; a copy, unless the stretch is all of its base."""
        return self.base[self.start : self.end]


@fixed
class Member:
    """Something found within a container; it becomes an artifact."""

    name: str
    declared_type: str
    reading: str
    content: Stretch
    charset: str = ""
    levels: int = 0
    """How many MIME levels lie between it and the message that it was found in."""
    is_further: bool = False
    """It comes from a second or later reading: left out where its octets are known already."""
    names: tuple[str, ...] = ()
    """Every other name that some program could show for it."""
    entity: Stretch | None = None
    """A MIME part's header and encoded body, as they stand in the message; None for what is no MIME part."""
    is_guess: bool = False
    """No header asks for this reading: what is broken within it is nothing, and was never a file."""
    is_known_text: bool = False
    """What it may carry as a text is looked for in other members that hold the same octets."""
    header: Header | None = None
    """What was read in it, where it is a message's header."""


@fixed
class Oddity:
    """A place in the container that programs read differently."""

    name: AmbiguityName


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something within cannot be examined."""

    name: str
    severity: Severity = Severity.UNSCANNABLE


@dataclass(frozen=True, slots=True)
class Locked:
    """Something encrypted within; tried with passwords once all text of the message has been seen."""

    open_with: Callable[[Sequence[str]], Iterator["Step"]]
    """The steps with the first of these passwords that opens it, or one Obstacle of severity ENCRYPTED."""


def by_name_alone(names: Sequence[str], archive: Stretch) -> Member:
    """What stays encrypted in this archive and is named in the clear; beside an Obstacle of severity ENCRYPTED."""
    name, *others = names
    return Member(name, "", ENCRYPTED_MEMBER, Stretch(archive.base, archive.start, archive.start), names=tuple(others))


Step = Member | Oddity | Obstacle | Locked
Reader = Callable[[Stretch, Budget], Iterator[Step]]


class DeeperCellNeeded(Exception):
    """The message holds something that only a deep cell can open; nothing has been decided about it.

    Readers in a light cell may raise it besides LimitReached, those in a deep cell never.
    """


def whole(octets: bytes) -> Stretch:
    """The stretch that is all of these octets."""
    return Stretch(octets, 0, len(octets))
