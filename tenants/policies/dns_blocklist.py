"""One DNS blocklist in a policy: its zone, the answers that count, its weight. Pure.

Written `ZONE`, `ZONE=FIRST-LAST` or `ZONE=ANSWER`, and behind it perhaps `*WEIGHT`: `bl.example`,
`bl.example=127.0.0.2-127.0.0.11*0.5`.

Failure: ValueError with the end of a sentence that begins "Policy entry ... cannot be ...: ".
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

_WRITTEN = re.compile(
    r"(?P<zone>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+)"
    r"(?:=(?P<first>[0-9.]{7,15})(?:-(?P<last>[0-9.]{7,15}))?)?"
    r"(?:\*(?P<weight>[0-9]{1,3}(?:\.[0-9]{1,2})?))?"
)


@dataclass(frozen=True, slots=True)
class DnsBlocklist:
    """One zone."""

    zone: str
    first: IPv4Address | None = None
    """The lowest answer that counts; None where all do."""
    last: IPv4Address | None = None
    weight: float = 1.0

    def counts(self, answer: IPv4Address) -> bool:
        """Whether this answer of the zone is a listing that is meant."""
        return self.first is None or self.last is None or self.first <= answer <= self.last

    def __str__(self) -> str:
        answers = "" if self.first is None else f"={self.first}-{self.last}"
        return f"{self.zone}{answers}" + (f"*{self.weight:g}" if self.weight != 1 else "")


def parse_dns_blocklist(text: str) -> DnsBlocklist:
    """The zone that is written. Raises ValueError."""
    match = _WRITTEN.fullmatch(text.strip().lower())
    if match is None or len(match["zone"]) > 180:
        raise ValueError(f"{text[:80]!r} is no list; one looks like bl.example=127.0.0.2-127.0.0.11*0.5")
    try:
        first = IPv4Address(match["first"]) if match["first"] else None
        last = IPv4Address(match["last"]) if match["last"] else first
    except ValueError:
        raise ValueError(f"{text[:80]!r} has an answer that is no IPv4 address") from None
    if first is not None and last is not None and first > last:
        raise ValueError(f"{text[:80]!r} has its answers the wrong way round")
    return DnsBlocklist(match["zone"], first, last, float(match["weight"] or 1))
