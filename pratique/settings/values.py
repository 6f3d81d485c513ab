"""The values that one setting alone takes: log level, database URL, clamd daemons, waits. Pure.

Comes in: text. Goes out: the value that the field of `Settings` holds.

Failure: ValueError whose text completes a sentence that begins with the setting's name and value.
"""

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from pratique.settings.quantities import Address, parse_address, parse_duration, parse_host, split_list
from tenants.domains.mta_sts import StsMode
from tenants.domains.routes import RouteError, parse_route
from tenants.encryption.kms_key import SCHEME, parse_kms_key

KEY_OCTETS = 32
_MAILBOX = re.compile(r"[!-;=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,253}")
_CERTIFICATE_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that is spoken of by a name."""

    name: str
    file: Path

    def __str__(self) -> str:
        return f"{self.name}={self.file}"


class LogLevel(StrEnum):
    """The least important lines that are still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class TrustedStamps:
    """A service whose antivirus stamps save work here, and its key where that is pinned."""

    domain: str
    key: bytes | None

    def __str__(self) -> str:
        return self.domain + (f"={base64.b64encode(self.key).decode()}" if self.key else "")


def parse_trusted_stamps(text: str) -> tuple[TrustedStamps, ...]:
    """`mx.example`, or `mx.example=KEY` with the 32 octets of its public key in base64; a comma list."""
    return tuple(_trusted(each) for each in split_list(text)) if text.strip().lower() != "none" else ()


def _trusted(text: str) -> TrustedStamps:
    domain, equals, key = text.partition("=")
    if equals and not is_key(key):
        raise ValueError("is no service: write mx.example, or mx.example=KEY with 32 octets in base64")
    return TrustedStamps(parse_host(domain), base64.b64decode(key) if equals else None)


def parse_log_level(text: str) -> LogLevel:
    """A log level by its name."""
    try:
        return LogLevel(text.strip().lower())
    except ValueError:
        raise ValueError(f"is not one of {', '.join(LogLevel)}") from None


def parse_sts_mode(text: str) -> StsMode:
    """A mode of MTA-STS by its name."""
    try:
        return StsMode(text.strip().lower())
    except ValueError:
        raise ValueError(f"is not one of {', '.join(StsMode)}") from None


def parse_path(text: str) -> Path:
    """A path; `~` is the home folder."""
    return Path(text.strip()).expanduser()


def parse_database_url(text: str) -> str:
    """The URL of a SQLite or PostgreSQL database, as written."""
    from tenants.storage.database_url import parse_url  # SQLAlchemy, which `--help` does not wait for.

    try:
        parse_url(text.strip())
    except ValueError:
        raise ValueError("is not a database: write postgresql://USER@HOST/NAME or sqlite:///FILE") from None
    return text.strip()


def parse_master_key(text: str) -> str:
    """32 octets in base64, the path of the file that holds them, or a key of KMS that wraps them, as written."""
    stripped = text.strip()
    if stripped.startswith(SCHEME):
        # The region may come from the environment, which is asked when the key is.
        parse_kms_key(stripped, region="us-east-1")
        return stripped
    if not is_key(stripped) and not stripped.startswith(("/", "./", "../", "~/")):
        # A mistyped key taken for a file name would become the name of a new, other key.
        raise ValueError("is neither 32 octets in base64 nor a path that begins with / or ./, nor kms://KEY")
    return stripped


def is_key(text: str) -> bool:
    """Whether the text is 32 octets in base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_OCTETS
    except ValueError:
        return False


def parse_clamd(text: str) -> tuple[str, ...]:
    """The clamd daemons of a comma list; none of them for `none`."""
    if text.strip().lower() == "none":
        return ()
    daemons = split_list(text)
    for daemon in daemons:
        kind, _, place = daemon.partition(":")
        if kind == "tcp":
            parse_address(place)
        elif kind != "unix" or not place.startswith("/"):
            raise ValueError("is not a clamd: write unix:/path, tcp:host:port, a comma list of these, or none")
    return daemons


def parse_waits(text: str) -> tuple[float, ...]:
    """Waits in seconds from a comma list."""
    waits = tuple(parse_duration(entry) for entry in split_list(text))
    if not waits or min(waits) <= 0:
        raise ValueError("is not a list of waits: write it like 1m,5m,1h, each longer than 0")
    return waits


def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks, or single addresses, from a comma list; none of them for `none`."""
    if text.strip().lower() == "none":
        return ()
    try:
        return tuple(ip_network(entry) for entry in split_list(text))
    except ValueError as error:
        raise ValueError(f"is not a list of networks such as 192.0.2.0/24,2001:db8::/64: {error}") from None


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Addresses from a comma list, at least one."""
    addresses = tuple(parse_address(entry) for entry in split_list(text))
    if not addresses:
        raise ValueError("names no address")
    return addresses


def parse_resolver(text: str) -> Address:
    """The address of a DNS server, with port 53 unless another is named."""
    host, port = text.strip(), "53"
    if host.startswith("[") or host.count(":") == 1:
        found = parse_address(host if not host.endswith("]") else f"{host}:{port}")
        host, port = found.host, str(found.port)
    try:
        return Address(str(ip_address(host)), int(port))
    except ValueError:
        raise ValueError("is not a DNS server: write its address, such as 192.0.2.53 or [2001:db8::53]:53") from None


def parse_client_certificates(text: str) -> tuple[NamedFile, ...]:
    """Name and file of each certificate of ours, from a comma list; none of them for `none`."""
    if text.strip().lower() == "none":
        return ()
    found: dict[str, Path] = {}
    for entry in split_list(text):
        name, _, file = entry.partition("=")
        if not _CERTIFICATE_NAME.fullmatch(name) or not file or name in found:
            raise ValueError("is not a list of certificates such as acme=/etc/pratique/acme.pem, each name once")
        found[name] = parse_path(file)
    return tuple(NamedFile(name, file) for name, file in found.items())


def parse_portal_url(text: str) -> str:
    """A web address without its last slash."""
    url = text.strip().rstrip("/")
    if not url.startswith(("https://", "http://")) or not url.partition("://")[2]:
        raise ValueError("is not a web address: write it like https://mail.example")
    return url


def parse_relay(text: str) -> str | None:
    """A route, written as routes are; None for `none`."""
    if text.strip().lower() == "none":
        return None
    try:
        return parse_route(text).text
    except RouteError:
        raise ValueError("is not a relay: write it like smtp://relay.example:25") from None


def parse_mailbox(text: str) -> str | None:
    """An e-mail address; None for `none`."""
    if text.strip().lower() == "none":
        return None
    if not _MAILBOX.fullmatch(text.strip()):
        raise ValueError("is not an e-mail address")
    return text.strip()
