"""A text in which `kinds.py` saw UTF-16, UTF-32, UTF-7 or ISO-2022-JP at work, whatever it declares: the same as UTF-8.

Where there are NULs, the octets without them as well: some programs leave them out, and they may be in no charset.

Standards, Failure, Limits: `mx/anatomy/recoding.py`.
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.recoding import evident_charset, recoded


def open_recoded(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The text as UTF-8, by the evidence of its own octets."""
    text = recoded(content, evident_charset(content), budget)
    if text is not None:
        yield Member("text", "", "recoded", text, "utf-8", is_further=True)
    elif content.base.find(b"\0", content.start, content.end) >= 0:
        bare = whole(content.raw.translate(None, b"\0"))
        budget.charge_octets(bare.octets)
        yield Member("text", "", "without-nuls", bare, is_further=True, is_guess=True)
