"""Scenario: a tenant's directory says whose mail is taken, while its mail server is away.

1. The operator names the directory; the password comes from standard input. A `work` process asks it by itself.
2. Whom it names is taken and queued, others are refused for good. Somebody new is known after the next time.
3. The directory goes away: what was known stays in force. The password is in no argument, log or listing.
"""

import subprocess
from collections.abc import Iterator

import pytest

from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.mail_client import answers_to_recipients
from tests.servers.process_table import descendants
from tests.servers.program import wait_until
from tests.servers.serving import route_to_nobody, serving
from tests.servers.slapd_server import PASSWORD, READER, SlapdServer

pytestmark = pytest.mark.system
DOMAIN = "acme.example"


@pytest.fixture
def one() -> Iterator[Gateway]:
    with serving({DOMAIN: route_to_nobody()}, {"allow_private_routes": "1"}) as started:
        yield started


def fill(slapd: SlapdServer, *names: str) -> None:
    """So many people that one more or less is no tenth of them."""
    slapd.fill({"mail": [f"{name}@{DOMAIN}"]} for name in (*(f"p{number}" for number in range(1500)), *names))


def answer(one: Gateway, name: str) -> int:
    """To RCPT for somebody of the domain."""
    [given] = answers_to_recipients(one.smtp_port, [f"{name}@{DOMAIN}"])
    return given.code


def test_the_directory_says_whose_mail_is_taken(one: Gateway, slapd: SlapdServer) -> None:
    """All of it in one go, because each step rests on the one before."""
    fill(slapd, "ann")
    words = ["recipients", "ldap", DOMAIN, "--url", slapd.url, "--bind-dn", READER, "--password-file", "-"]
    named = subprocess.run(
        [*PROGRAM, *words], input=PASSWORD, capture_output=True, text=True, env=one.environment, check=True
    )

    def directory() -> dict[str, str]:
        record: dict[str, str] = one.ask("recipients", "show", DOMAIN)["directory"]
        return record

    wait_until(lambda: bool(directory()["synced_at"]), "a work process has read the directory", 60)
    assert (answer(one, "ann"), answer(one, "p1499"), answer(one, "nobody")) == (250, 250, 550)
    fill(slapd, "ann", "ben")
    one.do("recipients", "sync", DOMAIN)
    assert answer(one, "ben") == 250
    slapd.stop()
    refused = subprocess.run(
        [*PROGRAM, "recipients", "sync", DOMAIN], capture_output=True, text=True, env=one.environment
    )
    assert refused.returncode == 1 and "does not answer" in refused.stderr
    assert (answer(one, "ben"), answer(one, "nobody")) == (250, 550)
    said = named.stdout + named.stderr + refused.stderr + one.do("recipients", "show", DOMAIN) + one.log()
    seen = said + "".join(str(each) for each in descendants(one.pid))
    assert "directory.synced" in one.log()
    assert PASSWORD not in seen
