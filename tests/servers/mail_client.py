"""A mail client of the system tests: one connection, one transaction, the reply that settled it.

Comes in: octets with CRLF line ends, or LF that are made CRLF. Goes out: the first refusal, or the reply to the end of
data.
"""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.ports import HOST

AUTHOR = "author@sender.example"
ANSWER_SECONDS = 60.0
"""Longer than the 45 s within which the end of data is answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply: `line` is what a person would read."""

    code: int
    text: str

    @property
    def line(self) -> str:
        return f"{self.code} {self.text}"


class CutInContent(smtplib.SMTPServerDisconnected):
    """The connection was lost behind DATA, without a word."""


@contextmanager
def connected(port: int, seconds: float = ANSWER_SECONDS) -> Iterator[smtplib.SMTP]:
    """A session after EHLO; closed at the end without a word, as senders do that are in a hurry."""
    client = smtplib.SMTP(HOST, port, local_hostname="mail.sender.example", timeout=seconds)
    try:
        client.ehlo()
        yield client
    finally:
        client.close()


def answers_to_recipients(port: int, recipients: Sequence[str], reverse_path: str = AUTHOR) -> list[Answer]:
    """What each RCPT of one transaction is answered; no data is sent."""
    with connected(port) as client:
        assert client.mail(reverse_path)[0] == 250
        return [_answer(client.rcpt(recipient)) for recipient in recipients]


def send(
    port: int,
    message: bytes,
    recipients: Sequence[str] = ("user@tenant.example",),
    *,
    reverse_path: str = AUTHOR,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """The reply that settles the transaction. Raises OSError or SMTPException where the connection is lost."""
    with connected(port, seconds) as client:
        answer = _answer(client.mail(reverse_path, ["BODY=8BITMIME"]))
        for recipient in recipients:
            if answer.code == 250:
                answer = _answer(client.rcpt(recipient))
        if answer.code != 250:
            return answer
        try:
            return _answer(client.data(message))
        except smtplib.SMTPServerDisconnected as cut:
            raise CutInContent(str(cut)) from cut


def letter(mark: str, text: str = "Good morning.", subject: str = "") -> bytes:
    """A small letter; `mark` is the left side of its Message-ID, and its subject where none is given."""
    lines = [
        f"From: {AUTHOR}",
        "To: user@tenant.example",
        f"Subject: {subject or mark}",
        f"Message-ID: {message_id(mark)}",
        "Date: Tue, 24 Nov 2026 09:00:00 +0000",
        "",
        text,
        "",
    ]
    return "\r\n".join(lines).encode()


def message_id(mark: str) -> str:
    return f"<{mark}@sender.example>"


def _answer(reply: tuple[int, bytes]) -> Answer:
    return Answer(reply[0], reply[1].decode("ascii", "replace"))
