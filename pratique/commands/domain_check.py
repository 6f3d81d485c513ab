"""The checks of `pratique domain check`: what the DNS says of a domain; `next_hop_check.py` has those of its next hops.

Comes in: a domain. Goes out: one Check for each thing looked at: *ok*, *failed*, or *unknown* where it could not be
looked at.

Standards: RFC 7505 (null MX).
Failure: none reaches the caller; a check that breaks is *unknown* with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pratique.dns_question import NoAnswer, ask_mx, ask_txt, system_resolver
from pratique.settings.quantities import Address
from tenants.domains.book import Domain


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its end, in one sentence."""

    name: str
    state: State
    sentence: str


def check_ownership(domain: Domain, resolver: Callable[[], Address] = system_resolver) -> Check:
    """Whether the domain's TXT records show who owns it."""
    try:
        texts = ask_txt(domain.name, resolver())
    except NoAnswer as error:
        return Check("ownership", State.UNKNOWN, f"Could not be looked up: {error}.")
    if domain.verification_token in texts:
        return Check("ownership", State.OK, "The TXT record is there.")
    return Check("ownership", State.FAILED, f'There is no TXT record "{domain.verification_token}" at {domain.name}.')


def check_mx(domain: Domain, resolver: Callable[[], Address] = system_resolver) -> Check:
    """Whether the domain's mail is sent to its MX name with us, and to nobody else."""
    try:
        hosts = [host for _, host in ask_mx(domain.name, resolver())]
    except NoAnswer as error:
        return Check("mx", State.UNKNOWN, f"Could not be looked up: {error}.")
    others = [host or "." for host in hosts if host != domain.mx_name]
    if domain.mx_name not in hosts:
        seen = f" It has {', '.join(others)}." if others else " It has none."
        return Check("mx", State.FAILED, f"The domain has no MX record for {domain.mx_name}.{seen}")
    if others:
        return Check("mx", State.FAILED, f"Mail can pass us by: there are MX records for {', '.join(others)} too.")
    return Check("mx", State.OK, f"The only MX is {domain.mx_name}.")
