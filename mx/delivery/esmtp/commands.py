"""A Transfer -> the commands of its envelope, and what a next hop must offer for it. Pure.

Comes in: a Transfer, and what EHLO offered. Goes out: the octets of a command, or the answer to a question.

Standards: RFC 5321 sections 4.1.1 (commands) and 4.1.2 (paths); RFC 1870 (SIZE); RFC 6152 (8BITMIME); RFC 6531
(SMTPUTF8: refused with 5.6.7 where it is needed and not offered, section 3.2); RFC 3030 (bare line ends: refused with
5.6.11 where CHUNKING is not offered); RFC 3461 section 5.2 (DSN: what the sender asks to be told goes on unchanged
where it is offered, and stays behind where it is not); RFC 8689 section 4.2.1 (REQUIRETLS: refused with 5.7.10 without
verified TLS, with 5.7.30 where it is not offered).

Failure: an address that could break out of its command raises `UnsafeEnvelopeError` before an octet is sent: a bug of
ours, because the SMTP grammar accepts no such address.
"""

import re
from collections.abc import Iterator, Mapping

from mx.artifact import Content
from mx.delivery.contract import NextHopReply, Transfer
from mx.delivery.esmtp.replies import RawReply

_SAFE_ADDRESS = re.compile(
    r'(?:[^\x00-\x20\x7f-\x9f<>"\\\ud800-\udfff]|"(?:[^\x00-\x1f\x7f-\x9f"\\\ud800-\udfff]|\\[\x20-\x7e])*")*'
)
_SMTPUTF8_NEEDED = NextHopReply(550, "5.6.7", "the message needs SMTPUTF8, which is not offered")
_CHUNKING_NEEDED = NextHopReply(550, "5.6.11", "the message has bare line ends, and CHUNKING is not offered")
_TLS_NEEDED = NextHopReply(550, "5.7.10", "the sender requires TLS, and no certificate was verified")
_REQUIRETLS_NEEDED = NextHopReply(550, "5.7.30", "the sender requires TLS, and REQUIRETLS is not offered")
_SAFE_WORDS = re.compile(r"[!-~]*(?: [!-~]+)*")


class UnsafeEnvelopeError(AssertionError):
    """A bug of ours: an address that could break out of its command was about to be sent."""


def check_envelope(transfer: Transfer) -> None:
    """Raises UnsafeEnvelopeError unless every address is safe inside `<...>`."""
    for address in (transfer.reverse_path, *transfer.recipients):
        if not _SAFE_ADDRESS.fullmatch(address):
            raise UnsafeEnvelopeError("an address with an octet that must not stand in a command")
        if not transfer.is_smtputf8 and not address.isascii():
            raise UnsafeEnvelopeError("an address that is not ASCII in a message without SMTPUTF8")
    asked = (transfer.dsn.words, *(request.words for request in transfer.notify))
    if not all(map(_SAFE_WORDS.fullmatch, asked)):
        raise UnsafeEnvelopeError("a parameter with an octet that must not stand in a command")
    if not all(transfer.recipients):
        raise UnsafeEnvelopeError("a recipient that is empty")


def mail_command(transfer: Transfer, extensions: Mapping[str, str]) -> bytes:
    """MAIL FROM with the parameters that the next hop offers and the message has a use for."""
    command = b"MAIL FROM:<%b>" % transfer.reverse_path.encode()
    if "SIZE" in extensions:
        command += b" SIZE=%d" % transfer.octets
    if transfer.is_eight_bit and "8BITMIME" in extensions:
        command += b" BODY=8BITMIME"
    if transfer.is_smtputf8 and "SMTPUTF8" in extensions:
        command += b" SMTPUTF8"
    if transfer.requires_tls:
        command += b" REQUIRETLS"
    return command + _asked(transfer.dsn.words, extensions) + b"\r\n"


def recipient_commands(transfer: Transfer, extensions: Mapping[str, str]) -> Iterator[bytes]:
    """RCPT TO for each recipient, with what the sender asks to be told of it."""
    words = [request.words for request in transfer.notify] or [""] * len(transfer.recipients)
    for address, asked in zip(transfer.recipients, words, strict=True):
        yield b"RCPT TO:<%b>%b\r\n" % (address.encode(), _asked(asked, extensions))


def _asked(words: str, extensions: Mapping[str, str]) -> bytes:
    return b" " + words.encode("ascii") if words and "DSN" in extensions else b""


def what_is_lacking(transfer: Transfer, extensions: Mapping[str, str], *, is_tls_verified: bool) -> NextHopReply | None:
    """Why this message cannot go to a next hop that offers this; None when it can."""
    if transfer.requires_tls and not is_tls_verified:
        return _TLS_NEEDED
    if transfer.requires_tls and "REQUIRETLS" not in extensions:
        return _REQUIRETLS_NEEDED
    if transfer.is_smtputf8 and "SMTPUTF8" not in extensions and needs_smtputf8(transfer):
        return _SMTPUTF8_NEEDED
    if transfer.has_bare_line_ends and "CHUNKING" not in extensions and not transfer.may_normalise:
        return _CHUNKING_NEEDED
    return None


def offered(reply: RawReply) -> dict[str, str]:
    """What an EHLO reply offers after its first line: keyword in upper case -> parameters."""
    extensions = {}
    for raw_line in reply.raw_lines[1:]:
        keyword, _, parameters = raw_line.decode("ascii", "replace").strip().partition(" ")
        extensions[keyword.upper()] = parameters
    return extensions


def needs_smtputf8(transfer: Transfer) -> bool:
    """Whether envelope or top header is not ASCII: otherwise any next hop can take it (RFC 6531 section 3.4)."""
    if not all(address.isascii() for address in (transfer.reverse_path, *transfer.recipients)):
        return True
    return not (transfer.headers_on_top.isascii() and _has_ascii_header(transfer.content))


def _has_ascii_header(content: Content) -> bool:
    end = b""
    for chunk in content.chunks():
        octets = end + chunk
        header, is_whole, _ = octets.partition(b"\r\n\r\n")
        if not header.isascii() or is_whole:
            return header.isascii()
        end = octets[-3:]
    return True
