"""A policy as a file: one JSON object of entries, as `pratique policy show --json` prints it.

Failure: a file that is no such object is a Refusal with one plain line; one that cannot be read is an OSError.
"""

import json
from pathlib import Path

from tenants.refusals import Refusal

MOST_OCTETS = 1024 * 1024
"""A policy file is a few lines; whatever is larger is the wrong file."""


def read_policy_file(file: Path) -> dict[str, object]:
    """The entries of a policy file, not yet looked at. Raises Refusal and OSError."""
    with file.open("rb") as opened:
        raw = opened.read(MOST_OCTETS + 1)
    try:
        entries = json.loads(raw) if len(raw) <= MOST_OCTETS else None
    except (ValueError, RecursionError) as error:
        raise Refusal(f"The policy file {file} is not JSON: {error}.") from None
    if not isinstance(entries, dict):
        raise Refusal(f'The policy file {file} is not a policy: it looks like {{"encrypted": "hold"}}.')
    return entries
