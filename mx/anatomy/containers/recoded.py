"""A text in which `kinds.py` saw UTF-16, UTF-32, UTF-7 or ISO-2022-JP at work, whatever it declares: the same as UTF-8.

Standards, Failure, Limits: `mx/anatomy/recoding.py`.
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch
from mx.anatomy.recoding import evident_charset, recoded


def open_recoded(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The text as UTF-8, by the evidence of its own octets."""
    text = recoded(content, evident_charset(content), budget)
    if text is not None:
        yield Member("text", "", "recoded", text, "utf-8", is_further=True)
