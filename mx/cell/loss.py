"""What a cell died of, and whether its message gets a second try. Pure.

A message is examined again, once and in another cell, when its cell died of itself or was killed by somebody else: the
system short of memory, an operator, or a fault that the message before it left behind. It is not when we ended the cell
(it took too long, or talked nonsense), when it told of an exception, or when the kernel ended it for the CPU time that
it used: the message would only do it again, and a hang must not be paid for twice.
"""

import signal
from dataclasses import dataclass

from mx.cell.orders import Buried


@dataclass(frozen=True, slots=True)
class Loss:
    """One cell's end."""

    name: str
    """Of the finding, should there be no second try."""
    may_try_again: bool


def loss_of(end_name: str, buried: Buried | None) -> Loss:
    """The loss of a cell that ended under this name, and what its nursery found."""
    if buried is None:
        return Loss(end_name, end_name == "cell-died")
    used_up_its_time = end_name == "cell-died" and buried.exit_code == -signal.SIGXCPU
    name = "cell-time" if used_up_its_time else end_name
    opening = f".{buried.opening.kind}" if buried.opening else ""
    return Loss(name + opening, name == "cell-died")
