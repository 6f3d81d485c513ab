"""What is offered, and which parameters are taken."""

import pytest

from mx import reply
from mx.dsn_request import NotifyRequest, Return, ReturnRequest
from mx.reply import Reply
from mx.smtp.extensions import MailParameters, Offer, mail_parameters, offered, recipient_parameters


def test_starttls_is_offered_only_where_it_can_be_started() -> None:
    """Not without a certificate, and not inside TLS."""
    assert offered(Offer(1000, 100, can_start_tls=True))[-1] == "STARTTLS"
    assert "STARTTLS" not in offered(Offer(1000, 100, can_start_tls=False))
    assert "STARTTLS" not in offered(Offer(1000, 100, can_start_tls=True, is_tls=True))


def test_requiretls_is_offered_inside_tls_alone_and_xclient_to_whom_it_is_for() -> None:
    """RFC 8689 section 2; XCLIENT with its attributes."""
    assert "REQUIRETLS" in offered(Offer(1000, 100, can_start_tls=True, is_tls=True))
    assert "REQUIRETLS" not in offered(Offer(1000, 100, can_start_tls=True))
    assert "XCLIENT NAME ADDR PORT PROTO HELO" in offered(Offer(1000, 100, can_start_tls=False, can_xclient=True))
    assert not any("XCLIENT" in keyword for keyword in offered(Offer(1000, 100, can_start_tls=False)))


def test_the_size_limit_is_announced_and_neither_binarymime_nor_auth_is() -> None:
    """CHUNKING carries bare line ends; content that is not lines at all could not be passed on."""
    keywords = offered(Offer(52428800, 1000, can_start_tls=True))
    assert {"SIZE 52428800", "LIMITS RCPTMAX=1000"} <= set(keywords)
    assert "CHUNKING" in keywords
    assert not {"BINARYMIME", "AUTH"} & {keyword.split()[0] for keyword in keywords}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], MailParameters()),
        (["SIZE=1000"], MailParameters(size_octets=1000)),
        (["size=0"], MailParameters(size_octets=0)),
        (["BODY=8bitMIME"], MailParameters(is_eight_bit=True)),
        (["BODY=7BIT", "SMTPUTF8"], MailParameters(is_smtputf8=True)),
        (["SIZE=1001"], reply.TOO_LARGE),
        (["SIZE=99999999999999999999"], reply.TOO_LARGE),
        (["SIZE=999999999999999999999"], reply.BAD_ARGUMENTS),
        (["SIZE=-1"], reply.BAD_ARGUMENTS),
        (["SIZE=\u0665"], reply.BAD_ARGUMENTS),
        (["SIZE"], reply.BAD_ARGUMENTS),
        (["SIZE=1", "size=2"], reply.BAD_ARGUMENTS),
        (["BODY=BINARYMIME"], reply.BAD_ARGUMENTS),
        (["SMTPUTF8=1"], reply.BAD_ARGUMENTS),
        (["AUTH=<>"], reply.UNKNOWN_PARAMETER),
        (["RET=hdrs"], MailParameters(dsn=ReturnRequest(Return.HEADERS))),
        (["RET=FULL", "ENVID=a+2Bb"], MailParameters(dsn=ReturnRequest(Return.FULL, "a+2Bb"))),
        (["RET"], reply.BAD_ARGUMENTS),
        (["ENVID=a+0D"], reply.BAD_ARGUMENTS),
        (["NOTIFY=NEVER"], reply.UNKNOWN_PARAMETER),
        (["REQUIRETLS"], reply.UNKNOWN_PARAMETER),
        (["REQUIRETLS=1"], reply.BAD_ARGUMENTS),
    ],
)
def test_parameters_are_taken_or_refused(words: list[str], expected: MailParameters | Reply) -> None:
    """One row for each rule; the limit is 1,000 octets."""
    assert mail_parameters(words, 1000) == expected


def test_requiretls_is_taken_inside_tls() -> None:
    """And nowhere else, as the rows above say."""
    assert mail_parameters(["REQUIRETLS"], 1000, is_tls=True) == MailParameters(requires_tls=True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], NotifyRequest()),
        (["notify=never"], NotifyRequest.taking(NotifyRequest(), "NOTIFY", "NEVER")),
        (["ORCPT=rfc822;a@b.example"], NotifyRequest(original_recipient="rfc822;a@b.example")),
        (["NOTIFY=NEVER", "NOTIFY=NEVER"], reply.BAD_ARGUMENTS),
        (["NOTIFY"], reply.BAD_ARGUMENTS),
        (["NOTIFY=SOMETIMES"], reply.BAD_ARGUMENTS),
        (["SIZE=1"], reply.UNKNOWN_PARAMETER),
    ],
)
def test_parameters_of_rcpt_are_taken_or_refused(words: list[str], expected: NotifyRequest | Reply) -> None:
    """DSN alone has any."""
    assert recipient_parameters(words) == expected
