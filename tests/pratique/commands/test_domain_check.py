"""The checks of `pratique domain check` that ask the DNS, against one of our own."""

import pytest
from twisted.names import dns

from pratique.commands.domain_check import State, check_mx, check_ownership
from pratique.dns_question import NoAnswer
from pratique.settings.quantities import Address
from tenants.domains.book import Domain
from tests.contracts.scripted_dns import ScriptedDns, scripted_dns
from tests.pratique.commands.conftest import Pratique

TOKEN = "pratique-verify=abc"
MX = "acme-example.mx.service.example"
DOMAIN = Domain(1, 1, "acme.example", MX, TOKEN, None, ())


@pytest.mark.parametrize(
    ("texts", "state"),
    [((TOKEN,), State.OK), (("v=spf1", TOKEN), State.OK), ((), State.FAILED), ((TOKEN + "x",), State.FAILED)],
)
def test_ownership_is_shown_by_the_exact_token(texts: tuple[str, ...], state: State) -> None:
    """Other TXT records do no harm."""
    records = {("acme.example", dns.TXT): [dns.Record_TXT(text.encode()) for text in texts]}
    with scripted_dns(ScriptedDns(records)) as resolver:
        assert check_ownership(DOMAIN, lambda: resolver).state is state


@pytest.mark.parametrize(
    ("hosts", "state", "words"),
    [
        ([MX], State.OK, "The only MX is"),
        ([], State.FAILED, "It has none."),
        (["other.example"], State.FAILED, "It has other.example."),
        ([MX, "backup.example"], State.FAILED, "Mail can pass us by: there are MX records for backup.example too."),
        ([""], State.FAILED, "It has .."),
    ],
)
def test_all_mail_has_to_come_to_us(hosts: list[str], state: State, words: str) -> None:
    """A second MX elsewhere is a way round the scanner."""
    records = {("acme.example", dns.MX): [dns.Record_MX(10, host.encode()) for host in hosts]}
    with scripted_dns(ScriptedDns(records)) as resolver:
        check = check_mx(DOMAIN, lambda: resolver)
    assert check.state is state
    assert words in check.sentence


def test_without_dns_the_checks_are_unknown() -> None:
    """They are not failed, and say why."""

    def no_resolver() -> Address:
        raise NoAnswer("this machine names no DNS server")

    for check in (check_ownership(DOMAIN, no_resolver), check_mx(DOMAIN, no_resolver)):
        assert check.state is State.UNKNOWN
        assert check.sentence == "Could not be looked up: this machine names no DNS server."


def test_a_domain_is_verified_when_its_record_is_there(pratique: Pratique, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then the command says which record is missing."""
    pratique.do("tenant", "add", "acme")
    added = pratique.ask("domain", "add", "acme.example", "--tenant", "acme", "--route", "smtp://127.0.0.1:1")
    token = added["verification_record"]
    script = ScriptedDns({})
    with scripted_dns(script) as resolver:
        monkeypatch.setenv("PRATIQUE_RESOLVER", f"{resolver.host}:{resolver.port}")
        assert pratique.refuse("domain", "verify", "acme.example").startswith(f'There is no TXT record "{token}"')
        script.records = {("acme.example", dns.TXT): [dns.Record_TXT(token.encode())]}
        assert pratique.ask("domain", "verify", "acme.example")["verified"]
