"""XCLIENT: a trusted test peer says for whom it speaks. Pure.

Comes in: the arguments of the command, from a peer that the operator has listed; from nobody else is it offered or
obeyed. Goes out: a `Claim`, which stands in the place of the connection's own address and name, or None.

Standards: none; the command is Postfix's. NAME is read and not used: names of hosts are looked up where they count.
Failure: an attribute that is unknown, stands twice or cannot be read refuses the whole command.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO")
_HELO = re.compile(r"""[^\s()<>@,;\\"]{1,255}""", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})*")
_ENCODED = re.compile(r"\+([0-9A-Fa-f]{2})")
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})


@dataclass(frozen=True, slots=True)
class Claim:
    """Who the client is said to be; None where nothing is said."""

    address: str | None = None
    port: int | None = None
    is_esmtp: bool | None = None
    helo: str | None = None


def read_claim(arguments: str, before: Claim) -> Claim | None:
    """The claim with what these arguments add to it; None when they cannot be read."""
    words = [word.partition("=") for word in arguments.split()]
    given = {keyword.upper(): value for keyword, mark, value in words if mark}
    if not words or len(given) < len(words) or not set(given) <= set(ATTRIBUTES):
        return None
    if not all(_XTEXT.fullmatch(value) for value in given.values()):
        return None
    return _claim({keyword: _ENCODED.sub(_octet, value) for keyword, value in given.items()}, before)


def _claim(given: Mapping[str, str], claim: Claim) -> Claim | None:
    for keyword, value in given.items():
        if value.upper() in _UNKNOWN or keyword == "NAME":
            continue
        changed = _changed(claim, keyword, value)
        if changed is None:
            return None
        claim = changed
    return claim


def _changed(claim: Claim, keyword: str, value: str) -> Claim | None:
    match keyword:
        case "ADDR":
            address = _address(value)
            return None if address is None else replace(claim, address=address)
        case "PORT":
            return replace(claim, port=int(value)) if _PORT.fullmatch(value) and int(value) <= 0xFFFF else None
        case "PROTO":
            is_known = value.upper() in ("SMTP", "ESMTP")
            return replace(claim, is_esmtp=value.upper() == "ESMTP") if is_known else None
        case _:
            return (
                replace(claim, helo=value)
                if _HELO.fullmatch(value) and value.isascii() and value.isprintable()
                else None
            )


def _address(written: str) -> str | None:
    is_v6 = written.upper().startswith("IPV6:")
    try:
        parsed = ip_address(written[5:] if is_v6 else written)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return None
    return str(parsed) if is_v6 == isinstance(parsed, IPv6Address) else None


def _octet(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
