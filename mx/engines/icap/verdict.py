"""What an ICAP server's reply to an artifact means: a table, because vendors disagree. Pure.

| the reply | means |
| --- | --- |
| `X-Infection-Found: Type=0; Resolution=…; Threat=NAME;` | NAME, infected |
| the same with Type 1 or 2: policy and container violations are called by either | NAME, unscannable, or encrypted |
| `X-Virus-ID: NAME` | NAME, infected |
| `X-Violations-Found`: a count; file, threat, number and resolution of each on lines | the first threat, infected |
| `X-Response-Info: infected`, or `blocked` | infected |
| 200 with an encapsulated 403, and none of these | infected: its page is what a browser would have been shown |
| 204, when all of the artifact had been sent | clean |
| 413 | too large |
| 200 with the body as it was, or with another one, and none of these | unknown |
| 100 out of turn, 4xx, 5xx, anything else | unknown |

A 204 counts as clean only without any of the headers above: one that says both is believed to have found something.

Standards: RFC 3507 sections 4.3.3 and 4.6; draft-stecher-icap-subid (the `X-` headers).
"""

import re

from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.icap.protocol import Reply
from mx.finding import Severity

BLOCKED = "Blocked-by-ICAP-server"
_NO_THREAT = frozenset({"", "-", "none", "clean", "no threat", "no threats", "no virus", "ok"})
_NAME = re.compile(r"[^\x21-\x7e]+")
_INFECTION = re.compile(r"(?:^|;)\s*(type|threat)\s*=\s*([^;]*)", re.IGNORECASE)


def answer_of(reply: Reply, *, is_whole: bool) -> Answer:
    """The answer; `is_whole`: all of the artifact had been sent before the reply came."""
    for read in (_infection, _virus, _violations, _information):
        if (alert := read(reply)) is not None:
            return alert
    match reply.status:
        case 204 if is_whole:
            return Clean()
        case 204:
            return NoAnswer("the service answered before it had everything")
        case 200 if reply.http_status == 403:
            return Alert(BLOCKED, Severity.INFECTED)
        case 200:
            return NoAnswer("the service sent the octets back and did not say why")
        case 413:
            return TooLarge()
        case _:
            return NoAnswer(f"the service answered {reply.status}")


def _infection(reply: Reply) -> Alert | None:
    value = reply.headers.get("x-infection-found", "")
    fields = {key.lower(): text.strip() for key, text in _INFECTION.findall(value)}
    if not value.strip() or fields.get("threat", "-").lower() in _NO_THREAT - {"-", ""}:
        return None
    name = _named(fields.get("threat", ""))
    return Alert(name, _violated(name) if fields.get("type") in ("1", "2") else Severity.INFECTED)


def _violated(name: str) -> Severity:
    is_encrypted = any(word in name.lower() for word in ("encrypt", "password"))
    return Severity.ENCRYPTED if is_encrypted else Severity.UNSCANNABLE


def _virus(reply: Reply) -> Alert | None:
    value = reply.headers.get("x-virus-id", "").strip()
    if value.lower() in _NO_THREAT:
        return None
    return Alert(_named(value), Severity.INFECTED)


def _violations(reply: Reply) -> Alert | None:
    lines = reply.headers.get("x-violations-found", "").strip().split("\n")
    if lines[0].strip() in ("", "0"):
        return None
    return Alert(_named(lines[2] if len(lines) > 2 else ""), Severity.INFECTED)


def _information(reply: Reply) -> Alert | None:
    value = reply.headers.get("x-response-info", "").strip().lower()
    return Alert(BLOCKED, Severity.INFECTED) if value in ("infected", "blocked", "virus found") else None


def _named(text: str) -> str:
    """The threat's name as one word that is safe in a header, a list, and a command."""
    return _NAME.sub("-", text.strip()).strip("-")[:200] or BLOCKED
