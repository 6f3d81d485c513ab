"""Fixed: dataclasses that nothing changes once they are made, as mypy sees to it, and that cost little to make.

A walk makes dozens of small values for every message. A frozen dataclass sets each field by a call, because it guards
against assignment while the program runs: a sixth of the walk's time at 10 KB. Here the guard is the type checker
alone; equality, hashes and slots are as in a frozen dataclass.

Used for the values of the plain path; everything else is an ordinary frozen dataclass.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform(frozen_default=True)
def fixed(kind: type[Kind]) -> type[Kind]:
    """This class as a dataclass with slots, equality and a hash, whose fields nothing may assign."""
    return dataclass(slots=True, unsafe_hash=True)(kind)
