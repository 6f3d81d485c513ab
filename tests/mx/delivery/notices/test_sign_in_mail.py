"""The mail with a sign-in link, as somebody else's parser reads it."""

import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser

from mx.delivery.notices.sign_in_mail import SUBJECT, render_sign_in


def test_the_mail_has_the_link_on_a_line_of_its_own() -> None:
    """And says of itself that a program sent it."""
    link = "https://portal.example/signin/" + "x" * 43
    octets = render_sign_in(
        hostname="mx.example",
        recipient="ann@acme.example",
        link=link,
        minutes=30,
        notice_id="n1",
        now=datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert octets.isascii() and b"\n" not in octets.replace(b"\r\n", b"")
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(octets)
    assert not message.defects
    assert (message["To"], message["Subject"], message["Auto-Submitted"]) == (
        "ann@acme.example",
        SUBJECT,
        "auto-generated",
    )
    assert link in message.get_content().splitlines()
    assert "within 30 minutes" in message.get_content()
