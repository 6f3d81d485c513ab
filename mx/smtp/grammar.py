"""The grammar of SMTP commands: one line in, a command or the reply that refuses it out. Pure.

Stricter than RFC 5321 where its freedom only serves attackers: no control character anywhere, no source routes, no
recipient whose local part hides another address (`%`, `!` or `@` in it). More generous where real mail is: a blank
behind `FROM:`, dots anywhere in a local part, underscores in names.

Standards: RFC 5321 sections 4.1.1 to 4.1.3; RFC 3030 section 2 (BDAT); RFC 6531 section 3.3 (UTF-8 in
addresses).
Failure: a line that cannot be used gives a Reply; a 421 means that the session is to end.
Limits: `limits.py`; every pattern runs in linear time.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import assert_never

from mx import reply
from mx.envelope import Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.limits import DOMAIN_OCTETS, LABEL_OCTETS, PATH_OCTETS
from mx.smtp.octets import Flaw


class Verb(Enum):
    """The commands without an argument that matters."""

    DATA = auto()
    HELP = auto()
    NOOP = auto()
    QUIT = auto()
    RSET = auto()
    STARTTLS = auto()
    VRFY = auto()


@dataclass(frozen=True, slots=True)
class Hello:
    """EHLO, or HELO when not `is_esmtp`."""

    name: str
    is_esmtp: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM, its parameters still as words."""

    reverse_path: ReversePath
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO, its parameters still as words."""

    recipient: Recipient
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bdat:
    """BDAT: so many octets follow, whatever they are."""

    octets: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class XClient:
    """XCLIENT, its arguments as written: who may say them is not the grammar's to know."""

    arguments: str


Command = Hello | Mail | Rcpt | Bdat | XClient | Verb

SIMPLE: Mapping[Verb, Reply] = MappingProxyType(
    {Verb.NOOP: reply.OK, Verb.HELP: reply.HELP, Verb.VRFY: reply.CANNOT_VERIFY}
)
"""What is always answered alike, and changes nothing."""

_FOREIGN = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "PRI"})
_KNOWN_NOT_OFFERED = frozenset({"AUTH", "BURL", "ETRN", "EXPN", "SAML", "SEND", "SOML", "TURN"})

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_HELLO = re.compile(r"""[^\s()<>@,;\\"]{1,255}""", re.ASCII)
_LOCAL = r"""(?:[\w!#$%&'*+/=?^`{|}~.-]+|"(?:[^"\\]|\\.)*")"""
_DOMAIN = r"""(?:[\w.-]+|\[[A-Za-z0-9:.-]+\])"""
_REVERSE_PATH = re.compile(rf"FROM: *<(?:({_LOCAL})@({_DOMAIN}))?>(?: +(.*))?", re.IGNORECASE)
_FORWARD_PATH = re.compile(rf"TO: *<(?:({_LOCAL})@({_DOMAIN})|postmaster)>(?: +(.*))?", re.IGNORECASE)
_ROUTING = frozenset("%!@")
"""In a local part, they name a way to go on."""
_ROUTE = re.compile(r"(?:FROM|TO): *<@", re.IGNORECASE)
_CHUNK = re.compile(r"([0-9]{1,12})(?: +(LAST))?", re.IGNORECASE | re.ASCII)
_PARAMETER = re.compile(r"[A-Z0-9][A-Z0-9-]*(?:=[^= ]+)?", re.IGNORECASE)


def refusal_of(flaw: Flaw) -> Reply:
    """The reply to a line that is none."""
    match flaw:
        case Flaw.TOO_LONG:
            return reply.LINE_TOO_LONG
        case Flaw.BARE_LF:
            return reply.BARE_LINE_FEED
        case Flaw.TLS_HANDSHAKE:
            return reply.TLS_TOO_EARLY
        case _:
            assert_never(flaw)


def parse(line: bytes) -> Command | Reply:
    """The command that a line (without its CRLF) gives, or the reply that refuses it."""
    if _CONTROL.search(line):
        return reply.BAD_OCTETS
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return reply.BAD_ARGUMENTS
    if not text.isascii() and not text.isprintable():
        return reply.BAD_ARGUMENTS  # C1 controls, U+2028, direction marks
    word, _, arguments = text.partition(" ")
    word = word.upper()
    parser = _PARSERS.get(word)
    if parser is not None:
        return parser(arguments.rstrip(" "))
    if word in _FOREIGN:
        return reply.NOT_SMTP
    return reply.NOT_OFFERED if word in _KNOWN_NOT_OFFERED else reply.UNKNOWN_COMMAND


def _ehlo(arguments: str) -> Command | Reply:
    return _hello(arguments, is_esmtp=True)


def _helo(arguments: str) -> Command | Reply:
    return _hello(arguments, is_esmtp=False)


def _hello(arguments: str, is_esmtp: bool) -> Command | Reply:
    name = arguments.strip(" ")
    return Hello(name, is_esmtp) if name.isascii() and _HELLO.fullmatch(name) else reply.BAD_HELO


def _mail(arguments: str) -> Command | Reply:
    found = _REVERSE_PATH.fullmatch(arguments)
    if found is None:
        return reply.BAD_REVERSE_PATH
    local, domain, rest = found.groups()
    if local is not None and not _has_good_size(local, domain):
        return reply.BAD_REVERSE_PATH
    words = _words(rest)
    return reply.BAD_ARGUMENTS if words is None else Mail(ReversePath(f"{local}@{domain}" if local else ""), words)


def _rcpt(arguments: str) -> Command | Reply:
    found = _FORWARD_PATH.fullmatch(arguments)
    if found is None:
        return reply.ROUTED_RECIPIENT if _ROUTE.match(arguments) else reply.BAD_FORWARD_PATH
    local, domain, rest = found.groups()
    words = _words(rest)
    if words is None:
        return reply.BAD_ARGUMENTS
    if local is None:
        return Rcpt(Recipient("postmaster"), words) if arguments.isascii() else reply.BAD_FORWARD_PATH
    if not _has_good_size(local, domain):
        return reply.BAD_FORWARD_PATH
    if not _ROUTING.isdisjoint(local):
        return reply.ROUTED_RECIPIENT
    return Rcpt(Recipient(f"{local}@{domain}"), words)


def _bdat(arguments: str) -> Command | Reply:
    """Where the size cannot be read, nobody knows where the chunk ends: the session does."""
    found = _CHUNK.fullmatch(arguments)
    return reply.BAD_CHUNK if found is None else Bdat(int(found[1]), found[2] is not None)


def _has_good_size(local: str, domain: str) -> bool:
    local_octets, domain_octets = len(local.encode()), len(domain.encode())
    if local_octets + 1 + domain_octets > PATH_OCTETS or domain_octets > DOMAIN_OCTETS:
        return False
    labels = domain.split(".")
    return domain.startswith("[") or ("" not in labels and max(map(len, labels)) <= LABEL_OCTETS)


def _words(text: str | None) -> tuple[str, ...] | None:
    """The parameters as words; None when one of them cannot be a parameter."""
    if not text:
        return ()
    words = tuple(text.split())
    return words if all(_PARAMETER.fullmatch(word) for word in words) else None


def _without_arguments(verb: Verb) -> Callable[[str], Command | Reply]:
    def parser(arguments: str) -> Command | Reply:
        return reply.BAD_ARGUMENTS if arguments else verb

    return parser


def _with_any_arguments(verb: Verb) -> Callable[[str], Command | Reply]:
    def parser(_: str) -> Command | Reply:
        return verb

    return parser


def _vrfy(arguments: str) -> Command | Reply:
    return Verb.VRFY if arguments else reply.BAD_ARGUMENTS


_PARSERS: Mapping[str, Callable[[str], Command | Reply]] = MappingProxyType(
    {
        "BDAT": _bdat,
        "DATA": _without_arguments(Verb.DATA),
        "EHLO": _ehlo,
        "HELO": _helo,
        "HELP": _with_any_arguments(Verb.HELP),
        "MAIL": _mail,
        "NOOP": _with_any_arguments(Verb.NOOP),
        "QUIT": _without_arguments(Verb.QUIT),
        "RCPT": _rcpt,
        "RSET": _without_arguments(Verb.RSET),
        "STARTTLS": _without_arguments(Verb.STARTTLS),
        "VRFY": _vrfy,
        "XCLIENT": XClient,
    }
)
