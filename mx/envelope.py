"""The envelope: what SMTP told us about one message, apart from its octets.

Made by the SMTP session as commands are accepted, frozen at the end of data, then read by every later row.
Addresses are kept as the client wrote them (RFC 5321 section 2.4: only the next hop may interpret a local part);
domains are compared in lower case.

Standards: RFC 5321 sections 3.3 and 4.1.1; RFC 6531 (SMTPUTF8); RFC 1870 (SIZE); RFC 3461 (DSN); RFC 8689 (REQUIRETLS).
"""

import base64
import os
from dataclasses import dataclass, field
from datetime import datetime

from mx.dsn_request import NOTHING_NOTIFIED, NOTHING_RETURNED, NotifyRequest, ReturnRequest


@dataclass(frozen=True, slots=True)
class Client:
    """Who speaks to us: the peer of the connection, and what it said of itself."""

    address: str
    port: int
    helo: str
    is_esmtp: bool
    tls: str | None
    """Protocol version in the form `TLSv1.3`; None on a plain connection."""


@dataclass(frozen=True, slots=True)
class ReversePath:
    """The address that failures are reported to; empty for the null reverse-path `<>` (RFC 5321 section 4.5.5)."""

    address: str

    @property
    def is_null(self) -> bool:
        return not self.address


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward-path, as the client wrote it. What is asked to be told makes it no other recipient."""

    address: str
    dsn: NotifyRequest = field(default=NOTHING_NOTIFIED, compare=False)

    @property
    def domain(self) -> str:
        """The domain in lower case; empty for `<postmaster>` (RFC 5321 section 4.5.1)."""
        _, at, domain = self.address.rpartition("@")
        return domain.lower() if at else ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One transaction's envelope, complete at the end of data."""

    transaction: str
    """Our id of the transaction: unique, sorts by time, safe in a header and in a file name."""
    client: Client
    reverse_path: ReversePath
    recipients: tuple[Recipient, ...]
    is_eight_bit: bool
    """BODY=8BITMIME was given (RFC 6152)."""
    is_smtputf8: bool
    received_at: datetime
    """Aware, UTC: when the end of data was seen."""
    has_bare_line_ends: bool = False
    """A CR or an LF stands alone in the content; it came in chunks (RFC 3030), and can leave in no other way."""
    requires_tls: bool = False
    """The sender wants it to travel over verified TLS only (RFC 8689)."""
    dsn: ReturnRequest = NOTHING_RETURNED


def new_transaction_id(now: datetime) -> str:
    """A 22-character id: milliseconds since 1970, then 64 random bits, in base 32 that sorts as time does."""
    raw = int(now.timestamp() * 1000).to_bytes(6, "big") + os.urandom(8)
    return base64.b32hexencode(raw).decode("ascii").rstrip("=").lower()
