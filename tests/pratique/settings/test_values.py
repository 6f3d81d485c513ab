"""The values that one setting alone takes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pratique.settings.quantities import Address
from pratique.settings.values import (
    LogLevel,
    NamedFile,
    parse_addresses,
    parse_clamd,
    parse_client_certificates,
    parse_database_url,
    parse_log_level,
    parse_mailbox,
    parse_master_key,
    parse_path,
    parse_portal_url,
    parse_relay,
    parse_resolver,
    parse_waits,
)

KEY = "n7Xz" + "A" * 39 + "="


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_log_level, " Info ", LogLevel.INFO),
        (parse_path, "~/mail", Path.home() / "mail"),
        (parse_database_url, "sqlite:///a.sqlite", "sqlite:///a.sqlite"),
        (parse_database_url, "postgresql://u@h/d", "postgresql://u@h/d"),
        (parse_master_key, f" {KEY} ", KEY),
        (parse_master_key, "/etc/pratique/key", "/etc/pratique/key"),
        (parse_master_key, " kms://alias/mail ", "kms://alias/mail"),
        (parse_clamd, "NONE", ()),
        (parse_clamd, "tcp:clamd.example:3310,unix:/run/c", ("tcp:clamd.example:3310", "unix:/run/c")),
        (parse_waits, "1s, 2m", (1.0, 120.0)),
        (parse_addresses, "127.0.0.1:25", (Address("127.0.0.1", 25),)),
        (parse_portal_url, "https://mail.example/", "https://mail.example"),
        (parse_resolver, " 192.0.2.53 ", Address("192.0.2.53", 53)),
        (parse_resolver, "192.0.2.53:5353", Address("192.0.2.53", 5353)),
        (parse_resolver, "2001:db8::53", Address("2001:db8::53", 53)),
        (parse_resolver, "[2001:db8::53]", Address("2001:db8::53", 53)),
        (parse_resolver, "[2001:db8::53]:5353", Address("2001:db8::53", 5353)),
        (parse_client_certificates, "none", ()),
        (
            parse_client_certificates,
            "a=/a.pem, b-2=c.pem",
            (NamedFile("a", Path("/a.pem")), NamedFile("b-2", Path("c.pem"))),
        ),
        (parse_relay, "smtp://Relay.example", "smtp://relay.example:25"),
        (parse_relay, "none", None),
        (parse_mailbox, " Ops@mail.example ", "Ops@mail.example"),
        (parse_mailbox, "none", None),
    ],
)
def test_a_value_is_read(parse: Callable[[str], object], text: str, value: object) -> None:
    """Each form that the page of settings promises."""
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "end_of_sentence"),
    [
        (parse_log_level, "trace", "is not one of debug, info, warning, error"),
        (parse_database_url, "file.sqlite", "is not a database"),
        (parse_database_url, "mysql://h/d", "is not a database"),
        (parse_master_key, KEY[:-2], "is neither 32 octets in base64 nor a path"),
        (parse_master_key, "kms://alias/mail?endpoint=http://kms.example", "in the open"),
        (parse_master_key, "master.key", "is neither 32 octets in base64 nor a path"),
        (parse_clamd, "/run/clamd.ctl", "is not a clamd"),
        (parse_clamd, "unix:relative", "is not a clamd"),
        (parse_waits, "", "is not a list of waits"),
        (parse_waits, "1m,0s", "each longer than 0"),
        (parse_addresses, "", "names no address"),
        (parse_portal_url, "https://", "is not a web address"),
        (parse_resolver, "dns.example", "is not a DNS server"),
        (parse_resolver, "dns.example:53", "is not a DNS server"),
        (parse_resolver, "192.0.2.53:66000", "a port above 65535"),
        (parse_client_certificates, "/a.pem", "is not a list of certificates"),
        (parse_client_certificates, "a=/a.pem,a=/b.pem", "each name once"),
        (parse_relay, "relay.example:25", "is not a relay"),
        (parse_mailbox, "postmaster", "is not an e-mail address"),
        (parse_mailbox, "a@b@c.example", "is not an e-mail address"),
        (parse_portal_url, "ftp://mail.example", "is not a web address"),
    ],
)
def test_what_cannot_be_used_is_refused(parse: Callable[[str], object], text: str, end_of_sentence: str) -> None:
    """The text completes a sentence that begins with the setting."""
    with pytest.raises(ValueError, match=end_of_sentence):
        parse(text)
