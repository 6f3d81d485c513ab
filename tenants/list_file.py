"""A list in a text or CSV file: what stands in the first field of each line, with the line's number.

A first line that says what the column is, such as `address` or `email`, is a heading.

Failure: `Refusal` when the file is too large or no text; OSError. Limits: 100 MB.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenants.refusals import Refusal

_MOST_OCTETS = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something."""

    number: int
    text: str


def read_lines(file: Path, headings: Sequence[str]) -> list[Line]:
    """The lines of a file. `headings` are in lower case."""
    with file.open("rb") as opened:
        raw = opened.read(_MOST_OCTETS + 1)
    if len(raw) > _MOST_OCTETS:
        raise Refusal(f"The list {file} is larger than 100 MB.")
    return lines_of(raw, headings, str(file))


def lines_of(raw: bytes, headings: Sequence[str], name: str) -> list[Line]:
    """The first fields of these octets, those that are empty left out; `name` is what a refusal calls them. Pure."""
    try:
        rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal(f"The list {name} cannot be read as text: {error}.") from None
    lines = [Line(number, row[0].strip()) for number, row in enumerate(rows, 1) if row and row[0].strip()]
    return lines[1:] if lines and lines[0].text.lower() in headings else lines
