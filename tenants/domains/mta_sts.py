"""What a domain publishes about TLS to its MX: the MTA-STS policy and the DNS records for it and for TLS reports. Pure.

A sender that supports MTA-STS fetches `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, which the portal serves, and
from then on sends to the names in it alone, over TLS with a certificate that is right for them.

Standards: RFC 8461 sections 3.1 (TXT record: the id changes when the policy does) and 3.2 (policy), RFC 8460 section 3
(where reports go).
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

_MAX_AGE_SECONDS = {"testing": 86_400, "enforce": 604_800, "none": 86_400}
"""A day while it is tried, so that a mistake is over by tomorrow; then a week (RFC 8461: at most a year)."""


class StsMode(StrEnum):
    """What senders do where TLS or the certificate is not right (RFC 8461 section 5)."""

    TESTING = "testing"
    """They send as ever, and report."""
    ENFORCE = "enforce"
    """They do not send."""
    NONE = "none"
    """As if there were no policy: the way back."""


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record for a domain's owner to publish."""

    name: str
    kind: str
    value: str

    @property
    def text(self) -> str:
        """As it stands in a zone file."""
        value = f'"{self.value}"' if self.kind == "TXT" else self.value
        return f"{self.name}. {self.kind} {value}"


def policy_text(mx_name: str, mode: StsMode) -> str:
    """The policy of a domain whose MX is this name."""
    lines = ("version: STSv1", f"mode: {mode}", f"mx: {mx_name}", f"max_age: {_MAX_AGE_SECONDS[mode]}")
    return "".join(f"{line}\r\n" for line in lines)


def tls_records(domain: str, mx_name: str, mode: StsMode, portal_host: str) -> tuple[DnsRecord, ...]:
    """Where the policy is, which one it is, and where reports go: to the domain's own postmaster."""
    try:
        kind, place = ("A" if ip_address(portal_host).version == 4 else "AAAA"), portal_host
    except ValueError:
        kind, place = "CNAME", f"{portal_host}."
    policy_id = hashlib.sha256(policy_text(mx_name, mode).encode("ascii")).hexdigest()[:32]
    return (
        DnsRecord(f"mta-sts.{domain}", kind, place),
        DnsRecord(f"_mta-sts.{domain}", "TXT", f"v=STSv1; id={policy_id};"),
        DnsRecord(f"_smtp._tls.{domain}", "TXT", f"v=TLSRPTv1; rua=mailto:postmaster@{domain}"),
    )
