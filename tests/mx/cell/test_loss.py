"""What a cell died of, and what follows."""

import signal

import pytest

from mx.cell.loss import Loss, loss_of
from mx.cell.opening import Opening
from mx.cell.orders import Buried

PDF = Opening("0" * 64, "pdf")


def buried(exit_code: int, opening: Opening | None = None) -> Buried:
    return Buried(1, exit_code, opening)


CASES = {
    "killed from outside": ("cell-died", buried(-signal.SIGKILL), Loss("cell-died", True)),
    "ended from outside": ("cell-died", buried(-signal.SIGTERM, PDF), Loss("cell-died.pdf", True)),
    "crashed": ("cell-died", buried(-signal.SIGSEGV, PDF), Loss("cell-died.pdf", True)),
    "left by itself": ("cell-died", buried(0), Loss("cell-died", True)),
    "nobody can say": ("cell-died", None, Loss("cell-died", True)),
    "out of CPU time": ("cell-died", buried(-signal.SIGXCPU, PDF), Loss("cell-time.pdf", False)),
    "too long": ("cell-time", buried(-signal.SIGKILL, PDF), Loss("cell-time.pdf", False)),
    "too long, and nobody can say": ("cell-time", None, Loss("cell-time", False)),
    "told of an exception": ("cell-error", buried(0, PDF), Loss("cell-error.pdf", False)),
    "talked nonsense": ("cell-nonsense", buried(-signal.SIGKILL), Loss("cell-nonsense", False)),
}


@pytest.mark.parametrize("case", CASES)
def test_only_a_death_is_tried_again(case: str) -> None:
    """What the message would do again is not; the finding's name says what was being opened."""
    end_name, end, expected = CASES[case]
    assert loss_of(end_name, end) == expected
