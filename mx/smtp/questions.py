"""MAIL and RCPT -> the question that the session asks about them, or the refusal that needs no asking. Pure.

Comes in: a command whose grammar is right, and what this transaction has so far. Goes out: `MailGiven` or
`RecipientGiven`, or a Reply.

Standards: RFC 6531 section 3.5 (addresses that are not ASCII need SMTPUTF8), RFC 5321 section 4.5.3.1.10 (too many
recipients: 452).
"""

from mx import reply
from mx.envelope import Recipient
from mx.reply import Reply
from mx.smtp.events import MailGiven, RecipientGiven
from mx.smtp.extensions import MailParameters, mail_parameters, recipient_parameters
from mx.smtp.grammar import Mail, Rcpt


def mail_question(mail: Mail, size_limit_octets: int, *, is_tls: bool) -> MailGiven | Reply:
    """Whether this reverse-path may open a transaction."""
    parameters = mail_parameters(mail.words, size_limit_octets, is_tls=is_tls)
    if isinstance(parameters, Reply):
        return parameters
    if not parameters.is_smtputf8 and not mail.reverse_path.address.isascii():
        return reply.NEEDS_SMTPUTF8
    return MailGiven(mail.reverse_path, parameters)


def recipient_question(rcpt: Rcpt, mail: MailParameters, taken: int, most: int) -> RecipientGiven | Reply:
    """Whether this recipient is taken, in a transaction that has `taken` of at most `most`."""
    request = recipient_parameters(rcpt.words)
    if isinstance(request, Reply):
        return request
    if not mail.is_smtputf8 and not (rcpt.recipient.address.isascii() and all(map(str.isascii, rcpt.words))):
        return reply.NEEDS_SMTPUTF8
    if taken >= most:
        return reply.TOO_MANY_RECIPIENTS
    return RecipientGiven(Recipient(rcpt.recipient.address, request))
