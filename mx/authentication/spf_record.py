"""SPF records: their terms, and the macros in them. Pure.

Comes in: the text of a record. Goes out: its mechanisms and modifiers, each checked.

Standards: RFC 7208 sections 4.6, 5, 6, 7 and 12.
Failure: `BadRecord`: the record is a permanent error, whatever stands before the mistake (section 4.6).
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import quote

from mx.authentication.questions import Result

_QUALIFIERS = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFT_FAIL, "?": Result.NEUTRAL}
_MECHANISM = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/]*))?((?:/[^ ]*)?)", re.IGNORECASE)
_NETWORK = re.compile(r"([+?~-]?)(ip4|ip6):([0-9A-Fa-f:./]+)", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)")
_LENGTHS = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?")
_MACRO = re.compile(r"%(?:\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}|([%_-])|)", re.IGNORECASE)
_NEEDS_DOMAIN = frozenset({"include", "exists"})
_WITHOUT_DOMAIN = frozenset({"all"})
_TAKES_LENGTHS = frozenset({"a", "mx"})
_VISIBLE = re.compile(r"[!-~]*")


class BadRecord(ValueError):
    """The record breaks the grammar."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism: what it gives when it matches."""

    result: Result
    name: str
    domain: str = ""
    """With its macros; empty for the domain that is checked."""
    network: IPv4Network | IPv6Network | None = None
    lengths: tuple[int, int] = (32, 128)
    """How many bits of an address count, by version."""


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record."""

    mechanisms: tuple[Mechanism, ...]
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What macros are made of."""

    sender: str
    domain: str
    address: str
    """The client's, as text."""
    dotted: str
    """The same in the form for `%{i}`: nibbles with dots for IPv6."""
    helo: str


def is_record(text: bytes) -> bool:
    """Whether this text is an SPF record, good or bad."""
    return text[:6].lower() == b"v=spf1" and (len(text) == 6 or text[6:7] == b" ")


def parse_record(text: bytes) -> Record:
    """The record. Raises BadRecord."""
    try:
        words = text.decode("ascii").split(" ")[1:]
    except UnicodeDecodeError:
        raise BadRecord("it is not ASCII") from None
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for word in filter(None, words):
        modifier = _MODIFIER.fullmatch(word)
        if modifier is None:
            mechanisms.append(_mechanism(word))
            continue
        name = modifier[1].lower()
        check_macros(modifier[2])
        if name in ("redirect", "exp"):
            if name in modifiers or not modifier[2]:
                raise BadRecord(f"{name} stands twice, or empty")
            modifiers[name] = modifier[2]
    return Record(tuple(mechanisms), modifiers.get("redirect", ""))


def _mechanism(word: str) -> Mechanism:
    found = _NETWORK.fullmatch(word)
    if found is not None:
        return _network(found[1], found[2].lower(), found[3])
    found = _MECHANISM.fullmatch(word)
    if found is None:
        raise BadRecord(f"{word[:60]!r} is no term")
    result, name, domain, lengths = _QUALIFIERS[found[1] or "+"], found[2].lower(), found[3], found[4]
    if name in ("ip4", "ip6") or (domain == "") or (name in _NEEDS_DOMAIN and domain is None):
        raise BadRecord(f"{word[:60]!r} lacks what it is about")
    if (name in _WITHOUT_DOMAIN and domain is not None) or (lengths and name not in _TAKES_LENGTHS):
        raise BadRecord(f"{word[:60]!r} has too much")
    check_macros(domain or "")
    return Mechanism(result, name, domain or "", lengths=_lengths(lengths))


def _network(qualifier: str, name: str, written: str) -> Mechanism:
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        raise BadRecord(f"{written[:60]!r} is no network") from None
    if network.version != int(name[-1]):
        raise BadRecord(f"{written[:60]!r} is of the other family")
    return Mechanism(_QUALIFIERS[qualifier or "+"], name, network=network)


def _lengths(written: str) -> tuple[int, int]:
    found = _LENGTHS.fullmatch(written)
    four, six = (int(each) if each else None for each in found.groups()) if found else (99, None)
    if (four is not None and four > 32) or (six is not None and six > 128):
        raise BadRecord(f"{written[:20]!r} is no prefix length")
    return 32 if four is None else four, 128 if six is None else six


def check_macros(text: str) -> None:
    """Raises BadRecord for a macro that is none."""
    if not _VISIBLE.fullmatch(text):
        raise BadRecord("it has an octet that must not stand in it")
    if any(found[0] == "%" for found in _MACRO.finditer(text)):
        raise BadRecord(f"{text[:60]!r} has a macro that is none")


def expand(text: str, given: Circumstance) -> str:
    """The text with its macros made good; a name over 253 characters loses labels on the left (section 7.3)."""
    expanded = _MACRO.sub(lambda found: _expand_one(found, given), text)
    while len(expanded) > 253 and "." in expanded:
        expanded = expanded.partition(".")[2]
    return expanded


def _expand_one(found: "re.Match[str]", given: Circumstance) -> str:
    if found[5]:
        return {"%": "%", "_": " ", "-": "%20"}[found[5]]
    letter = found[1].lower()
    local_part, _, domain = given.sender.rpartition("@")
    value = {
        "s": given.sender,
        "l": local_part or "postmaster",
        "o": domain,
        "d": given.domain,
        "i": given.dotted,
        # A validated name would cost ten more questions; RFC 7208 section 7.3 lets it be unknown.
        "p": "unknown",
        "v": "ip6" if ":" in given.address else "in-addr",
        "h": given.helo,
        "c": given.address,
        "r": "unknown",
        "t": "0",
    }[letter]
    parts = re.split(f"[{re.escape(found[4] or '.')}]", value)
    if found[3]:
        parts.reverse()
    if found[2] and int(found[2]):
        parts = parts[-int(found[2]) :]
    text = ".".join(parts)
    return quote(text, safe="") if found[1].isupper() else text
