"""Every number that bounds an SMTP session, with its unit and its source. Pure.

Made once by the composer from the settings, handed to each session, grammar and transport.

Standards: RFC 5321 section 4.5.3 (sizes, then time limits).
"""

from dataclasses import dataclass

CONTENT_PIECE_OCTETS = 1 << 16
"""Content leaves the buffer in pieces of about this size; a message below it is one piece."""

PATH_OCTETS = 512
"""Longest address. RFC 5321 section 4.5.3.1 asks for 64 + 1 + 255 at least; VERP makes longer local parts."""

DOMAIN_OCTETS = 255
"""RFC 5321 section 4.5.3.1.2."""

LABEL_OCTETS = 63
"""RFC 1035 section 2.3.4."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one session may cost us."""

    message_octets: int = 50 * 1024 * 1024
    """Largest message; EHLO announces it (RFC 1870)."""
    command_line_octets: int = 4096
    """Longest command line with its CRLF. RFC 5321 asks for 512, and extensions add to it (SMTPUTF8, DSN)."""
    recipients: int = 1000
    """Most recipients of a transaction; RFC 5321 section 4.5.3.1.8 asks for 100 at least."""
    permanent_errors: int = 20
    """So many 5xx that are the client's fault end the session."""
    command_seconds: float = 300.0
    """A whole command must arrive within this time (RFC 5321 section 4.5.3.2.7)."""
    silence_seconds: float = 180.0
    """Longest pause inside the content (RFC 5321 section 4.5.3.2.5)."""
    slow_start_seconds: float = 300.0
    """For so long the content may arrive at any rate."""
    least_octets_a_second: int = 1000
    """After that, the content must have arrived at this rate on the whole: 50 MB may take 14 hours."""
    buffered_octets: int = 1 << 18
    """Nothing more is read from a client of whom so much waits for an answer of ours."""
    unhurried_octets: int = 1 << 18
    """A message of which so much has come is large: the rest is read piece by piece, in turns with other large ones."""
    unhurried_steps: int = 200
    """A client that pipelined more commands than these reads on in turns as well: NOOP by the million is no attack."""
    closing_seconds: float = 30.0
    """A client that does not take our last words is cut off after this time."""
    stress_connections: int = 2000
    """With so many connections open in one process, slow content is waited for no longer than stress_start_seconds."""
    stress_start_seconds: float = 20.0
    """For so long content may arrive at any rate then; after that at `least_octets_a_second`, as always."""
    refuses_early_talkers: bool = True
    """A client that speaks before the banner is turned away (421); otherwise it is only noted."""
    connections_a_minute: int = 0
    """New connections for each client in a minute; 0 is no limit, here and below."""
    commands_a_minute: int = 0
    """Commands of each client in a minute, over all its connections."""
    recipients_a_minute: int = 0
    """RCPT of each client in a minute."""
    connections_a_client: int = 50
    """Open connections for each client address (an IPv6 /64 counts as one); 0 is no limit."""
