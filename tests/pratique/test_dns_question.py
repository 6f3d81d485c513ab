"""Asking the DNS one question."""

from pathlib import Path

import pytest
from twisted.names import dns

from pratique import dns_question
from pratique.dns_question import NoAnswer, ask_mx, ask_txt, system_resolver
from pratique.settings.quantities import Address
from tests.contracts.scripted_dns import ScriptedDns, scripted_dns, silent_dns

RECORDS = {
    ("acme.example", dns.TXT): [dns.Record_TXT(b"pratique-", b"verify=x"), dns.Record_TXT(b"v=spf1 -all")],
    ("acme.example", dns.MX): [dns.Record_MX(20, b"B.example"), dns.Record_MX(10, b"a.example")],
    ("null.example", dns.MX): [dns.Record_MX(0, b"")],
}


@pytest.mark.parametrize("is_cut", [False, True])
def test_records_are_found(is_cut: bool) -> None:
    """Over UDP, and over TCP when the answer was cut."""
    script = ScriptedDns(RECORDS)
    script.is_cut = is_cut
    with scripted_dns(script) as resolver:
        assert ask_txt("acme.example", resolver) == ("pratique-verify=x", "v=spf1 -all")
        assert ask_mx("acme.example", resolver) == ((10, "a.example"), (20, "b.example"))
        assert ask_mx("null.example", resolver) == ((0, ""),)


def test_a_name_that_does_not_exist_has_no_records() -> None:
    """That is an answer."""
    script = ScriptedDns({})
    script.code = dns.ENAME
    with scripted_dns(script) as resolver:
        assert ask_txt("none.example", resolver) == ()


def test_what_does_not_fit_the_question_is_passed_over() -> None:
    """Nonsense, and an answer with another id."""
    script = ScriptedDns(RECORDS)
    forged = dns.Message(id=1, answer=1)
    forged.addQuery(b"other.example", dns.TXT)
    script.noise = (b"", b"\xff" * 40, forged.toStr())
    with scripted_dns(script) as resolver:
        assert ask_txt("acme.example", resolver)[0] == "pratique-verify=x"


def test_a_server_that_fails_gives_no_answer() -> None:
    """It is never taken for an empty one."""
    script = ScriptedDns(RECORDS)
    script.code = dns.ESERVER
    with scripted_dns(script) as resolver, pytest.raises(NoAnswer, match="answers with error 2"):
        ask_txt("acme.example", resolver)


def test_a_server_that_is_silent_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time."""
    monkeypatch.setattr("pratique.dns_question.SECONDS", 0.05)
    with silent_dns() as resolver, pytest.raises(NoAnswer, match="does not answer: timed out"):
        ask_txt("acme.example", resolver)


def test_a_port_that_is_closed_gives_no_answer() -> None:
    """At once."""
    with silent_dns() as resolver:
        closed = resolver
    with pytest.raises(NoAnswer, match="does not answer: Connection refused"):
        ask_txt("acme.example", closed)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("nameserver 127.0.0.53\nnameserver 192.0.2.1\n", Address("127.0.0.53", 53)),
        ("# none\nsearch example\nnameserver\n nameserver ::1\n", Address("::1", 53)),
    ],
)
def test_the_resolver_is_the_systems_first(tmp_path: Path, text: str, address: Address) -> None:
    """As resolv.conf names it."""
    (tmp_path / "resolv.conf").write_text(text)
    assert system_resolver(tmp_path / "resolv.conf") == address


def test_a_machine_without_dns_says_so(tmp_path: Path) -> None:
    """With the file that names none."""
    with pytest.raises(NoAnswer, match=r"resolv\.conf names no DNS server"):
        system_resolver(tmp_path / "resolv.conf")


def test_the_server_that_was_chosen_is_asked_else_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is known, this machine's own, where each question fails by itself."""
    monkeypatch.setattr(dns_question, "system_resolver", lambda: Address("192.0.2.53", 53))
    assert dns_question.server_for(Address("192.0.2.1", 5353)) == ("192.0.2.1", 5353)
    assert dns_question.server_for(None) == ("192.0.2.53", 53)

    def nobody() -> Address:
        raise NoAnswer("none is known")

    monkeypatch.setattr(dns_question, "system_resolver", nobody)
    assert dns_question.server_for(None) == ("127.0.0.1", 53)
