"""SPF, by the table of RFC 7208's rules."""

import pytest

from mx.authentication.questions import Result
from mx.authentication.spf import check
from tests.contracts.coroutines import result_at_once
from tests.contracts.dns_table import DnsTable

CLIENT, OTHER, V6 = "192.0.2.10", "198.51.100.1", "2001:db8::10"
BASE = {
    "A a.example": ["192.0.2.10"],
    "AAAA a.example": [V6],
    "MX mx.example": ["mail.mx.example"],
    "A mail.mx.example": ["192.0.2.10"],
    "TXT pass.example": ["v=spf1 +all"],
    "TXT fail.example": ["v=spf1 -all"],
    "TXT soft.example": ["v=spf1 ~all"],
    "A 10.2.0.192.user.ex.example": ["127.0.0.2"],
    "PTR 192.0.2.10": ["host.named.example", "other.example"],
    "A host.named.example": ["192.0.2.10"],
}
RECORDS = [
    ("v=spf1", CLIENT, Result.NEUTRAL),
    ("v=spf1 -all", CLIENT, Result.FAIL),
    ("V=SPF1 ?ALL", CLIENT, Result.NEUTRAL),
    ("v=spf1 ip4:192.0.2.0/24 -all", CLIENT, Result.PASS),
    ("v=spf1 ip4:192.0.2.10 -all", CLIENT, Result.PASS),
    ("v=spf1 ip4:192.0.2.0/24 -all", OTHER, Result.FAIL),
    ("v=spf1 ip6:2001:db8::/32 -all", V6, Result.PASS),
    ("v=spf1 ip6:2001:db8::/32 -all", CLIENT, Result.FAIL),
    ("v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.10", Result.PASS),
    ("v=spf1 a:a.example -all", CLIENT, Result.PASS),
    ("v=spf1 a:a.example -all", V6, Result.PASS),
    ("v=spf1 a:a.example/24 -all", "192.0.2.99", Result.PASS),
    ("v=spf1 a:a.example/24//64 -all", "2001:db8::99", Result.PASS),
    ("v=spf1 mx:mx.example ~all", CLIENT, Result.PASS),
    ("v=spf1 mx:mx.example ~all", OTHER, Result.SOFT_FAIL),
    ("v=spf1 include:pass.example -all", CLIENT, Result.PASS),
    ("v=spf1 include:fail.example ?all", CLIENT, Result.NEUTRAL),
    ("v=spf1 include:none.example -all", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 redirect=soft.example", CLIENT, Result.SOFT_FAIL),
    ("v=spf1 redirect=none.example", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 exists:%{ir}.%{l}.ex.example -all", CLIENT, Result.PASS),
    ("v=spf1 exists:%{ir}.%{l}.ex.example -all", OTHER, Result.FAIL),
    ("v=spf1 ptr:named.example -all", CLIENT, Result.PASS),
    ("v=spf1 ptr:nowhere.example -all", CLIENT, Result.FAIL),
    ("v=spf1 moo -all", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 +all moo", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 a:/24", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 a/33", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 ip4:192.0.2.999 -all", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 ip4:2001:db8::1 -all", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 all:x.example", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 include", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 exists:%{q}.example", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 redirect=a.example redirect=b.example", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 future=whatever +all", CLIENT, Result.PASS),
    ("v=spf1 " + "a:none%d.example " * 3 % (1, 2, 3) + "-all", CLIENT, Result.PERMANENT_ERROR),
    ("v=spf1 " + "mx:mx.example " * 11 + "-all", OTHER, Result.PERMANENT_ERROR),
    ("v=spf10 +all", CLIENT, Result.NONE),
]


@pytest.mark.parametrize(("record", "client", "result"), RECORDS, ids=[row[0][:50] for row in RECORDS])
def test_a_record_gives_its_result(record: str, client: str, result: Result) -> None:
    """The first mechanism that matches counts; a mistake anywhere is a permanent error."""
    dns = DnsTable({**BASE, "TXT s.example": [record, "another text"]})
    answer = result_at_once(check(dns, client, "helo.example", "user@s.example"))
    assert (answer.result, answer.domain) == (result, "s.example")


def test_the_null_reverse_path_is_judged_by_helo() -> None:
    """Section 2.4."""
    dns = DnsTable({"TXT helo.example": ["v=spf1 ip4:192.0.2.10 -all"]})
    answer = result_at_once(check(dns, CLIENT, "HELO.example.", ""))
    assert (answer.result, answer.domain) == (Result.PASS, "helo.example")


@pytest.mark.parametrize("domain", ["", "localhost", "a..b", "x" * 64 + ".example", "[192.0.2.1]", "täst.example"])
def test_a_domain_that_cannot_have_a_record_has_none(domain: str) -> None:
    """And nobody is asked."""
    dns = DnsTable({})
    answer = result_at_once(check(dns, CLIENT, domain, ""))
    assert answer.result is Result.NONE
    assert all("TXT [" in asked for asked in dns.asked)


def test_two_records_are_a_mistake_and_silence_is_temporary() -> None:
    """Sections 4.5 and 4.4."""
    two = DnsTable({"TXT s.example": ["v=spf1 +all", "v=spf1 -all"]})
    assert result_at_once(check(two, CLIENT, "h.example", "u@s.example")).result is Result.PERMANENT_ERROR
    silent = DnsTable({"TXT s.example": ["v=spf1 include:pass.example -all"]}, frozenset({"pass.example"}))
    assert result_at_once(check(silent, CLIENT, "h.example", "u@s.example")).result is Result.TEMPORARY_ERROR


def test_a_record_that_includes_itself_ends() -> None:
    """After ten questions."""
    dns = DnsTable({"TXT s.example": ["v=spf1 include:s.example -all"]})
    assert result_at_once(check(dns, CLIENT, "h.example", "u@s.example")).result is Result.PERMANENT_ERROR
    assert len(dns.asked) <= 11
