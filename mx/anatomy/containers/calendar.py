"""iCalendar and vCard: the files that they carry: attachments, photos, logos, sounds and keys.

Comes in: a text with such a card or calendar. Goes out: the decoded values of all properties in base64 or
quoted-printable, whatever their names, and what `data:` URLs hold. Folded lines are joined first, in both ways that
programs fold (RFC 5545 section 3.1; vCard 2.1, whose values in base64 begin on a line of their own).

Standards: RFC 5545, 6350; RFC 2426 and vCard 2.1 (`ENCODING=b`, `BASE64`, `QUOTED-PRINTABLE`).
Failure: none; a value that does not decode is left out. Limits: linear.
"""

import re
from collections.abc import Iterator

from mx.anatomy.base64_readings import lenient_base64
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.data_urls import data_urls
from mx.anatomy.quoted_printable import quoted_printable_readings

_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]")
_SOFT_BREAK = re.compile(rb"=\r?\n")
_CODED = re.compile(
    rb"(?:\A|(?<=[\r\n]))([^\r\n:]{0,500}(?:BASE64|ENCODING=\"?B\"?(?=[;:])|QUOTED-PRINTABLE)[^\r\n:]{0,500}):([^\r\n]*)",
    re.IGNORECASE,
)


def open_calendar(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What the properties hold."""
    text = _FOLD.sub(b"", content.raw)
    for found in _CODED.finditer(_SOFT_BREAK.sub(b"", text)):
        is_quoted = b"QUOTED-PRINTABLE" in found[1].upper()
        readings = quoted_printable_readings(found[2])[:1] if is_quoted else lenient_base64(found[2])
        for octets in readings:
            budget.charge_octets(len(octets))
            if octets:
                name = re.split(rb"[;.]", found[1], maxsplit=1)[0].decode("ascii", "replace").lower()
                yield Member(name, "", "embedded", whole(octets), is_further=True)
        budget.check_time()
    for declared, octets in data_urls(text):
        budget.charge_octets(len(octets))
        yield Member("embedded", declared, "embedded", whole(octets), is_further=True)
