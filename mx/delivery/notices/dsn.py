"""A delivery status notification as octets. Pure: time and identifiers are given.

Comes in: what became of which recipients, and the header of the message reported, or all of it. Goes out: a whole
message of Content-Type multipart/report, ready for the queue, with the null reverse-path.

Standards: RFC 3461 sections 4.3 and 6.2, RFC 6522 (multipart/report), RFC 3464 (message/delivery-status), RFC 3834
section 5 (Auto-Submitted), RFC 6533 (utf-8 addresses and headers), RFC 5321 section 4.5.5.

Failure: none. Text of others (addresses, replies, headers) can break nothing: it is cut to one printable line, and the
header section returned stands in a part of its own, in base64 where it is not plain. A message that could not stand in
a part as it is (bare line ends, NUL, lines over 998 octets) is not returned: its header is.
Limits: 64 KiB of the header section, MOST_RETURNED_OCTETS of a whole message, 1,000 recipients.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

MOST_HEADER_OCTETS = 64 * 1024
MOST_RETURNED_OCTETS = 1024 * 1024
MOST_RECIPIENTS = 1000
_MOST_LINE = 900
_PLAIN = re.compile(rb"(?:[\x20-\x7e\t]{0,998}\r\n)*")
_AS_IT_IS = re.compile(rb"(?:[^\r\n\0]{0,998}\r\n)+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class DsnAction(StrEnum):
    """RFC 3464 section 2.3.3; those that are ever reported here."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"
    """Passed on to a mail system that does not report."""


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of one recipient's copy."""

    recipient: str
    action: DsnAction
    status: str
    """The enhanced code, `5.0.0` where none is known."""
    diagnostic: str
    """The next hop's reply, cleaned of names and addresses; empty when there was none."""
    last_attempt_at: datetime
    original_recipient: str = ""
    """As the sender named it (`NotifyRequest.original_field`); empty when it did not."""


@dataclass(frozen=True, slots=True)
class Dsn:
    """Everything that a notification says."""

    hostname: str
    """Who reports."""
    notice_id: str
    """For Message-ID and the boundary: unique, letters and digits only."""
    reverse_path: str
    """Whom it goes to: the reverse-path of the message reported."""
    transaction: str
    """Our id of the message reported."""
    received_at: datetime
    written_at: datetime
    recipients: tuple[RecipientReport, ...]
    header_section: bytes
    """The header of the message reported, without the empty line."""
    envelope_id: str = ""
    """ENVID as the sender gave it, decoded; empty when there was none."""
    whole: bytes = b""
    """The message reported, where all of it is to be returned; empty for its header alone."""


def render(dsn: Dsn) -> bytes:
    """The notification as a message, all lines ending in CRLF."""
    boundary = f"=_{dsn.notice_id}"
    reports = dsn.recipients[:MOST_RECIPIENTS]
    is_utf8 = not "".join((dsn.reverse_path, *(report.recipient for report in reports))).isascii()
    head = (
        f"From: Mail delivery <postmaster@{dsn.hostname}>",
        f"To: <{_one_line(dsn.reverse_path)}>",
        f"Subject: {subject_of(reports)}",
        f"Date: {format_datetime(dsn.written_at)}",
        f"Message-ID: <{dsn.notice_id}@{dsn.hostname}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
    )
    parts = (
        _part(("Content-Type: text/plain; charset=utf-8",), "\r\n".join(_explanation(dsn, reports)).encode()),
        _part(
            (f"Content-Type: message/{'global-' if is_utf8 else ''}delivery-status",),
            "\r\n".join(_status_fields(dsn, reports, is_utf8=is_utf8)).encode(),
        ),
        _returned(dsn),
    )
    delimiter = f"--{boundary}\r\n".encode()
    body = b"".join(delimiter + part + b"\r\n" for part in parts)
    return "\r\n".join((*head, "", "")).encode() + body + f"--{boundary}--\r\n".encode()


_WITHOUT_REPLY = {
    DsnAction.FAILED: "The mail server of the recipient could not be reached.",
    DsnAction.DELAYED: "The mail server of the recipient could not be reached.",
    DsnAction.RELAYED: "It took the message, and will not report on its delivery.",
}


def subject_of(reports: Sequence[RecipientReport]) -> str:
    """The Subject of a notification."""
    actions = {report.action for report in reports}
    if DsnAction.FAILED in actions:
        return "Your message could not be delivered"
    return "Your message is delayed" if DsnAction.DELAYED in actions else "Your message was passed on"


def _explanation(dsn: Dsn, reports: Sequence[RecipientReport]) -> Iterable[str]:
    yield f"This is the mail system at {dsn.hostname}."
    yield ""
    for action, sentence in (
        (DsnAction.FAILED, "Your message could not be delivered to these recipients:"),
        (DsnAction.DELAYED, "Your message could not yet be delivered to these recipients; it is still tried:"),
        (DsnAction.RELAYED, "Your message was passed on to the mail server of these recipients:"),
    ):
        concerned = [report for report in reports if report.action is action]
        if concerned:
            yield sentence
            yield ""
        for report in concerned:
            yield f"  <{_one_line(report.recipient)}>"
            yield f"    {_one_line(report.diagnostic) or _WITHOUT_REPLY[action]}"
            yield ""
    yield f"It was received {format_datetime(dsn.received_at)}; our number for it is {_one_line(dsn.transaction)}."
    yield "It follows." if _is_whole_returned(dsn) else "Its header follows; its content is not returned."


def _status_fields(dsn: Dsn, reports: Sequence[RecipientReport], *, is_utf8: bool) -> Iterable[str]:
    if dsn.envelope_id:
        yield f"Original-Envelope-Id: {_one_line(dsn.envelope_id)}"
    yield f"Reporting-MTA: dns; {dsn.hostname}"
    yield f"Arrival-Date: {format_datetime(dsn.received_at)}"
    kind = "utf-8" if is_utf8 else "rfc822"
    for report in reports:
        yield ""
        if report.original_recipient:
            yield f"Original-Recipient: {_one_line(report.original_recipient)}"
        yield f"Final-Recipient: {kind}; {_one_line(report.recipient)}"
        yield f"Action: {report.action.value}"
        yield f"Status: {report.status}"
        if report.diagnostic:
            yield f"Diagnostic-Code: smtp; {_one_line(report.diagnostic)}"
        yield f"Last-Attempt-Date: {format_datetime(report.last_attempt_at)}"


def _is_whole_returned(dsn: Dsn) -> bool:
    """It is wanted, and can stand in a part as it is: message/rfc822 may not be encoded (RFC 2046 section 5.2.1)."""
    is_small = 0 < len(dsn.whole) <= MOST_RETURNED_OCTETS
    return is_small and dsn.notice_id.encode() not in dsn.whole and _AS_IT_IS.fullmatch(dsn.whole) is not None


def _returned(dsn: Dsn) -> bytes:
    if _is_whole_returned(dsn):
        kind = "rfc822" if dsn.header_section.isascii() else "global"
        return _part((f"Content-Type: message/{kind}",), dsn.whole)
    octets = dsn.header_section[:MOST_HEADER_OCTETS]
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    if _PLAIN.fullmatch(octets) and not octets.startswith(b"--") and b"\r\n--" not in octets:
        return _part(("Content-Type: text/rfc822-headers",), octets)
    encoded = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return _part(("Content-Type: text/rfc822-headers", "Content-Transfer-Encoding: base64"), encoded)


def _part(fields: Sequence[str], content: bytes) -> bytes:
    encoding = () if content.isascii() else ("Content-Transfer-Encoding: 8bit",)
    return "\r\n".join((*fields, *encoding, "", "")).encode() + content


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)[:_MOST_LINE].strip()
