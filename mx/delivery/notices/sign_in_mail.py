"""The mail with a sign-in link, as octets. Pure: time, link and identifiers are given.

Comes in: who asked, and the link. Goes out: a whole message, all lines ending in CRLF, in 7-bit text.

Standards: RFC 5322 sections 2.1.1 and 3.6; RFC 3834 section 5 (Auto-Submitted).
Failure: none.
"""

from datetime import datetime
from email.utils import format_datetime

SUBJECT = "Your sign-in link"


def render_sign_in(*, hostname: str, recipient: str, link: str, minutes: int, notice_id: str, now: datetime) -> bytes:
    """The message; `recipient` is an address of ours, without line ends."""
    lines = (
        f"From: Pratique <postmaster@{hostname}>",
        f"To: <{recipient}>",
        f"Subject: {SUBJECT}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{notice_id}@{hostname}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "Somebody, most likely you, asked for a link to sign in to the mail",
        "quarantine. Open it, and press the button there:",
        "",
        link,
        "",
        f"It can be used once, within {minutes} minutes.",
        "If you did not ask for it, nothing needs to be done.",
        "",
    )
    return "\r\n".join(lines).encode("utf-8")
