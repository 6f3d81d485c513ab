"""Quoted-printable that nothing declares: a text in which `kinds.py` saw codes one after another.

Standards: RFC 2045 section 6.7. Failure: none. Limits: one decoding of the text.
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.quoted_printable import is_canonical, quoted_printable_readings


def open_quoted_block(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The text, decoded."""
    raw = content.raw
    readings = quoted_printable_readings(raw)
    for reading in readings[:1] if is_canonical(raw) else readings:
        budget.charge_octets(len(reading))
        if reading != raw:
            yield Member("quoted-printable", "", "quoted-printable", whole(reading), is_further=True, is_guess=True)
