"""What MAIL and RCPT ask, and what is refused without asking."""

import pytest

from mx import reply
from mx.envelope import Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.events import MailGiven, RecipientGiven
from mx.smtp.extensions import MailParameters
from mx.smtp.grammar import Mail, Rcpt
from mx.smtp.questions import mail_question, recipient_question

UTF8 = MailParameters(is_smtputf8=True)


@pytest.mark.parametrize(
    ("address", "words", "expected"),
    [
        ("a@s.example", (), MailGiven(ReversePath("a@s.example"), MailParameters())),
        ("\u00fc@s.example", (), reply.NEEDS_SMTPUTF8),
        ("\u00fc@s.example", ("SMTPUTF8",), MailGiven(ReversePath("\u00fc@s.example"), UTF8)),
        ("a@s.example", ("SIZE=1001",), reply.TOO_LARGE),
        ("a@s.example", ("REQUIRETLS",), reply.UNKNOWN_PARAMETER),
    ],
)
def test_mail_asks_or_is_refused(address: str, words: tuple[str, ...], expected: MailGiven | Reply) -> None:
    """The limit is 1,000 octets."""
    assert mail_question(Mail(ReversePath(address), words), 1000, is_tls=False) == expected


@pytest.mark.parametrize(
    ("address", "words", "mail", "taken", "expected"),
    [
        ("a@v.example", (), MailParameters(), 0, RecipientGiven(Recipient("a@v.example"))),
        ("a@v.example", (), MailParameters(), 2, reply.TOO_MANY_RECIPIENTS),
        ("a@v.example", ("EVIL=1",), MailParameters(), 0, reply.UNKNOWN_PARAMETER),
        ("\u00fc@v.example", (), MailParameters(), 0, reply.NEEDS_SMTPUTF8),
        ("a@v.example", ("ORCPT=utf-8;\u00fc@v.example",), MailParameters(), 0, reply.NEEDS_SMTPUTF8),
        ("\u00fc@v.example", (), UTF8, 0, RecipientGiven(Recipient("\u00fc@v.example"))),
    ],
)
def test_rcpt_asks_or_is_refused(
    address: str, words: tuple[str, ...], mail: MailParameters, taken: int, expected: RecipientGiven | Reply
) -> None:
    """Two recipients at most."""
    assert recipient_question(Rcpt(Recipient(address), words), mail, taken, 2) == expected


def test_what_is_asked_to_be_told_stands_with_the_recipient() -> None:
    """It does not make it another recipient."""
    asked = recipient_question(Rcpt(Recipient("a@v.example"), ("NOTIFY=NEVER",)), MailParameters(), 0, 2)
    assert isinstance(asked, RecipientGiven)
    assert asked.recipient.dsn.words == "NOTIFY=NEVER"
    assert asked.recipient == Recipient("a@v.example")
