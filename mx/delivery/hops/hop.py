"""A Hop: one address that mail may be sent to, and what is asked of a connection to it. Pure values.

Two hops that are equal share their connections; one that asks for something else has connections of its own.

Standards: RFC 7672 section 2.1.1 and RFC 6698 section 2.1 (the fields of a TLSA record).
"""

from dataclasses import dataclass

from tenants.domains.route_terms import Pin, Tls

MOST_OPEN = 20


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One TLSA record."""

    usage: int
    selector: int
    matching: int
    association: bytes


@dataclass(frozen=True, slots=True)
class Security:
    """What a connection has to show before mail goes over it."""

    tls: Tls = Tls.OPPORTUNISTIC
    names: tuple[str, ...] = ()
    """What a certificate may be for: host names or one address. The first host name is asked for (SNI)."""
    pins: tuple[Pin, ...] = ()
    tlsa: tuple[Tlsa, ...] = ()
    """For DANE; none of them: SMTP has no use for those that there are, and any certificate will do (RFC 7672, 2.2)."""
    client: str = ""
    """The name of the certificate that we show; empty for none."""

    @property
    def is_verifying(self) -> bool:
        """A session that comes about is one with whom it should be."""
        return self.tls is not Tls.OPPORTUNISTIC and (self.tls is not Tls.DANE or bool(self.tlsa))

    @property
    def is_plain_allowed(self) -> bool:
        """Mail may go in the clear where there is no TLS to be had."""
        return self.tls is Tls.OPPORTUNISTIC


OPPORTUNISTIC = Security()


@dataclass(frozen=True, slots=True)
class Hop:
    """One address of a next hop."""

    host: str
    """An IP address as text, never a name: what was checked is what is connected to."""
    port: int
    security: Security = OPPORTUNISTIC
    source: str = ""
    """The address of ours to connect from; empty for the system's choice."""
    most_open: int = MOST_OPEN

    @property
    def is_v6(self) -> bool:
        return ":" in self.host
