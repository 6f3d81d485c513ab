"""The terms of a route: how mail is sent to a next hop, as the part behind `?` of a route's text. Pure.

    smtp://mail.example:25?tls=required&weight=10&concurrency=5&rate=100/m

| term | meaning |
| --- | --- |
| `priority` | The lowest is tried first. All routes of a domain name one, or none does and their order counts. |
| `weight` | The share that a route gets of the mail for routes of the same priority (1 when not named). |
| `tls` | `opportunistic` (when not named), `required`, `pinned` or `dane`: see `Tls`. |
| `pin` | For `pinned`: `cert:` or `spki:` and a SHA-256 in hexadecimal digits; several between commas. |
| `client` | The name of a certificate of ours, from the setting PRATIQUE_CLIENT_CERTIFICATES. |
| `source` | The address of ours that connections come from. |
| `concurrency` | Most open connections to an address, of each process. |
| `rate` | Most messages in a time, of each process: `5/s`, `100/m`, `1000/h`. |

Comes in: text. Goes out: terms, whose own text has each term that was named, once and in this order.

Standards: RFC 7672 (DANE for SMTP); RFC 7435 (opportunistic security).
Failure: ValueError with the end of a sentence that begins "The route ... ".
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_WEIGHT = 1000
MOST_PRIORITY = 65535
MOST_CONCURRENCY = 100
MOST_RATE = 1_000_000
MOST_PINS = 8
SECONDS_OF = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"([0-9]{1,7})/([smh])")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Tls(StrEnum):
    """What is asked of a connection before mail goes over it."""

    OPPORTUNISTIC = "opportunistic"
    """TLS where it is offered, with any certificate; plain text otherwise."""
    REQUIRED = "required"
    """TLS, with a certificate for the next hop's name that an authority has signed."""
    PINNED = "pinned"
    """TLS, with a certificate or a key that the route names."""
    DANE = "dane"
    """TLS, with a certificate that the next hop's TLSA records name."""


class PinKind(StrEnum):
    """What a pin is the digest of."""

    CERTIFICATE = "cert"
    KEY = "spki"
    """The SubjectPublicKeyInfo: it stays when a certificate is renewed with the same key."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A certificate, or a key, by its SHA-256."""

    kind: PinKind
    sha256: str
    """64 hexadecimal digits in lower case."""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many messages in a time."""

    messages: int
    unit: str
    """`s`, `m` or `h`."""

    @property
    def a_second(self) -> float:
        """The same as messages a second."""
        return self.messages / SECONDS_OF[self.unit]

    def __str__(self) -> str:
        return f"{self.messages}/{self.unit}"


@dataclass(frozen=True, slots=True)
class RouteTerms:
    """The terms of one route; what is None or empty was not named."""

    priority: int | None = None
    weight: int = 1
    tls: Tls = Tls.OPPORTUNISTIC
    pins: tuple[Pin, ...] = ()
    client: str = ""
    source: str = ""
    concurrency: int | None = None
    rate: Rate | None = None

    @property
    def text(self) -> str:
        """The terms as a person writes them; empty when they are what every route has."""
        named = {
            "priority": "" if self.priority is None else str(self.priority),
            "weight": "" if self.weight == 1 else str(self.weight),
            "tls": "" if self.tls is Tls.OPPORTUNISTIC else self.tls.value,
            "pin": ",".join(map(str, self.pins)),
            "client": self.client,
            "source": self.source,
            "concurrency": str(self.concurrency or ""),
            "rate": str(self.rate or ""),
        }
        return "&".join(f"{name}={value}" for name, value in named.items() if value)


PLAIN_TERMS = RouteTerms()


def parse_terms(text: str) -> RouteTerms:
    """The terms that `text` states. Raises ValueError."""
    given: dict[str, str] = {}
    for term in text.split("&") if text else ():
        name, _, value = term.partition("=")
        if name not in _READERS:
            raise ValueError(f"has the term {name!r}; known are {', '.join(_READERS)}")
        if name in given or not value:
            raise ValueError(f"gives {name} twice" if name in given else f"gives {name} no value")
        given[name] = value
    return _checked(given)


def _checked(given: Mapping[str, str]) -> RouteTerms:
    values = {name: _READERS[name](value) for name, value in given.items()}
    tls = values.get("tls", Tls.OPPORTUNISTIC)
    if (tls is Tls.PINNED) != ("pin" in values):
        raise ValueError("has tls=pinned without a pin" if tls is Tls.PINNED else "has a pin without tls=pinned")
    return RouteTerms(**{"pins" if name == "pin" else name: value for name, value in values.items()})  # type: ignore[arg-type]


def _between(least: int, most: int) -> Callable[[str], object]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"has {text[:40]!r} where a number from {least} to {most} is wanted")
        return int(text)

    return read


def _read_tls(text: str) -> Tls:
    try:
        return Tls(text.lower())
    except ValueError:
        raise ValueError(f"has tls={text[:40]!r}; possible are {', '.join(kind.value for kind in Tls)}") from None


def _read_pins(text: str) -> tuple[Pin, ...]:
    pins = tuple(dict.fromkeys(map(_read_pin, text.split(","))))
    if len(pins) > MOST_PINS:
        raise ValueError(f"has more than {MOST_PINS} pins")
    return pins


def _read_pin(text: str) -> Pin:
    kind, _, digits = text.lower().partition(":")
    # `openssl x509 -fingerprint` puts a colon behind every octet.
    sha256 = digits.replace(":", "")
    if kind not in list(PinKind) or not _SHA256.fullmatch(sha256):
        raise ValueError("has a pin that is not cert: or spki: and the 64 hexadecimal digits of a SHA-256")
    return Pin(PinKind(kind), sha256)


def _read_client(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"has client={text[:40]!r}, which can be no certificate's name")
    return text


def _read_source(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise ValueError(f"has source={text[:60]!r}, which is no address") from None


def _read_rate(text: str) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= MOST_RATE:
        raise ValueError(f"has rate={text[:40]!r}; one looks like 100/m, with s, m or h")
    return Rate(int(found[1]), found[2])


_READERS: Mapping[str, Callable[[str], object]] = {
    "priority": _between(0, MOST_PRIORITY),
    "weight": _between(1, MOST_WEIGHT),
    "tls": _read_tls,
    "pin": _read_pins,
    "client": _read_client,
    "source": _read_source,
    "concurrency": _between(1, MOST_CONCURRENCY),
    "rate": _read_rate,
}
