"""Is a message really from the domain of its reverse-path? Only then may a report about it go there. Pure, but for DNS.

Comes in: what was stored of the message. Goes out: in a few words what shows it, or nothing. What counts is the domain
of the reverse-path, for it gets the report: SPF for that domain, or a DKIM signature of it or of its organisation.
DMARC stands on the same two, for the domain of From, and shows nothing more about the reverse-path.

Standards: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 section 3.1 (organisations).
Failure: `DnsFailed`: nothing shows it yet, and a question was left without an answer; it may be asked again later.
"""

from dataclasses import dataclass
from ipaddress import ip_address

from mx.authentication import dkim, spf
from mx.authentication.dkim import BodyDigests
from mx.authentication.dmarc import OrganisationalDomain
from mx.authentication.questions import Dns, DnsFailed, Result

_UNKNOWN_HELO = "unknown"
"""What a client said in HELO is not kept with its message; a record that asks for it fits nobody then."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a message that arrived some time ago."""

    client_address: str
    reverse_path: str
    header: bytes
    received_at: float
    """Seconds since 1970: a signature that ended since then counts."""


async def shown_by(
    dns: Dns, evidence: Evidence, digests: BodyDigests, organisation_of: OrganisationalDomain
) -> str | None:
    """What shows that the reverse-path's domain sent it; None when nothing does. Raises DnsFailed."""
    domain = evidence.reverse_path.rpartition("@")[2].rstrip(".").lower()
    is_unanswered = False
    if _is_address(evidence.client_address):
        answer = await spf.check(dns, evidence.client_address, _UNKNOWN_HELO, evidence.reverse_path)
        if answer.result is Result.PASS:
            return f"SPF of {domain}"
        is_unanswered = answer.result is Result.TEMPORARY_ERROR
    for signature in await dkim.check(dns, evidence.header, digests, evidence.received_at):
        is_aligned = bool(signature.domain) and organisation_of(signature.domain) == organisation_of(domain)
        if is_aligned and signature.result is Result.PASS:
            return f"DKIM of {signature.domain}"
        is_unanswered = is_unanswered or (is_aligned and signature.result is Result.TEMPORARY_ERROR)
    if is_unanswered:
        raise DnsFailed(domain)
    return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
