"""Scripts that unpack themselves: a program for a shell, and behind it, on a line of its own, what it unpacks.

Comes in: a text that begins with `#!` and has the first octets of a compressed file behind a line end. Goes out: the
rest from each such place, which is then opened by its own evidence.

Standards: none; makeself, and installers made like it. Where the script says that the file begins is not asked.
Failure: none: what only begins so is found broken when it is opened. Limits: each place but the first is charged.
"""

import re
from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch
from mx.anatomy.containers.embedded import stretches_from

APPENDED = re.compile(
    rb"(?<=\n)(?:\x1f\x8b\x08[\0-\x1f]|\xfd7zXZ\0|BZh[1-9]1AY&SY|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|LZIP\x01)"
)


def open_script_archive(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What stands behind the script."""
    for stretch in stretches_from(content, APPENDED, budget):
        yield Member("appended", "", "appended", stretch, is_further=True, is_guess=True)
