"""Sizes, durations, switches and addresses as people write them. Pure.

Comes in: text from a flag, the environment or `pratique.toml`. Goes out: octets (int), seconds (float), bool, Address.
K, M and G count in powers of 1024, with or without a following `B` or `iB`, as clamd and Postfix read them.

Failure: ValueError whose text completes a sentence that begins with the setting's name and value.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Number = TypeVar("Number", int, float)

_OCTETS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SWITCHES = {"1": True, "on": True, "yes": True, "true": True, "0": False, "off": False, "no": False, "false": False}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])", re.IGNORECASE | re.ASCII)
_SPANS = re.compile(rf"(?:{_SPAN.pattern}\s*)+", re.IGNORECASE | re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?", re.ASCII)
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^:\[\]\s]+)):(\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen on or to speak to. Port 0 asks the system for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_octets(text: str) -> int:
    """A size in octets from `1048576`, `25M`, `50MB` or `1.5 GiB`."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError("is not a size: write it like 50MB, 25M or 1048576")
    return int(float(found[1]) * _OCTETS[found[2].lower()])


def parse_duration(text: str) -> float:
    """A duration in seconds from `1s`, `2m`, `1h30m`, `5d`, or a plain number of seconds."""
    stripped = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", stripped, re.ASCII):
        return float(stripped)
    if not _SPANS.fullmatch(stripped):
        raise ValueError("is not a duration: write it like 30s, 2m, 1h30m or 5d")
    return sum(float(number) * _SECONDS[unit.lower()] for number, unit in _SPAN.findall(stripped))


def parse_switch(text: str) -> bool:
    """True or False from `on`/`off`, `yes`/`no`, `true`/`false`, `1`/`0`."""
    switch = _SWITCHES.get(text.strip().lower())
    if switch is None:
        raise ValueError("is neither on nor off")
    return switch


def parse_count(text: str) -> int:
    """A whole number of 0 or more."""
    if not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        raise ValueError("is not a whole number")
    return int(text)


def parse_address(text: str) -> Address:
    """An address from `127.0.0.1:25`, `mx.example:25` or `[::1]:25`; the host is never left out."""
    found = _ADDRESS.fullmatch(text.strip())
    if not found or not (found[1] or _HOST.fullmatch(found[2])):
        raise ValueError("is not an address: write HOST:PORT like 127.0.0.1:2525 or [::1]:2525")
    if int(found[3]) > 65535:
        raise ValueError("has a port above 65535")
    return Address(found[1] or found[2], int(found[3]))


def parse_host(text: str) -> str:
    """A host name in lower case, without a trailing dot."""
    if len(text.strip()) > 253 or not _HOST.fullmatch(text.strip()):
        raise ValueError("is not a host name: write it like mx.example")
    return text.strip().rstrip(".").lower()


def split_list(text: str) -> tuple[str, ...]:
    """The entries of a comma list, without the spaces around them; empty entries are left out."""
    return tuple(entry for entry in (part.strip() for part in text.split(",")) if entry)


def within(parse: Callable[[str], Number], least: float, most: float, shown: str) -> Callable[[str], Number]:
    """The same parser, with a ValueError for what lies outside `least` to `most`."""

    def parse_within(text: str) -> Number:
        value = parse(text)
        if not least <= value <= most:
            raise ValueError(f"is outside {shown}")
        return value

    return parse_within
