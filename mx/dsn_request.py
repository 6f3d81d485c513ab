"""What a sender asks to be told about a message (DSN): RET and ENVID of MAIL, NOTIFY and ORCPT of RCPT. Pure.

Comes in: the parameters as the client gives them, or as they were kept. Goes out: values whose `words` are the same
parameters again, for the next hop and for the books; encoded text (xtext) stays as it came.

Standards: RFC 3461 section 4 (the parameters, xtext), RFC 6533 section 3 (`utf-8` addresses: what is not ASCII in one
is written `\\x{...}`, which any server can pass on).
Failure: a parameter that cannot be read is None, and its command is refused with 501. Words out of the books that
cannot be read ask for nothing.
Limits: ENVID 100 characters, ORCPT 500 (RFC 3461 sections 4.2 and 4.4).
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

MOST_ENVELOPE_ID = 100
MOST_ORIGINAL_RECIPIENT = 500
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
_ENCODED = re.compile(r"\+([0-9A-F]{2})")
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{2,6})\}")


class Notify(StrEnum):
    """When a sender wants to hear of a copy (RFC 3461 section 4.1)."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


class Return(StrEnum):
    """How much of the message is to come back with a report of failure (RFC 3461 section 4.3)."""

    FULL = "FULL"
    HEADERS = "HDRS"


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """What is asked for the message as a whole."""

    returned: Return | None = None
    envelope_id: str = ""
    """In xtext; empty when none was given."""

    @property
    def words(self) -> str:
        """The parameters of MAIL; empty when nothing is asked."""
        given = [f"RET={self.returned}"] if self.returned else []
        return " ".join([*given, *([f"ENVID={self.envelope_id}"] if self.envelope_id else [])])

    def taking(self, keyword: str, value: str) -> "ReturnRequest | None":
        """This request with one parameter more; None when its value cannot be read."""
        if keyword == "RET":
            wanted = value.upper()
            return replace(self, returned=Return(wanted)) if wanted in tuple(Return) else None
        if len(value) > MOST_ENVELOPE_ID or not _is_printable_xtext(value):
            return None
        return replace(self, envelope_id=value)


@dataclass(frozen=True, slots=True)
class NotifyRequest:
    """What is asked for one recipient."""

    notify: tuple[Notify, ...] = ()
    """Empty when the sender did not say: then failure is reported, and delay may be."""
    original_recipient: str = ""
    """`rfc822;user@acme.example`, the address in xtext; empty when none was given."""

    @property
    def words(self) -> str:
        """The parameters of RCPT; empty when nothing is asked."""
        given = [f"NOTIFY={','.join(self.notify)}"] if self.notify else []
        return " ".join([*given, *([f"ORCPT={self.original_recipient}"] if self.original_recipient else [])])

    @property
    def wants_failure(self) -> bool:
        """Whether a failure may be reported (RFC 3461 section 4.1: NEVER, or a list without it, forbids it)."""
        return not self.notify or Notify.FAILURE in self.notify

    @property
    def wants_success(self) -> bool:
        """Whether delivery is to be reported: never unless it was asked for."""
        return Notify.SUCCESS in self.notify

    @property
    def wants_delay(self) -> bool:
        """Whether a delay may be reported."""
        return not self.notify or Notify.DELAY in self.notify

    @property
    def original_field(self) -> str:
        """The value of Original-Recipient (RFC 3464 section 2.3.1), decoded; empty when none was given."""
        kind, _, address = self.original_recipient.partition(";")
        return f"{kind}; {decoded(address)}" if address else ""

    def taking(self, keyword: str, value: str) -> "NotifyRequest | None":
        """This request with one parameter more; None when its value cannot be read."""
        if keyword == "NOTIFY":
            wanted = value.upper().split(",")
            if not set(wanted) <= set(Notify) or len(set(wanted)) < len(wanted):
                return None
            is_alone = len(wanted) == 1
            return replace(self, notify=tuple(map(Notify, wanted))) if is_alone or "NEVER" not in wanted else None
        original = _original_recipient(value)
        return None if original is None else replace(self, original_recipient=original)


NOTHING_RETURNED = ReturnRequest()
NOTHING_NOTIFIED = NotifyRequest()


def decoded(xtext: str) -> str:
    """The text that xtext stands for; characters written as in RFC 6533 are those characters."""
    plain = _ENCODED.sub(lambda found: chr(int(found[1], 16)), xtext)
    return _EMBEDDED.sub(lambda found: _character(int(found[1], 16)), plain)


def return_request_of(words: str) -> ReturnRequest:
    """The request that these words, kept from `ReturnRequest.words`, stand for."""
    request: ReturnRequest | None = NOTHING_RETURNED
    for word in words.split():
        keyword, _, value = word.partition("=")
        request = request.taking(keyword, value) if request is not None else None
    return request or NOTHING_RETURNED


def notify_request_of(words: str) -> NotifyRequest:
    """The request that these words, kept from `NotifyRequest.words`, stand for."""
    request: NotifyRequest | None = NOTHING_NOTIFIED
    for word in words.split():
        keyword, _, value = word.partition("=")
        request = request.taking(keyword, value) if request is not None else None
    return request or NOTHING_NOTIFIED


def _original_recipient(value: str) -> str | None:
    kind, mark, address = value.partition(";")
    if not mark or not _ADDRESS_TYPE.fullmatch(kind):
        return None
    if kind.lower() == "utf-8":
        address = "".join(letter if letter.isascii() else f"\\x{{{ord(letter):02X}}}" for letter in address)
    if len(kind) + 1 + len(address) > MOST_ORIGINAL_RECIPIENT or not _is_printable_xtext(address):
        return None
    return f"{kind}{mark}{address}"


def _is_printable_xtext(text: str) -> bool:
    """Whether it is xtext of printable characters: what is decoded ends up in the lines of a report."""
    return _XTEXT.fullmatch(text) is not None and decoded(text).isprintable()


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF else "\0"
