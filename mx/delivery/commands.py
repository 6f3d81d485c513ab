"""A Transfer -> the commands of its envelope, and what a next hop must offer for it. Pure.

Comes in: a Transfer, and what EHLO offered. Goes out: the octets of a command, or the answer to a question.

Standards: RFC 5321 sections 4.1.1 (commands) and 4.1.2 (paths); RFC 1870 (SIZE); RFC 6152 (8BITMIME); RFC 6531
(SMTPUTF8).

Failure: an address that could break out of its command raises `UnsafeEnvelopeError` before an octet is sent: a bug of
ours, because the SMTP grammar accepts no such address.
"""

import re
from collections.abc import Mapping

from mx.artifact import Content
from mx.delivery.contract import Transfer
from mx.delivery.replies import RawReply

_SAFE_ADDRESS = re.compile(
    r'(?:[^\x00-\x20\x7f-\x9f<>"\\\ud800-\udfff]|"(?:[^\x00-\x1f\x7f-\x9f"\\\ud800-\udfff]|\\[\x20-\x7e])*")*'
)


class UnsafeEnvelopeError(AssertionError):
    """A bug of ours: an address that could break out of its command was about to be sent."""


def check_envelope(transfer: Transfer) -> None:
    """Raises UnsafeEnvelopeError unless every address is safe inside `<...>`."""
    for address in (transfer.reverse_path, *transfer.recipients):
        if not _SAFE_ADDRESS.fullmatch(address):
            raise UnsafeEnvelopeError("an address with an octet that must not stand in a command")
        if not transfer.is_smtputf8 and not address.isascii():
            raise UnsafeEnvelopeError("an address that is not ASCII in a message without SMTPUTF8")
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
    return command + b"\r\n"


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
