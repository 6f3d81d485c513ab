"""What EHLO offers, and the parameters that MAIL and RCPT take because of it. Pure.

Comes in: what there is to offer; the parameter words behind a path. Goes out: the keywords of the EHLO reply;
`MailParameters` and `NotifyRequest`, or the reply that refuses them.

Neither BINARYMIME nor AUTH is offered; REQUIRETLS inside TLS only, XCLIENT to trusted peers only.

Standards: RFC 1869 (EHLO), RFC 1870 (SIZE), RFC 2034 (ENHANCEDSTATUSCODES), RFC 2920 (PIPELINING), RFC 3030
(CHUNKING), RFC 3207 (STARTTLS), RFC 3461 (DSN), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 8689 (REQUIRETLS), RFC
9422 (LIMITS).
Failure: an unknown parameter is refused with 555, a bad value with 501, a SIZE above the limit with 552.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mx import reply
from mx.dsn_request import NOTHING_NOTIFIED, NOTHING_RETURNED, NotifyRequest, ReturnRequest
from mx.reply import Reply
from mx.smtp.xclient import ATTRIBUTES as XCLIENT_ATTRIBUTES

_MOST_SIZE_DIGITS = 20  # RFC 1870 section 3: size-value ::= 1*20DIGIT


@dataclass(frozen=True, slots=True)
class MailParameters:
    """What stood behind the reverse-path."""

    size_octets: int | None = None
    """SIZE as the client declares it; None when it does not."""
    is_eight_bit: bool = False
    is_smtputf8: bool = False
    requires_tls: bool = False
    dsn: ReturnRequest = NOTHING_RETURNED


NO_PARAMETERS = MailParameters()


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to offer at this moment of a session."""

    size_limit_octets: int
    most_recipients: int
    can_start_tls: bool
    is_tls: bool = False
    can_xclient: bool = False


def offered(offer: Offer) -> tuple[str, ...]:
    """The keywords of the EHLO reply, in the order in which they are sent."""
    keywords = ["PIPELINING", f"SIZE {offer.size_limit_octets}", "8BITMIME", "SMTPUTF8", "CHUNKING"]
    keywords += ["ENHANCEDSTATUSCODES", "DSN", f"LIMITS RCPTMAX={offer.most_recipients}"]
    if offer.is_tls:
        keywords.append("REQUIRETLS")
    if offer.can_xclient:
        keywords.append(f"XCLIENT {' '.join(XCLIENT_ATTRIBUTES)}")
    if offer.can_start_tls and not offer.is_tls:
        keywords.append("STARTTLS")
    return tuple(keywords)


def mail_parameters(words: Sequence[str], size_limit_octets: int, *, is_tls: bool = False) -> MailParameters | Reply:
    """The parameters of MAIL, or the reply that refuses them; a keyword that stands twice is refused."""
    given = _keywords(words)
    if given is None:
        return reply.BAD_ARGUMENTS
    parameters = NO_PARAMETERS
    for keyword, value in given.items():
        changed = _apply(parameters, keyword, value or "", has_value=value is not None)
        if isinstance(changed, Reply):
            return changed
        parameters = changed
    if parameters.requires_tls and not is_tls:
        return reply.UNKNOWN_PARAMETER
    if parameters.size_octets is not None and parameters.size_octets > size_limit_octets:
        return reply.TOO_LARGE
    return parameters


def recipient_parameters(words: Sequence[str]) -> NotifyRequest | Reply:
    """The parameters of RCPT, or the reply that refuses them."""
    given = _keywords(words)
    if given is None:
        return reply.BAD_ARGUMENTS
    request = NOTHING_NOTIFIED
    for keyword, value in given.items():
        if keyword not in ("NOTIFY", "ORCPT"):
            return reply.UNKNOWN_PARAMETER
        changed = request.taking(keyword, value or "")
        if changed is None:
            return reply.BAD_ARGUMENTS
        request = changed
    return request


def _keywords(words: Sequence[str]) -> dict[str, str | None] | None:
    """Keyword in upper case -> its value, None without one; None altogether when one stands twice."""
    parted = [word.partition("=") for word in words]
    given = {keyword.upper(): value if mark else None for keyword, mark, value in parted}
    return given if len(given) == len(words) else None


def _apply(parameters: MailParameters, keyword: str, value: str, has_value: bool) -> MailParameters | Reply:
    match keyword:
        case "SIZE":
            if not (value.isascii() and value.isdigit() and len(value) <= _MOST_SIZE_DIGITS):
                return reply.BAD_ARGUMENTS
            return replace(parameters, size_octets=int(value))
        case "BODY":
            if value.upper() not in ("7BIT", "8BITMIME"):
                return reply.BAD_ARGUMENTS
            return replace(parameters, is_eight_bit=value.upper() == "8BITMIME")
        case "SMTPUTF8":
            return reply.BAD_ARGUMENTS if has_value else replace(parameters, is_smtputf8=True)
        case "REQUIRETLS":
            return reply.BAD_ARGUMENTS if has_value else replace(parameters, requires_tls=True)
        case "RET" | "ENVID":
            request = parameters.dsn.taking(keyword, value)
            return reply.BAD_ARGUMENTS if request is None else replace(parameters, dsn=request)
        case _:
            return reply.UNKNOWN_PARAMETER
