"""Every SMTP reply that Pratique can give. Nothing else in the tree writes reply text.

A reply is a code, an enhanced status code and fixed, generic public text: the private reason goes to the trace.
`passed_on`, the only reply that carries somebody else's words, is cleaned of everything that names a host.
`table` prints all of them, with when each is given, as docs/replies.md.

Standards: RFC 5321 section 4.2; RFC 3463, RFC 5248 (enhanced codes); RFC 2034 (where they stand).
Failure: text that is not ASCII goes out with question marks; a next hop's nonsense becomes 451 or 554.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; `wire` is what goes to the client."""

    code: int
    enhanced: str
    text: str
    is_utf8: bool = False
    """The text goes out as UTF-8: only where the client has said that it can read that."""
    line: str = field(init=False, compare=False, repr=False)
    """The reply in one line, for the wire and the trace."""
    wire: bytes = field(init=False, compare=False, repr=False)
    """The reply as octets, CRLF included."""

    def __post_init__(self) -> None:
        line = " ".join(filter(None, (str(self.code), self.enhanced, self.text)))
        object.__setattr__(self, "line", line)
        object.__setattr__(self, "wire", f"{line}\r\n".encode("utf-8" if self.is_utf8 else "ascii", "replace"))

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    @property
    def is_transient(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500


# The session ------------------------------------------------------------------------------------------------------

OK = Reply(250, "2.0.0", "Ok")
HELP = Reply(214, "2.0.0", "See RFC 5321")
CANNOT_VERIFY = Reply(252, "2.0.0", "Cannot verify a user, but will accept mail and try to deliver it")
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")
BYE = Reply(221, "2.0.0", "Goodbye")

UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command not recognised")
NOT_OFFERED = Reply(502, "5.5.1", "Command not offered here")
LINE_TOO_LONG = Reply(500, "5.5.2", "Command line too long")
BAD_OCTETS = Reply(500, "5.5.2", "Only CRLF ends a line; control characters are not allowed in commands")
BAD_ARGUMENTS = Reply(501, "5.5.4", "Syntax error in the arguments")
BAD_HELO = Reply(501, "5.5.4", "Give the name or the address literal of your host")
BAD_SEQUENCE = Reply(503, "5.5.1", "Wrong order of commands")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not recognised")
TLS_UNAVAILABLE = Reply(454, "4.7.0", "TLS is not available for now")

TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing the connection")
NOT_SMTP = Reply(421, "4.7.0", "This is a mail server, closing the connection")
BARE_LINE_FEED = Reply(421, "4.5.2", "A line ends with CRLF and not with LF alone, closing the connection")
TLS_TOO_EARLY = Reply(421, "4.7.0", "TLS begins with STARTTLS here, closing the connection")
EARLY_TALKER = Reply(421, "4.7.0", "Wait for the server to speak first, closing the connection")
UNEXPECTED_OCTETS = Reply(421, "4.7.0", "Octets arrived where none may, closing the connection")
BAD_CHUNK = Reply(421, "4.5.4", "The size of the chunk cannot be read, closing the connection")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections from your address")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Too many commands in a minute from your address, come back later")
COMMAND_TIMEOUT = Reply(421, "4.4.2", "Waited too long for you, closing the connection")
TOO_SLOW = Reply(421, "4.4.2", "The content arrives too slowly, closing the connection")
SHUTTING_DOWN = Reply(421, "4.3.2", "The server is shutting down, try again")

# MAIL -------------------------------------------------------------------------------------------------------------

SENDER_OK = Reply(250, "2.1.0", "Sender ok")
BAD_REVERSE_PATH = Reply(501, "5.1.7", "Syntax error in the reverse-path")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "This address needs SMTPUTF8")
TOO_LARGE = Reply(552, "5.3.4", "The message is larger than this server takes")
DISK_FULL = Reply(452, "4.3.1", "No room to store the message, try again")

# RCPT -------------------------------------------------------------------------------------------------------------

RECIPIENT_OK = Reply(250, "2.1.5", "Recipient ok")
BAD_FORWARD_PATH = Reply(501, "5.1.3", "Syntax error in the recipient address")
ROUTED_RECIPIENT = Reply(550, "5.1.3", "Addresses that name a route are not taken")
UNKNOWN_DOMAIN = Reply(550, "5.1.2", "This server takes no mail for that domain")
UNVERIFIED_DOMAIN = Reply(451, "4.3.2", "That domain is not ready to receive mail, try again")
TENANT_SUSPENDED = Reply(451, "4.3.2", "That domain receives no mail for now, try again")
DOMAIN_DELETED = Reply(451, "4.3.2", "That domain is moving away from this server, try again")
UNKNOWN_RECIPIENT = Reply(550, "5.1.1", "There is no such recipient")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, send this one in another transaction")
CLIENT_RATE = Reply(451, "4.7.1", "Too many recipients in a minute from your address, come back later")
TENANT_RATE = Reply(451, "4.7.1", "The recipient's organisation gets too much mail for now, try again")
TENANT_FULL = Reply(451, "4.2.2", "The recipient's organisation has no room for waiting mail, try again")
OTHER_TENANT = Reply(452, "4.5.3", "Send this recipient in another transaction")
SENDER_BLOCKED = Reply(550, "5.7.1", "The recipient takes no mail from this sender")
CLIENT_LISTED = Reply(550, "5.7.1", "The recipient takes no mail from your address: it is on a DNS blocklist")
GREYLISTED = Reply(451, "4.7.1", "This sender is new to the recipient, try again in some minutes")
DIRECTORY_UNAVAILABLE = Reply(451, "4.3.0", "Recipients cannot be looked up for now, try again")

# DATA and its end -------------------------------------------------------------------------------------------------

START_DATA = Reply(354, "", "Send the message, end it with a dot on a line of its own")
CHUNK_TAKEN = Reply(250, "2.6.0", "Chunk taken, send the next")
NO_RECIPIENTS = Reply(503, "5.5.1", "No valid recipients")
BARE_LINE_END = Reply(550, "5.5.2", "The message has a bare CR or LF; only CRLF ends a line")
LOOP = Reply(554, "5.4.6", "The message has too many Received lines, it is in a loop")
INFECTED = Reply(550, "5.7.1", "The message carries malicious content")
PROHIBITED = Reply(550, "5.7.1", "The message carries content that the recipient does not take")
UNSCANNABLE = Reply(550, "5.7.1", "The message could not be examined as a whole")
ENCRYPTED = Reply(550, "5.7.1", "The message carries encrypted files that cannot be examined")
PHISHING = Reply(550, "5.7.1", "The message looks like phishing")
SPAM = Reply(550, "5.7.1", "The message looks like spam")
SUSPICIOUS = Reply(550, "5.7.1", "The message is suspicious")
REFUSED_BY_POLICY = Reply(550, "5.7.1", "The recipient's policy refuses the message")
ENGINE_UNAVAILABLE = Reply(451, "4.7.1", "The message cannot be examined for now, try again")
AGENT_UNAVAILABLE = Reply(451, "4.7.1", "A check that the recipient asks for is not possible for now, try again")
OVERLOADED = Reply(451, "4.3.2", "The server is busy, try again")
STORAGE_UNAVAILABLE = Reply(451, "4.3.0", "The message cannot be stored for now, try again")
NEXT_HOP_UNREACHABLE = Reply(451, "4.4.1", "The recipient's server does not answer for now, try again")
NEXT_HOP_LACKS_SMTPUTF8 = Reply(553, "5.6.7", "The recipient's server does not take international addresses")
INTERNAL_ERROR = Reply(451, "4.3.0", "Internal error, try again")


@lru_cache(maxsize=16)
def banner(hostname: str) -> Reply:
    """The first line of a session (RFC 5321 section 3.1)."""
    return Reply(220, "", f"{hostname} ESMTP Pratique")


def helo(hostname: str) -> Reply:
    """The answer to HELO."""
    return Reply(250, "", hostname)


def ehlo_wire(hostname: str, keywords: Sequence[str]) -> bytes:
    """The answer to EHLO as octets: our name, then one line for each extension (RFC 5321 section 4.1.1.1)."""
    lines = [hostname, *keywords]
    return b"".join(
        f"250{' ' if number == len(lines) else '-'}{line}\r\n".encode("ascii", "replace")
        for number, line in enumerate(lines, 1)
    )


def message_taken(transaction: str) -> Reply:
    """The 250 of the end of data. Only `mx.outcome.settle` may let it out: it is a promise."""
    return Reply(250, "2.0.0", f"Taken as {transaction}")


def refusal(reason: str) -> Reply:
    """The permanent refusal for a `Reject` whose reason is a verdict's word."""
    match reason:
        case "infected":
            return INFECTED
        case "prohibited":
            return PROHIBITED
        case "unscannable":
            return UNSCANNABLE
        case "encrypted":
            return ENCRYPTED
        case "phishing":
            return PHISHING
        case "spam":
            return SPAM
        case "suspicious":
            return SUSPICIOUS
        case _:
            return REFUSED_BY_POLICY


def in_own_words(standard: Reply, text: str) -> Reply:
    """The same refusal in a tenant's words; beyond ASCII where the transaction has SMTPUTF8 alone (RFC 6531)."""
    return Reply(standard.code, standard.enhanced, text, is_utf8=not text.isascii())


# An agent's own words ---------------------------------------------------------------------------------------------

_AGENTS_CODES = frozenset({450, 451, 452, 550, 552, 553, 554})


def by_agent(code: int, enhanced: str, text: str) -> Reply:
    """A refusal in an agent's own words. Raises ValueError for one that cannot be given."""
    made = Reply(code, enhanced, text)
    if not is_refusal(made):
        raise ValueError("a refusal is 450-452, 550 or 552-554, the enhanced code of its class, and one printable line")
    return made


def is_refusal(given: Reply) -> bool:
    """Whether this refuses one recipient or one message, and nothing but that: it never ends the session."""
    return (
        given.code in _AGENTS_CODES
        and _ENHANCED.fullmatch(given.enhanced) is not None
        and int(given.enhanced[0]) == given.code // 100
        and given.text.isascii()
        and given.text.isprintable()
        and 0 < len(given.text) <= _MOST_CHARACTERS
    )


# A next hop's own words -------------------------------------------------------------------------------------------

_REMOVED = "[removed]"
_MOST_CHARACTERS = 300  # RFC 5321 section 4.5.3.1.5: a reply line is at most 512 octets
_KEPT_CODES = frozenset({450, 451, 452, 550, 552, 553, 554})
_KEPT_LINE = re.compile(r"(5\d\d) (5\.\d{1,3}\.\d{1,3}) ([ -~]{1,400})")
_ENHANCED = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
_NAMES_A_HOST = re.compile(
    r"""
    [a-z][a-z0-9+.-]*://\S*                                # a URL
    | <?[^\s<>@]+@[^\s<>@]+>?                              # an address: it may be one the tenant rewrote it to
    | \[[^\]\s]*[:.][^\]\s]*\]                             # an address literal
    | (?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)        # IPv4
    | (?<![\w:])[0-9a-f]*:[0-9a-f]*:[0-9a-f:.%]*           # IPv6
    | (?:[\w-]+\.)+[^\W\d_][\w-]*\.?                       # a host name
    | \blocalhost\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def passed_on(code: int, enhanced: str, text: str, names: Iterable[str] = ()) -> Reply:
    """The refusal of a tenant's own server, without its name, addresses and URLs; `names` are further words to remove.

    421 becomes 451, because it would close our own session, and a code with a meaning of its own (530, 551) 554.
    A code that refuses nothing is nonsense, and becomes 451.
    """
    if not 400 <= code < 600:
        return Reply(451, "4.5.0", "The recipient's server gave no usable answer, try again")
    fallback = 451 if code < 500 else 554
    kept = code if code in _KEPT_CODES else fallback
    status = enhanced if _ENHANCED.fullmatch(enhanced) and int(enhanced[0]) == code // 100 else f"{code // 100}.0.0"
    return Reply(kept, status, f"The recipient's server says: {_clean(text, names)}")


def recipient_refused(line: str) -> Reply:
    """What the next hop said of a recipient some time ago, from its one line; without a status of its own 5.1.1."""
    found = _KEPT_LINE.fullmatch(line)
    return Reply(int(found[1]), found[2], found[3]) if found else UNKNOWN_RECIPIENT


def _clean(text: str, names: Iterable[str]) -> str:
    words = "".join(character if character.isprintable() else " " for character in text[: 4 * _MOST_CHARACTERS])
    for name in sorted((name for name in names if name), key=len, reverse=True):
        words = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _REMOVED, words, flags=re.IGNORECASE)
    cleaned = " ".join(_NAMES_A_HOST.sub(_REMOVED, words).split())
    return cleaned[:_MOST_CHARACTERS] or "no reason given"


# The list of them all ---------------------------------------------------------------------------------------------

_EXAMPLE_HOST = "mx.service.example"
_LIST: tuple[tuple[str, tuple[tuple[Reply, str], ...]], ...] = (
    (
        "The session",
        (
            (banner(_EXAMPLE_HOST), "at the beginning"),
            (helo(_EXAMPLE_HOST), "HELO; and EHLO, followed by the extensions"),
            (OK, "RSET, NOOP"),
            (HELP, "HELP"),
            (CANNOT_VERIFY, "VRFY: confirms nothing"),
            (READY_FOR_TLS, "STARTTLS"),
            (BYE, "QUIT"),
            (UNKNOWN_COMMAND, "a command that does not exist"),
            (NOT_OFFERED, "an extension's command that is not offered (AUTH, ETRN)"),
            (LINE_TOO_LONG, "a command line over the limit, skipped to its end"),
            (BAD_OCTETS, "a bare CR, NUL or another control character in a command"),
            (BAD_ARGUMENTS, "arguments that cannot be read"),
            (BAD_HELO, "EHLO or HELO without a usable name"),
            (BAD_SEQUENCE, "a command where it does not belong (RFC 5321 section 4.1.4)"),
            (UNKNOWN_PARAMETER, "a parameter of MAIL or RCPT that no offered extension has"),
            (TLS_UNAVAILABLE, "STARTTLS while there is no certificate to use"),
            (TOO_MANY_ERRORS, "the client's twentieth permanent error; ends the session"),
            (NOT_SMTP, "GET, POST, CONNECT and the like; ends the session"),
            (BARE_LINE_FEED, "an LF without its CR in a command; ends the session"),
            (TLS_TOO_EARLY, "a TLS handshake where a command belongs; ends the session"),
            (EARLY_TALKER, "instead of the banner, where the client spoke before it"),
            (UNEXPECTED_OCTETS, "plain text behind STARTTLS; ends the session"),
            (BAD_CHUNK, "BDAT without a size that can be read: nobody knows where the chunk ends; ends the session"),
            (TOO_MANY_CONNECTIONS, "instead of the banner, over one client's connections at a time, or in a minute"),
            (TOO_MANY_COMMANDS, "over one client's commands in a minute; ends the session"),
            (COMMAND_TIMEOUT, "no whole command in 300 s, no content in 180 s; ends the session"),
            (TOO_SLOW, "content slower than the least rate; ends the session"),
            (SHUTTING_DOWN, "the server is draining; ends the session"),
        ),
    ),
    (
        "MAIL",
        (
            (SENDER_OK, "the reverse-path is taken"),
            (BAD_REVERSE_PATH, "a reverse-path that cannot be read, or has a source route"),
            (NEEDS_SMTPUTF8, "an address that is not ASCII, without SMTPUTF8 (RFC 6531 section 3.5)"),
            (TOO_LARGE, "SIZE over the limit (RFC 1870 section 6.1); also at the end of data"),
            (DISK_FULL, "no room for another message; also at DATA and at the end of data"),
        ),
    ),
    (
        "RCPT",
        (
            (RECIPIENT_OK, "the recipient is taken"),
            (BAD_FORWARD_PATH, "a recipient that cannot be read"),
            (ROUTED_RECIPIENT, "a source route, or a local part with `%`, `!` or `@`: never a relay"),
            (UNKNOWN_DOMAIN, "a domain of no tenant"),
            (UNVERIFIED_DOMAIN, "a domain whose ownership has not been shown yet"),
            (TENANT_SUSPENDED, "a domain of a suspended tenant"),
            (DOMAIN_DELETED, "a domain that was deleted in the last 7 days"),
            (
                UNKNOWN_RECIPIENT,
                "the recipient is not on the tenant's list; a call-out passes on what the tenant's server says",
            ),
            (TOO_MANY_RECIPIENTS, "over 1,000 recipients (RFC 5321 section 4.5.3.1.10)"),
            (CLIENT_RATE, "over one client's recipients in a minute"),
            (TENANT_RATE, "over a tenant's messages or recipients in a minute"),
            (TENANT_FULL, "over a tenant's quota for mail that waits in the queue"),
            (OTHER_TENANT, "a recipient of another tenant than the transaction's first one"),
            (DIRECTORY_UNAVAILABLE, "the database does not answer"),
            (SENDER_BLOCKED, "the recipient's block list names the sender; for an address of From at the end of data"),
            (CLIENT_LISTED, "DNS blocklists of the recipient's policy name the client"),
            (GREYLISTED, "greylisting is on, and this is a first try"),
            (by_agent(550, "5.7.1", "..."), "an agent's own 4xx or 5xx; also at the end of data"),
        ),
    ),
    (
        "DATA and its end",
        (
            (START_DATA, "the content may come"),
            (CHUNK_TAKEN, "a chunk that is not the last one (RFC 3030)"),
            (NO_RECIPIENTS, "DATA or BDAT when no recipient was taken"),
            (message_taken("id"), "every copy is accepted by its server, or durably stored, or discarded by policy"),
            (BARE_LINE_END, "a CR or LF alone in what came over DATA, which was read to its true end"),
            (LOOP, "over 100 Received lines (RFC 5321 section 6.3)"),
            (INFECTED, "verdict infected"),
            (PROHIBITED, "verdict prohibited"),
            (UNSCANNABLE, "verdict unscannable"),
            (ENCRYPTED, "verdict encrypted"),
            (PHISHING, "verdict phishing, where the policy refuses it"),
            (SPAM, "verdict spam, where the policy refuses it"),
            (SUSPICIOUS, "verdict suspicious, where the policy refuses it"),
            (REFUSED_BY_POLICY, "any other refusal that a policy asks for"),
            (in_own_words(REFUSED_BY_POLICY, "..."), "instead of these, where the policy's `reject_texts` gives words"),
            (ENGINE_UNAVAILABLE, "an engine that was asked gave no answer"),
            (AGENT_UNAVAILABLE, "an agent that was asked gave no answer; also at RCPT"),
            (OVERLOADED, "no cell was free in time"),
            (STORAGE_UNAVAILABLE, "neither database nor blob store took the message"),
            (
                NEXT_HOP_UNREACHABLE,
                "the next hop does not answer; at RCPT for a recipient that nobody knows yet (call-out)",
            ),
            (NEXT_HOP_LACKS_SMTPUTF8, "the next hop does not offer SMTPUTF8, and the message needs it"),
            (INTERNAL_ERROR, "a bug or a broken machine; the trace has the reason"),
            (passed_on(550, "5.1.1", "..."), "the next hop's own 4xx or 5xx, without names, addresses and URLs"),
            (passed_on(299, "", ""), "the next hop's answer is no SMTP reply"),
        ),
    ),
)


def listed() -> tuple[Reply, ...]:
    """Every reply in the table, the ones that are made for the occasion with an example."""
    return tuple(entry for _, entries in _LIST for entry, _ in entries)


def table() -> str:
    """All replies as Markdown: the whole of docs/replies.md."""
    lines = ["# Every SMTP reply", "", "Made from `mx/reply.py`; a test compares them."]
    for title, entries in _LIST:
        lines += ["", f"## {title}", "", "| code | enhanced | text | when |", "|---|---|---|---|"]
        lines += [f"| {entry.code} | {entry.enhanced} | {entry.text} | {when} |" for entry, when in entries]
    return "\n".join(lines) + "\n"
