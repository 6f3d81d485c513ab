"""Archives that begin anywhere: behind the front of a self-extracting program, behind a picture, one behind another.

The programs that open 7z, rar and cab look for the first octets of the format anywhere in a file, and so does this.
`mx/anatomy/kinds.py` asks where it pays to look; the readers ask for every place.

Limits: each place but the first is charged to the budget as a further reading.
"""

import re
from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch

# Regular expressions: their search for plain octets is twice as fast as that of `bytes.find`.
SEVEN_ZIP = re.compile(rb"7z\xbc\xaf\x27\x1c")
RAR = re.compile(rb"Rar!\x1a\x07[\x00\x01]")
CAB = re.compile(rb"MSCF\x00{4}")
ZIP = re.compile(rb"PK\x03\x04")


def stretches_from(content: Stretch, magic: re.Pattern[bytes], budget: Budget) -> Iterator[Stretch]:
    """The rest of the content from each place where the magic stands. Raises LimitReached."""
    for number, found in enumerate(magic.finditer(content.base, content.start, content.end)):
        budget.check_time()
        if number > 0:
            budget.charge_reading()
        yield Stretch(content.base, found.start(), content.end)
