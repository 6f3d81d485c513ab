"""Rspamd's answer about a message, as findings. Pure.

Comes in: the octets of its JSON. Goes out: findings on the message itself.

| Rspamd says | finding |
| --- | --- |
| action `reject`, `add header` or `rewrite subject` | `Rspamd.spam`, of severity spam |
| a symbol about phishing with a positive score: PHISH in its name, or of the group `phishing` | by its name, phishing |
| a symbol of the group `antivirus` with a positive score | by its name, suspicious |
| action `greylist`, `soft reject`, `no action` | none |

Greylisting is a question of when, not of what; a virus scanner behind Rspamd was asked about the message in its own
way, so it makes a message suspicious, and Pratique's own scanners say whether it is infected.

Failure: whatever is not such a JSON document raises ValueError: an answer that cannot be read says nothing.
"""

import json
import re
from collections.abc import Iterator

from mx.finding import Finding, Severity

_SPAM = frozenset({"reject", "add header", "rewrite subject"})
_NONE = frozenset({"no action", "greylist", "soft reject"})
_SYMBOL = re.compile("[A-Za-z0-9_.-]{1,100}")


def findings_of(raw: bytes, engine: str, artifact: int = 0) -> tuple[Finding, ...]:
    """What the answer says of the message, which is this artifact. Raises ValueError."""
    document = _object(json.loads(raw))
    action = document.get("action")
    if action not in _SPAM | _NONE or "error" in document:
        raise ValueError("no verdict in Rspamd's answer")
    named = dict.fromkeys(_named(document))
    if action in _SPAM:
        named["Rspamd.spam", Severity.SPAM] = None
    return tuple(Finding(engine, name, artifact, severity) for name, severity in named)


def _named(document: dict[str, object]) -> Iterator[tuple[str, Severity]]:
    for name, about in _object(document.get("symbols", {})).items():
        symbol = _object(about)
        score, groups = symbol.get("score", 0), symbol.get("groups", [])
        if not isinstance(score, int | float) or score <= 0 or not _SYMBOL.fullmatch(name):
            continue
        of = [str(group) for group in groups] if isinstance(groups, list) else []
        if "PHISH" in name.upper() or "phishing" in of:
            yield f"Rspamd.{name}", Severity.PHISHING
        elif "antivirus" in of:
            yield f"Rspamd.{name}", Severity.SUSPICIOUS


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("Rspamd's answer is of another form")
    return value
