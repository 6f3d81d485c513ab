"""The header lines that Pratique puts on top of what it forwards.

* `Pratique-Scanned`, topmost, for each copy: the verdict, engines without an answer, what was taken out, and for a
  policy that only reports what it would have done.
* `MIME-Ambiguity-Results`, where there are ambiguities: our name, then `ambiguity=<name>` for each kind of place that
  mail programs read differently, as `mx/anatomy/ambiguities.py` names them. The field and what it is for are those of
  draft-chen-email-mime-ambiguity-defense-00; the values are ours.
* `Received`.

Comes in: the envelope, the examination, the decision, our host name. Goes out: whole header lines with CRLF, none over
998 octets (RFC 5322 section 2.1.1). Nothing a client sent is copied in unless it is printable and short: a HELO name
cannot start a header of its own.

Standards: RFC 5321 section 4.4, RFC 8314 section 4.3 (Received); RFC 3848, RFC 6531 section 4.3 (the `with` word).
"""

import re
from email.utils import format_datetime

from mx.decision import Decision, Deliver
from mx.envelope import Client, Envelope
from mx.examination import Examination
from mx.verdict import Verdict

_UNSAFE = re.compile(r"[^!-'*-\[\]-~]")
"""All but printable ASCII without parentheses, backslash and blank: what would end a comment or a line."""
_MOST_NAME_CHARACTERS = 255


def headers_on_top(envelope: Envelope, examination: Examination, hostname: str) -> bytes:
    """Our header lines for one message, newest on top. One recipient is named; several are nobody's business."""
    lines = [*_ambiguity_results(examination.verdict, hostname), _received(envelope, hostname)]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def scanned_header(examination: Examination, decision: Decision, hostname: str, taken_out: int = 0) -> bytes:
    """The `Pratique-Scanned` line of one copy; `taken_out` says how many of its parts were replaced by a notice."""
    engines = ", ".join(_safe(engine) for engine in examination.engines) or "none"
    words = [_summary(examination.verdict)]
    if taken_out:
        words.append(f"removed={taken_out}")
    if isinstance(decision, Deliver) and decision.would:
        words.append(f"report-only; would={decision.would}")
    return f"Pratique-Scanned: {'; '.join(words)}; by={hostname};\r\n\tengines={engines}\r\n".encode()


def _received(envelope: Envelope, hostname: str) -> str:
    client = envelope.client
    with_clause = f"with {_protocol(client, envelope.is_smtputf8)} id {envelope.transaction}"
    return (
        f"Received: from {_safe(client.helo)} ({_literal(client.address)})\r\n"
        f"\tby {hostname} (Pratique) {with_clause}{_for_clause(envelope)};\r\n"
        f"\t{format_datetime(envelope.received_at)}"
    )


def _for_clause(envelope: Envelope) -> str:
    """A single recipient, where the address needs no quoting of ours."""
    addresses = [recipient.address for recipient in envelope.recipients]
    return f"\r\n\tfor <{addresses[0]}>" if len(addresses) == 1 and _is_plain(addresses[0]) else ""


def _ambiguity_results(verdict: Verdict, hostname: str) -> list[str]:
    """One field, or none; each name on a line of its own."""
    names = dict.fromkeys(_safe(ambiguity.name) for ambiguity in verdict.ambiguities)
    lines = ";\r\n".join([hostname, *(f"\tambiguity={name}" for name in names)])
    return [f"MIME-Ambiguity-Results: {lines}"] if names else []


def _summary(verdict: Verdict) -> str:
    words = [verdict.kind.value]
    if verdict.ambiguities:
        words.append("ambiguous")
    if verdict.unanswered:
        words.append("unanswered=" + ",".join(_safe(failed.engine) for failed in verdict.unanswered))
    return "; ".join(words)


def _protocol(client: Client, is_smtputf8: bool) -> str:
    """The word after `with`: the registry's mail transmission types."""
    if is_smtputf8:
        return "UTF8SMTPS" if client.tls else "UTF8SMTP"
    if not client.is_esmtp:
        return "SMTP"
    return "ESMTPS" if client.tls else "ESMTP"


def _literal(address: str) -> str:
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _safe(text: str) -> str:
    return _UNSAFE.sub("?", text)[:_MOST_NAME_CHARACTERS] or "unknown"


def _is_plain(address: str) -> bool:
    return not _UNSAFE.search(address) and len(address) <= _MOST_NAME_CHARACTERS
