"""Delivery status notifications, as somebody else's parser reads them."""

import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.notices.dsn import MOST_HEADER_OCTETS, MOST_RETURNED_OCTETS, Dsn, DsnAction, RecipientReport, render

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
REPORT = RecipientReport("b@tenant.example", DsnAction.FAILED, "5.1.1", "550 5.1.1 no such user", NOON)
RELAYED = RecipientReport("c@tenant.example", DsnAction.RELAYED, "2.0.0", "", NOON)
DSN = Dsn(
    hostname="mx.example",
    notice_id="n1",
    reverse_path="a@sender.example",
    transaction="t1",
    received_at=NOON,
    written_at=NOON,
    recipients=(REPORT,),
    header_section=b"Subject: hello\r\nMessage-ID: <1@sender.example>\r\n",
)


def parse(dsn: Dsn) -> tuple[EmailMessage, list[EmailMessage]]:
    """The message and its three parts."""
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(render(dsn))
    assert not message.defects
    return message, list(message.iter_parts())  # type: ignore[arg-type]


def fields(part: EmailMessage) -> list[dict[str, str]]:
    """The groups of fields of a delivery-status part."""
    groups = part.get_payload()
    return [{name: str(value) for name, value in group.items()} for group in groups]  # type: ignore[union-attr]


def test_a_notification_is_a_report_with_three_parts() -> None:
    """Words, the fields of RFC 3464, the header of the message reported."""
    message, parts = parse(DSN)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert [part.get_content_type() for part in parts] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert message["To"] == "a@sender.example"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Message-ID"] == "<n1@mx.example>"
    assert "b@tenant.example" in parts[0].get_content()
    assert "550 5.1.1 no such user" in parts[0].get_content()
    about, recipient = fields(parts[1])
    assert about == {"Reporting-MTA": "dns; mx.example", "Arrival-Date": "Mon, 23 Nov 2026 12:00:00 +0000"}
    assert recipient == {
        "Final-Recipient": "rfc822; b@tenant.example",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 no such user",
        "Last-Attempt-Date": "Mon, 23 Nov 2026 12:00:00 +0000",
    }
    assert "<1@sender.example>" in parts[2].get_content()


def test_each_recipient_has_its_fields() -> None:
    """A delay is told as one, and a next hop that was never reached has no diagnostic code."""
    delayed = RecipientReport("c@tenant.example", DsnAction.DELAYED, "4.4.1", "", NOON)
    _, parts = parse(replace(DSN, recipients=(REPORT, delayed)))
    assert [group["Action"] for group in fields(parts[1])[1:]] == ["failed", "delayed"]
    assert "Diagnostic-Code" not in fields(parts[1])[2]
    assert "could not be reached" in parts[0].get_content()


@pytest.mark.parametrize(
    ("reports", "subject"),
    [
        ((REPORT,), "Your message could not be delivered"),
        ((replace(REPORT, action=DsnAction.DELAYED),), "Your message is delayed"),
        ((RELAYED,), "Your message was passed on"),
        ((RELAYED, REPORT), "Your message could not be delivered"),
    ],
)
def test_the_subject_says_what_happened(reports: tuple[RecipientReport, ...], subject: str) -> None:
    """The worst of it."""
    message, _ = parse(replace(DSN, recipients=reports))
    assert message["Subject"] == subject


def test_addresses_beyond_ascii_are_told_as_they_are() -> None:
    """RFC 6533."""
    octets = render(replace(DSN, recipients=(replace(REPORT, recipient="ü@tenant.example"),)))
    assert b"Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n" in octets
    assert "Final-Recipient: utf-8; ü@tenant.example".encode() in octets


@pytest.mark.parametrize(
    "section",
    [
        b"X: \xff\xfe\r\n",
        b"X: a\nY: b\r\n",
        b"--=_n1--\r\nX: y\r\n",
        b"X: y\r\n--=_n1\r\n",
        b"X: " + b"y" * 2000 + b"\r\n",
    ],
)
def test_a_header_that_is_not_plain_is_returned_in_base64(section: bytes) -> None:
    """It can neither break the report nor carry octets that do not pass everywhere."""
    octets = render(replace(DSN, header_section=section))
    _, parts = parse(replace(DSN, header_section=section))
    assert len(parts) == 3
    assert parts[2].get_payload(decode=True) == section
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")


def test_a_long_header_is_cut() -> None:
    """The report stays small."""
    assert len(render(replace(DSN, header_section=b"X: y\r\n" * 100_000))) < MOST_HEADER_OCTETS + 4000


@given(st.text(max_size=80), st.binary(max_size=200))
def test_nothing_hostile_adds_a_line_or_a_part(text: str, section: bytes) -> None:
    """Whatever a next hop or a sender wrote, the report has its three parts and lines that end in CRLF."""
    report = replace(REPORT, recipient=text, diagnostic=text)
    hostile = replace(DSN, reverse_path=text, transaction=text, recipients=(report,), header_section=section)
    octets = render(hostile)
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    head, _, _ = octets.partition(b"\r\n\r\n")
    assert len(head.split(b"\r\n")) == 9
    assert octets.count(b"\r\n--=_n1") == 4


def test_what_the_sender_named_is_named_in_the_report() -> None:
    """Original-Envelope-Id and Original-Recipient where there were any (RFC 3464 sections 2.2.1 and 2.3.1)."""
    named = replace(REPORT, original_recipient="rfc822; Bob@tenant.example")
    about, recipient = fields(parse(replace(DSN, envelope_id="QQ 1", recipients=(named,)))[1][1])
    assert about["Original-Envelope-Id"] == "QQ 1"
    assert recipient["Original-Recipient"] == "rfc822; Bob@tenant.example"


def test_what_was_passed_on_is_reported_as_that() -> None:
    """Neither delivered nor failed: `relayed` (RFC 3464 section 2.3.3)."""
    _, parts = parse(replace(DSN, recipients=(RELAYED,)))
    assert "passed on to the mail server of these recipients" in parts[0].get_content()
    assert "will not report" in parts[0].get_content()
    (recipient,) = fields(parts[1])[1:]
    assert (recipient["Action"], recipient["Status"], "Diagnostic-Code" in recipient) == ("relayed", "2.0.0", False)


@pytest.mark.parametrize(
    ("header", "body", "kind"),
    [
        (b"Subject: hello\r\n", b"The content.\r\n", "message/rfc822"),
        (b"Subject: hello\r\n", "Gr\u00fc\u00dfe.\r\n".encode(), "message/rfc822"),
        ("Subject: Gr\u00fc\u00dfe\r\n".encode(), b"The content.\r\n", "message/global"),
    ],
)
def test_a_whole_message_is_returned_as_it_is(header: bytes, body: bytes, kind: str) -> None:
    """Octet by octet, and the words say that it follows."""
    whole = header + b"\r\n" + body
    dsn = replace(DSN, header_section=header, whole=whole)
    _, parts = parse(dsn)
    assert parts[2].get_content_type() == kind and "It follows." in parts[0].get_content()
    assert render(dsn).count(whole) == 1


@pytest.mark.parametrize(
    "whole",
    [
        b"A: b\n\nbare\n",
        b"A: b\r\n\r\nnul \0\r\n",
        b"A: b\r\n\r\n" + b"x" * 999 + b"\r\n",
        b"A: b\r\n\r\nno end",
        b"A: b\r\n\r\n--=_n1--\r\n",
        b"A: b\r\n\r\n" + b"x\r\n" * (MOST_RETURNED_OCTETS // 3),
    ],
    ids=["bare", "nul", "long-line", "no-end", "boundary", "large"],
)
def test_what_cannot_stand_in_a_report_is_not_returned(whole: bytes) -> None:
    """Its header is, and the words say so."""
    _, parts = parse(replace(DSN, whole=whole))
    assert parts[2].get_content_type() == "text/rfc822-headers"
    assert "its content is not returned" in parts[0].get_content()
