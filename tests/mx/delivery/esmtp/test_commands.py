"""Commands of the envelope."""

from dataclasses import replace

import pytest

from mx.delivery.contract import Transfer
from mx.delivery.esmtp.commands import (
    UnsafeEnvelopeError,
    check_envelope,
    mail_command,
    needs_smtputf8,
    offered,
    recipient_commands,
    what_is_lacking,
)
from mx.delivery.esmtp.replies import RawReply
from mx.dsn_request import Notify, NotifyRequest, Return, ReturnRequest
from tests.contracts.octets import Octets, transfer


@pytest.mark.parametrize(
    "address",
    [
        "a b@x.example",
        "a>b@x.example",
        "a<b@x.example",
        "a> SIZE=0 X=<b@x.example",
        "a\r\nRSET@x.example",
        "a\0@x.example",
        "a\x7f@x.example",
        "a\x85@x.example",
        "a\udc80@x.example",
        '"a@x.example',
        '"a\r\nb"@x.example',
        '"a\\\nb"@x.example',
        "a\\b@x.example",
    ],
)
def test_an_address_that_could_break_out_is_not_sent(address: str) -> None:
    """Neither as reverse-path nor as recipient."""
    for given in (transfer(address, is_smtputf8=True), transfer(reverse_path=address, is_smtputf8=True)):
        with pytest.raises(UnsafeEnvelopeError):
            check_envelope(given)


@pytest.mark.parametrize("address", ["b@x.example", '"a b"@x.example', '"a>\\" b"@x.example', "b@[192.0.2.1]", "b%c@x"])
def test_an_odd_address_that_is_safe_is_sent(address: str) -> None:
    """Only the next hop may say what a local part means."""
    check_envelope(transfer(address, reverse_path=""))


def test_a_recipient_is_never_empty_and_never_beyond_ascii_without_smtputf8() -> None:
    """`RCPT TO:<>` does not exist; an address beyond ASCII needs its extension."""
    for given in (transfer(""), transfer("jürgen@x.example")):
        with pytest.raises(UnsafeEnvelopeError):
            check_envelope(given)
    check_envelope(transfer("jürgen@x.example", is_smtputf8=True))


@pytest.mark.parametrize(
    ("given", "extensions", "command"),
    [
        (transfer(), {}, b"MAIL FROM:<a@sender.example>\r\n"),
        (transfer(reverse_path=""), {"SIZE": ""}, b"MAIL FROM:<> SIZE=%d\r\n" % transfer().octets),
        (transfer(is_eight_bit=True), {"8BITMIME": ""}, b"MAIL FROM:<a@sender.example> BODY=8BITMIME\r\n"),
        (transfer(is_eight_bit=True), {}, b"MAIL FROM:<a@sender.example>\r\n"),
        (transfer(), {"8BITMIME": "", "SMTPUTF8": ""}, b"MAIL FROM:<a@sender.example>\r\n"),
        (
            transfer(reverse_path="ü@s.example", is_smtputf8=True),
            {"SMTPUTF8": ""},
            "MAIL FROM:<ü@s.example> SMTPUTF8\r\n",
        ),
    ],
)
def test_mail_has_the_parameters_that_are_offered_and_of_use(
    given: Transfer, extensions: dict[str, str], command: bytes | str
) -> None:
    """SIZE always, the others for messages that need them."""
    assert mail_command(given, extensions) == (command.encode() if isinstance(command, str) else command)


def test_what_ehlo_offers_is_read_in_any_case() -> None:
    """The first line is the name of the next hop, not an extension."""
    reply = RawReply(250, (b"PIPELINING", b"size 1000", b"8BitMime ", b"AUTH PLAIN LOGIN", b""))
    assert offered(reply) == {"SIZE": "1000", "8BITMIME": "", "AUTH": "PLAIN LOGIN", "": ""}


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((b"Subject: x\r\n\r\n\xc3\xbc\r\n",), False),
        ((b"Subject: \xc3\xbc\r\n\r\nx\r\n",), True),
        ((b"Subject: x\r\n", b"\r\n\xc3\xbc\r\n"), False),
        ((b"Subject: x\r\n\r", b"\n\xc3\xbc\r\n"), False),
        ((b"Subject: x\r\n", b"To: \xc3\xbc\r\n\r\n"), True),
        ((b"Subject: x",), False),
        ((), False),
    ],
)
def test_a_header_beyond_ascii_needs_smtputf8(pieces: tuple[bytes, ...], expected: bool) -> None:
    """A body beyond ASCII does not; the border of chunks changes nothing."""
    given = Transfer("", ("b@x.example",), b"A: b\r\n", Octets(*pieces), True, True)
    assert needs_smtputf8(given) is expected


def test_an_address_beyond_ascii_needs_smtputf8() -> None:
    """Either side of the envelope."""
    assert needs_smtputf8(transfer("ü@x.example", is_smtputf8=True))
    assert needs_smtputf8(transfer(reverse_path="ü@x.example", is_smtputf8=True))


ASKING = replace(
    transfer("a@x.example", "b@x.example"),
    dsn=ReturnRequest(Return.HEADERS, "x+2B1"),
    notify=(NotifyRequest((Notify.NEVER,), "rfc822;A@x.example"), NotifyRequest()),
)


def test_what_the_sender_asks_to_be_told_goes_where_dsn_is_offered() -> None:
    """Unchanged, each recipient with its own; elsewhere it stays behind."""
    assert mail_command(ASKING, {"DSN": ""}) == b"MAIL FROM:<a@sender.example> RET=HDRS ENVID=x+2B1\r\n"
    assert list(recipient_commands(ASKING, {"DSN": ""})) == [
        b"RCPT TO:<a@x.example> NOTIFY=NEVER ORCPT=rfc822;A@x.example\r\n",
        b"RCPT TO:<b@x.example>\r\n",
    ]
    assert mail_command(ASKING, {}) == b"MAIL FROM:<a@sender.example>\r\n"
    assert next(recipient_commands(ASKING, {})) == b"RCPT TO:<a@x.example>\r\n"


@pytest.mark.parametrize("value", ["a\r\nRSET", "a b\0", "a  b", "\u00fc"])
def test_a_parameter_that_could_break_out_is_not_sent(value: str) -> None:
    """Whatever the books may hold."""
    for given in (replace(ASKING, dsn=ReturnRequest(None, value)), replace(ASKING, notify=(NotifyRequest((), value),))):
        with pytest.raises(UnsafeEnvelopeError):
            check_envelope(given)


@pytest.mark.parametrize(
    ("extensions", "is_tls_verified", "code"),
    [
        ({"REQUIRETLS": ""}, False, "5.7.10"),
        ({}, False, "5.7.10"),
        ({}, True, "5.7.30"),
        ({"REQUIRETLS": ""}, True, ""),
    ],
)
def test_what_requires_tls_goes_over_verified_tls_to_who_offers_it(
    extensions: dict[str, str], is_tls_verified: bool, code: str
) -> None:
    """RFC 8689 section 4.2.1."""
    given = replace(transfer(), requires_tls=True)
    lacking = what_is_lacking(given, extensions, is_tls_verified=is_tls_verified)
    assert (lacking.enhanced if lacking else "") == code
    assert mail_command(given, {}).endswith(b" REQUIRETLS\r\n")
