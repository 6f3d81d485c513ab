"""Windows shortcuts: the text within, whichever octets its strings are kept in, and what is appended behind them.

A shortcut starts a program with arguments that somebody wrote; scripts hide in those, or stand behind the shortcut,
which then starts a program that reads them from it. Strings are UTF-16 or a code page, side by side, so the octets
without their NULs are a text that holds both.

Standards: MS-SHLLINK. Nothing of its structure is needed, and so nothing of it is believed.
Failure: none. Archives behind it are found by what they begin with (`mx/anatomy/kinds.py`).
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole


def open_shortcut(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Its octets without the NULs."""
    text = content.raw.translate(None, b"\0")
    budget.charge_octets(len(text))
    yield Member("text", "", "shortcut-text", whole(text), is_further=True, is_guess=True)
