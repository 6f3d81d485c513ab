"""A tenant's own YARA-X rules: compiled in the cell, kept there by their digest, held to a time of their own.

Comes in: the text that travelled with the message. Goes out: matches named `tenant.<name>`, where a person who reads
the verdict sees whose rule it was. A tenant's rule may say *infected*, *prohibited*, *phishing*, *spam* or
*suspicious*; what could not be examined is for us to say.

Failure: rules that do not compile were refused when they were set; should it happen here, the message has the finding
`tenant.rules-broken` of severity unscannable, and so has every message of that tenant until somebody mends them.
Limits: `SECONDS` of CPU a message for all scans with these rules together; KEPT rule sets in each cell.
"""

import hashlib
import re

from mx.anatomy.budget import Budget
from mx.cell.rule_set import Match, RulesBroken, RuleSet, compile_texts
from mx.finding import Severity

SECONDS = 3.0
KEPT = 8
_NAME = re.compile(r"[A-Za-z0-9._+ -]{1,100}")
_SAYABLE = frozenset(
    {Severity.INFECTED, Severity.PROHIBITED, Severity.PHISHING, Severity.SPAM, Severity.SUSPICIOUS}
)  # fmt: skip


class TenantRules:
    """The rule sets of tenants whose mail this cell has seen lately."""

    __slots__ = ("_sets",)

    def __init__(self) -> None:
        self._sets: dict[bytes, RuleSet | None] = {}

    def for_text(self, text: str) -> "RuleSet | None":
        """The rule set of this text; None when it does not compile."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if digest in self._sets:
            self._sets[digest] = self._sets.pop(digest)
        else:
            self._sets[digest] = _compiled(text)
            if len(self._sets) > KEPT:
                del self._sets[next(iter(self._sets))]
        return self._sets[digest]


class Turn:
    """One message's scans with its tenant's rules."""

    __slots__ = ("_left", "_rules")

    def __init__(self, rules: "RuleSet | None") -> None:
        self._rules, self._left = rules, SECONDS

    def scan(self, artifact_name: str, octets: bytes, budget: Budget) -> list[Match]:
        """What matches, and what kept it from being known."""
        if self._rules is None:
            return [("tenant.rules-broken", Severity.UNSCANNABLE)]
        if self._left <= 0:
            return [("limit.tenant-rules-time", Severity.UNSCANNABLE)]
        before = budget.seconds_left
        matches = self._rules.scan(artifact_name, octets, min(self._left, before))
        self._left -= before - budget.seconds_left
        return [_told(name, severity) for name, severity in matches]


def _compiled(text: str) -> RuleSet | None:
    try:
        return RuleSet(compile_texts([text]))
    except (RulesBroken, UnicodeEncodeError):
        return None


def _told(name: str, severity: Severity) -> Match:
    if severity is Severity.UNSCANNABLE:
        return name, severity
    told = severity if severity in _SAYABLE else Severity.SUSPICIOUS
    return f"tenant.{name if _NAME.fullmatch(name) else 'unnamed'}", told
