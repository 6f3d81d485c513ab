"""What EHLO offers, and the parameters that MAIL and RCPT take because of it. Pure.

Comes in: whether TLS can be started, the size limit; the parameter words behind a path. Goes out: the keywords of the
EHLO reply; `MailParameters`, or the reply that refuses them.

Neither BINARYMIME nor AUTH is offered.

Standards: RFC 1869 (EHLO), RFC 1870 (SIZE), RFC 2034 (ENHANCEDSTATUSCODES), RFC 2920 (PIPELINING), RFC 3030
(CHUNKING), RFC 3207 (STARTTLS), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 9422
(LIMITS).
Failure: an unknown parameter is refused with 555, a bad value with 501, a SIZE above the limit with 552.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mx import reply
from mx.reply import Reply

_MOST_SIZE_DIGITS = 20  # RFC 1870 section 3: size-value ::= 1*20DIGIT


@dataclass(frozen=True, slots=True)
class MailParameters:
    """What stood behind the reverse-path."""

    size_octets: int | None = None
    """SIZE as the client declares it; None when it does not."""
    is_eight_bit: bool = False
    is_smtputf8: bool = False


def offered(size_limit_octets: int, most_recipients: int, can_start_tls: bool) -> tuple[str, ...]:
    """The keywords of the EHLO reply, in the order in which they are sent."""
    keywords = ["PIPELINING", f"SIZE {size_limit_octets}", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"]
    keywords.append(f"LIMITS RCPTMAX={most_recipients}")
    if can_start_tls:
        keywords.append("STARTTLS")
    return tuple(keywords)


def mail_parameters(words: Sequence[str], size_limit_octets: int) -> MailParameters | Reply:
    """The parameters of MAIL, or the reply that refuses them; a keyword that stands twice is refused."""
    parameters = MailParameters()
    seen: set[str] = set()
    for word in words:
        keyword, _, value = word.partition("=")
        keyword = keyword.upper()
        if keyword in seen:
            return reply.BAD_ARGUMENTS
        seen.add(keyword)
        changed = _apply(parameters, keyword, value, has_value="=" in word)
        if isinstance(changed, Reply):
            return changed
        parameters = changed
    if parameters.size_octets is not None and parameters.size_octets > size_limit_octets:
        return reply.TOO_LARGE
    return parameters


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
        case _:
            return reply.UNKNOWN_PARAMETER
