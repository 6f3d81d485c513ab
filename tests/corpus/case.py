"""Case: one message of the corpus, and what must become of it.

A hidden case carries EICAR (or something else that must not arrive) behind one trick or several; a clean case is odd
but harmless, and must arrive with every octet as it was.
Over DATA a bare CR or LF is no line end, so a message that has one is judged by `pratique scan` alone: `over` says so.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class Expect(StrEnum):
    """What must become of a message; a message that must not pass may be refused for either reason."""

    INFECTED = "infected"
    BLOCKED = "blocked"
    """Not a virus, but nothing that may pass: encrypted, a bomb, unreadable."""
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Case:
    """One message; `name` is unique in the corpus, `room` is the class of the trick."""

    name: str
    room: str
    expect: Expect
    content: bytes
    is_signed: bool = False
    """It carries a DKIM signature by the corpus' own key."""

    @property
    def over(self) -> str:
        """How it can be brought before the program: `smtp` or `scan`."""
        return "scan" if _BARE.search(self.content) else "smtp"

    def row(self) -> dict[str, str]:
        """Its entry in the manifest."""
        row = {"name": self.name, "class": self.room, "expect": self.expect.value, "over": self.over}
        return row | ({"signed": "dkim"} if self.is_signed else {})


def hidden(room: str, name: str, content: bytes, expect: Expect = Expect.INFECTED) -> Case:
    """A case that must not pass."""
    return Case(f"{room}-{name}", room, expect, content)


def clean(room: str, name: str, content: bytes) -> Case:
    """A case that must pass as it is."""
    return Case(f"clean-{room}-{name}", f"clean-{room}", Expect.CLEAN, content)
