"""Every setting: name, default, unit, meaning, in one frozen dataclass. `docs/settings.md` is generated from it.

Comes in: values by name, from `sources.py` (flags, environment, file) or from a test. Goes out: one `Settings`,
complete: a default that follows from another setting (the database in the data folder) is filled in when it is made.

Failure: a parser here raises ValueError with the end of a sentence; `sources.py` says it of the setting's name,
and the start stops: nothing runs on settings that were guessed.
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from pratique.settings.blob_place import Bucket, parse_blobs, parse_s3_endpoint
from pratique.settings.quantities import Address as Address
from pratique.settings.quantities import (
    parse_address,
    parse_count,
    parse_duration,
    parse_host,
    parse_octets,
    parse_switch,
    within,
)
from pratique.settings.scanner_values import (
    parse_command,
    parse_exits,
    parse_icap,
    parse_pattern,
    parse_plugins,
    parse_rspamd,
)
from pratique.settings.values import LogLevel as LogLevel
from pratique.settings.values import (
    NamedFile,
    TrustedStamps,
    parse_addresses,
    parse_clamd,
    parse_client_certificates,
    parse_database_url,
    parse_log_level,
    parse_mailbox,
    parse_master_key,
    parse_networks,
    parse_path,
    parse_portal_url,
    parse_relay,
    parse_resolver,
    parse_sts_mode,
    parse_trusted_stamps,
    parse_waits,
)
from tenants.domains.mta_sts import StsMode

PREFIX = "PRATIQUE_"


class SettingsError(ValueError):
    """The settings given cannot be used; the text is one plain line that says which one and what would do."""


def _this_machine() -> str:
    return socket.gethostname().rstrip(".").lower()


def _half_the_processors() -> int:
    return max(1, (os.cpu_count() or 1) // 2)


def _setting(
    default: Any,
    parse: Callable[[str], Any],
    shown_default: str,
    unit: str,
    meaning: str,
    *,
    factory: Callable[[], Any] | None = None,
    is_secret: bool = False,
) -> Any:
    """One setting: its default, how its text is read, and what `docs/settings.md` says of it."""
    about = {"parse": parse, "default": shown_default, "unit": unit, "meaning": meaning}
    if factory is not None:
        return field(default_factory=factory, metadata=about)
    return field(default=default, repr=not is_secret, metadata=about)


_parse_size = within(parse_octets, 64 * 1024, 2 * 1024**3, "64K to 2G")
parse_clamd_max = within(parse_octets, 1024, 4 * 1024**3, "1K to 4G")
_parse_lifetime = within(parse_duration, 1, 14 * 86400, "1s to 14d")
_parse_positive = within(parse_count, 1, 10**9, "1 or more")
_parse_processes = within(parse_count, 1, 64, "1 to 64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one process. Made by `read_settings`, or by name in tests: `Settings(data=folder)`.

    `dataclasses.replace` keeps what was filled in from `data`, `portal` and `hostname`, unless it is given as empty.
    A field that is not shown by `repr` is a secret.
    """

    data: Path = _setting(
        Path("var"), parse_path, "`./var`", "folder",
        "Folder for everything that is kept on this machine.",
    )
    database_url: str = _setting(
        "", parse_database_url, "SQLite in the data folder", "URL",
        "`postgresql://…` or `sqlite:///FILE`.",
        is_secret=True,
    )
    blobs: Path | Bucket = _setting(
        Path(), parse_blobs, "`blobs` in the data folder", "folder or bucket",
        "Where queued and held mail is kept, encrypted: a folder, or `s3://bucket/prefix` (docs/storage.md).",
    )
    s3_endpoint: str | None = _setting(
        None, parse_s3_endpoint, "Amazon's", "URL",
        "The server of that bucket, when it is not Amazon's own.",
    )
    master_key: str = _setting(
        "", parse_master_key, "`master.key` in the data folder, made on first start", "file, key or KMS key",
        "Wraps the tenants' keys: a file of mode 0600, the key itself (32 octets in base64), or `kms://KEY`: AWS KMS "
        "keeps it (docs/storage.md).",
        is_secret=True,
    )
    clamd: tuple[str, ...] | None = _setting(
        None, parse_clamd, "found if its usual socket answers at start", "list",
        "clamd daemons: `unix:/path`, `tcp:host:port`, a comma list, or `none`.",
    )
    clamd_max: int = _setting(
        25 * 1024**2, parse_clamd_max, "25 MB", "octets",
        "clamd's StreamMaxLength: larger artifacts are handed over where a unix socket is used, up to what "
        "clamd finds EICAR behind; otherwise they are *unscannable* for clamd.",
    )
    icap: tuple[str, ...] = _setting(
        (), parse_icap, "none", "list",
        "ICAP services: `icap://host:port/service`, a comma list of servers that are alike; `name=icap://…` "
        "for another engine of that name.",
    )
    icap_max: int = _setting(
        25 * 1024**2, parse_clamd_max, "25 MB", "octets",
        "Largest artifact sent to an ICAP service; others are *unscannable* for it.",
    )
    rspamd: tuple[str, ...] = _setting(
        (), parse_rspamd, "none", "list",
        "Rspamd workers, `http://host:port`, a comma list: spam and phishing.",
    )
    command_scanner: str = _setting(
        "", parse_command, "none", "command line",
        "A scanner to run for each artifact, which it reads as standard input, or by the path that stands for "
        "`{file}`.",
    )
    command_scanner_exits: str = _setting(
        "0=clean,1=infected", parse_exits, "`0=clean,1=infected`", "list",
        "What its exit statuses mean; any other is no answer.",
    )
    command_scanner_name: str = _setting(
        r": (\S+) FOUND", parse_pattern, "`: (\\S+) FOUND`", "pattern",
        "Where a finding's name stands in what it writes.",
    )
    plugins: tuple[str, ...] = _setting(
        (), parse_plugins, "none", "list",
        "Engines and agents of other packages by their names; `name?key=value` gives one a setting of its own "
        "(docs/plugins.md).",
    )
    verdict_cache: bool = _setting(
        True, parse_switch, "on", "on or off",
        "Remember what engines said of octets seen before; 0 for comparisons.",
    )
    size: int = _setting(
        50 * 1024**2, _parse_size, "50 MB", "octets",
        "Largest message (EHLO SIZE); RFC 5321 section 4.5.3.1.7: at least 64K.",
    )
    hostname: str = _setting(
        None, parse_host, "the machine's", "host name",
        "Our name in banner and Received.",
        factory=_this_machine,
    )
    service_domain: str = _setting(
        "", parse_host, "`hostname`", "host name",
        "Our name in Authentication-Results, the same on every node; each domain's own MX name is below it: "
        "`<domain-with-dashes>.mx.SERVICE`.",
    )
    stamp_trusted: tuple[TrustedStamps, ...] = _setting(
        (), parse_trusted_stamps, "none", "list",
        "Services whose antivirus stamps save work here (docs/stamp.md): `mx.example`, or `mx.example=KEY` with a key "
        "that the DNS is then not asked for.",
    )
    smtp: tuple[Address, ...] = _setting(
        (Address("127.0.0.1", 2525),), parse_addresses, "`127.0.0.1:2525`", "list of HOST:PORT",
        "Where mail is received.",
    )
    smtp_tls_certificate: Path | None = _setting(
        None, parse_path, "self-made, in the data folder", "file",
        "Certificate chain for STARTTLS, in PEM form.",
    )
    smtp_tls_key: Path | None = _setting(
        None, parse_path, "self-made, in the data folder", "file",
        "Private key of that certificate, in PEM form.",
    )
    smtp_tls_folder: Path | None = _setting(
        None, parse_path, "none", "folder",
        "`NAME.pem` (and `NAME.key`) for clients that ask for this name (SNI), `_.DOMAIN.pem` for any name right "
        "below; read again when they change.",
    )
    client_connections: int = _setting(
        50, parse_count, "50", "connections",
        "Open connections per client address (v6: per /64), to each process: nobody can take them all; 0 = no limit.",
    )
    client_connections_a_minute: int = _setting(
        0, parse_count, "0", "connections",
        "New connections per client in a minute, on this machine; 0 = no limit, here and in the next two.",
    )
    client_commands_a_minute: int = _setting(
        0, parse_count, "0", "commands",
        "Commands per client in a minute; over it: 421.",
    )
    client_recipients_a_minute: int = _setting(
        0, parse_count, "0", "recipients",
        "RCPT per client in a minute; over it: 451.",
    )
    tenant_messages_a_minute: int = _setting(
        0, parse_count, "0", "messages",
        "Messages for one tenant in a minute, on this machine; over it: 451. 0 = no limit, here and below.",
    )
    tenant_recipients_a_minute: int = _setting(
        0, parse_count, "0", "recipients",
        "RCPT for one tenant in a minute.",
    )
    tenant_queue: int = _setting(
        0, parse_octets, "0", "octets",
        "What one tenant may have waiting in the queue; then RCPT answers 451.",
    )
    tenant_quarantine: int = _setting(
        0, parse_octets, "0", "octets",
        "What one tenant may have held; then what would be held as well is answered 451.",
    )
    stress_connections: int = _setting(
        2000, _parse_positive, "2000", "connections",
        "Open connections of one process from which on slow content is cut after 20 s instead of 300.",
    )
    refuse_early_talkers: bool = _setting(
        True, parse_switch, "on", "on or off",
        "Turn away clients that speak before the banner (421); off: they are only noted in the log.",
    )
    xclient_from: tuple[IPv4Network | IPv6Network, ...] = _setting(
        (), parse_networks, "none", "list",
        "Test peers (networks or addresses) that may say for whom they speak, by XCLIENT. Never a stranger.",
    )
    proxy_from: tuple[IPv4Network | IPv6Network, ...] = _setting(
        (), parse_networks, "none", "list",
        "Load balancers (networks or addresses) whose connections begin with a PROXY header, version 1 or 2.",
    )
    portal: Address = _setting(
        Address("127.0.0.1", 8025), parse_address, "`127.0.0.1:8025`", "HOST:PORT",
        "Where the web portal listens.",
    )
    portal_url: str = _setting(
        "", parse_portal_url, "`http://` and `portal`", "URL",
        "What links begin with, as people reach the portal.",
    )
    health: Address | None = _setting(
        None, parse_address, "none", "HOST:PORT",
        "Where `/healthz` and `/readyz` answer besides the portal (docs/operating.md).",
    )
    mta_sts_mode: StsMode = _setting(
        StsMode.TESTING, parse_sts_mode, "`testing`", "word",
        "Of the MTA-STS policies that the portal serves: `testing`, `enforce` or `none`.",
    )
    retry: tuple[float, ...] = _setting(
        (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0),
        parse_waits, "`1m,5m,15m,30m,1h,2h,4h`", "list of durations",
        "Waits between delivery tries; the last one repeats until the queue's lifetime ends.",
    )
    queue_lifetime: float = _setting(
        5 * 86400.0, _parse_lifetime, "`5d`", "duration",
        "How long delivery is tried (RFC 5321 section 4.5.4.1: 4 to 5 days); then it is held, undeliverable.",
    )
    relay: str | None = _setting(
        None, parse_relay, "none", "smtp://HOST[:PORT]",
        "Smart host for mail of our own (DSNs, sign-in links); without it, the recipient's MX.",
    )
    postmaster: str | None = _setting(
        None, parse_mailbox, "none: held for the operator", "address",
        "Where mail to `<postmaster>` and to postmaster and abuse at our own names goes.",
    )
    allow_private_routes: bool = _setting(
        False, parse_switch, "off", "on or off",
        "Next hops on loopback and private addresses (`--demo`: on).",
    )
    resolver: Address | None = _setting(
        None, parse_resolver, "the system's", "ADDRESS[:PORT]",
        "DNS server for the routes; DANE needs one here that validates, reached over a way nobody can change.",
    )
    client_certificates: tuple[NamedFile, ...] = _setting(
        (), parse_client_certificates, "none", "list",
        "Certificates of ours that routes may show (`client=NAME`): `NAME=FILE`, chain and key in PEM form.",
    )
    workers: int = _setting(
        None, _parse_processes, "half the processors, at least 1", "processes",
        "How many processes receive mail; the cells need the other half.",
        factory=_half_the_processors,
    )
    cells: int = _setting(
        2, _parse_processes, "2", "processes",
        "Killable children that open hostile bytes, for each process that scans.",
    )
    log_level: LogLevel = _setting(
        LogLevel.INFO, parse_log_level, "`info`", "word",
        "Least lines written: `debug`, `info`, `warning` or `error`.",
    )

    def __post_init__(self) -> None:
        """Fill in the defaults that follow from other settings."""
        follow = {
            "database_url": self.database_url or f"sqlite:///{self.data.absolute() / 'pratique.sqlite'}",
            "blobs": self.data / "blobs" if self.blobs == Path() else self.blobs,
            "master_key": self.master_key or str(self.data.absolute() / "master.key"),
            "service_domain": self.service_domain or self.hostname,
            "portal_url": self.portal_url or f"http://{self.portal}",
        }
        for name, value in follow.items():
            object.__setattr__(self, name, value)
        if (self.smtp_tls_certificate is None) != (self.smtp_tls_key is None):
            raise SettingsError("smtp_tls_certificate and smtp_tls_key are set together or not at all.")
        if (self.postmaster or "").rpartition("@")[2].lower() == self.hostname:
            raise SettingsError("postmaster is a mailbox of this service itself: name one that somebody else keeps.")

    @property
    def disks(self) -> tuple[Path, ...]:
        """The folders of this machine that fill up with mail; a bucket has no end of room."""
        return (self.data, self.blobs) if isinstance(self.blobs, Path) else (self.data,)

    def to_json(self) -> str:
        """The settings as one line of JSON, line end included: how a process tells its children."""
        values = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        return json.dumps({name: as_text(value) for name, value in values.items() if value is not None}) + "\n"

    @classmethod
    def from_json(cls, line: str) -> "Settings":
        """The settings that `to_json` wrote; no other source is asked."""
        return make_settings({name: (text, name) for name, text in json.loads(line).items()})


def make_settings(texts: Mapping[str, tuple[str, str]]) -> Settings:
    """Settings from name -> (text, where it stands). Names that are no settings are passed over.

    Raises SettingsError.
    """
    known = {setting.name: setting for setting in fields(Settings)}
    return Settings(**{name: _parse(known[name], *text) for name, text in texts.items() if name in known})


def _parse(setting: "Field[Any]", text: str, where: str) -> Any:
    try:
        return setting.metadata["parse"](text)
    except ValueError as error:
        shown = repr(text) if setting.repr else "the value"
        raise SettingsError(f"{where}: {shown} {error}.") from None


def as_text(value: object) -> str:
    """The value of a setting in the form in which a person would write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ",".join(as_text(entry) for entry in value) or "none"
    return str(value)


def describe() -> str:
    """The text of `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Generated by `python -m pratique.settings.settings > docs/settings.md`; a test holds it to the code.",
        "A flag wins over the environment, the environment over `pratique.toml` (current folder, or `--config FILE`).",
        "In the file, names are written in lower case without `PRATIQUE_`; lists may be TOML lists.",
        "Sizes: `50MB`, `25M`, `1048576`; K, M and G are powers of 1024.",
        "Durations: `1s`, `2m`, `1h30m`, `5d`, or plain seconds.",
        "",
        "| setting | default | unit | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for setting in fields(Settings):
        about = setting.metadata
        name = PREFIX + setting.name.upper()
        lines.append(f"| `{name}` | {about['default']} | {about['unit']} | {about['meaning']} |")
    lines += ["", "`PRATIQUE_DEBUG=1` shows the traceback of an error that the command did not expect."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe())
