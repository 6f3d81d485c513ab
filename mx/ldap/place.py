"""Where a directory is: its URL, read strictly, and what follows from it. Pure.

Comes in: what a person wrote. Goes out: a `Place`, or a sentence that says what would do.

Standards: RFC 4516 (LDAP URLs: scheme, host and port of it alone; what is searched for is said apart).
Failure: `Refusal` with one plain sentence.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tenants.refusals import Refusal

PORTS = {"ldap": 389, "ldaps": 636}


@dataclass(frozen=True, slots=True)
class Place:
    """A server's host and port, and whether TLS begins with the first octet."""

    host: str
    port: int
    is_tls: bool

    @property
    def url(self) -> str:
        """Its one spelling."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.is_tls else 'ldap'}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the text alone says that it is this machine: nobody else reads what is said to it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_place(url: str) -> Place:
    """The place that a URL names. Raises Refusal."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in PORTS or port == 0 or not _is_host(host):
        raise Refusal("The directory is named as ldap://HOST[:PORT] or ldaps://HOST[:PORT].")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise Refusal("The URL names the server alone: base, filter and who asks are options of their own.")
    return Place(host, port or PORTS[parts.scheme], parts.scheme == "ldaps")


def base_of(domain: str) -> str:
    """The name under which the directory of a domain usually keeps everything (RFC 2247): `dc=acme,dc=example`."""
    return ",".join(f"dc={label}" for label in domain.split("."))


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.isascii() and all(label and label.replace("-", "").isalnum() for label in host.split("."))
    return True
