"""The MTA-STS policy, and the records that a domain publishes."""

import pytest

from tenants.domains.mta_sts import DnsRecord, StsMode, policy_text, tls_records

MX = "acme-example.mx.service.example"


@pytest.mark.parametrize(("mode", "max_age"), [("testing", 86400), ("enforce", 604800), ("none", 86400)])
def test_a_policy_names_the_mx_and_how_long_it_is_good(mode: str, max_age: int) -> None:
    """Four lines, each ending in CRLF (RFC 8461 section 3.2)."""
    expected = f"version: STSv1\r\nmode: {mode}\r\nmx: {MX}\r\nmax_age: {max_age}\r\n"
    assert policy_text(MX, StsMode(mode)) == expected


def test_the_records_say_where_the_policy_and_the_reports_are() -> None:
    """In the form of a zone file."""
    host, policy, reports = tls_records("acme.example", MX, StsMode.TESTING, "portal.service.example")
    assert host.text == "mta-sts.acme.example. CNAME portal.service.example."
    assert policy.text.startswith('_mta-sts.acme.example. TXT "v=STSv1; id=')
    assert reports == DnsRecord("_smtp._tls.acme.example", "TXT", "v=TLSRPTv1; rua=mailto:postmaster@acme.example")


@pytest.mark.parametrize(("host", "record"), [("192.0.2.7", "A 192.0.2.7"), ("2001:db8::7", "AAAA 2001:db8::7")])
def test_a_portal_that_has_no_name_is_given_by_its_address(host: str, record: str) -> None:
    """An alias can only lead to a name."""
    assert tls_records("acme.example", MX, StsMode.TESTING, host)[0].text == f"mta-sts.acme.example. {record}"


def test_the_id_changes_with_the_policy_and_with_nothing_else() -> None:
    """Senders fetch the policy again when it does: up to 32 letters and digits."""
    ids = {
        tls_records("acme.example", mx, mode, host)[1].value
        for mx in (MX, "other.mx.service.example")
        for mode in StsMode
        for host in ("a.example", "b.example")
    }
    assert len(ids) == 6
    assert all(value.removeprefix("v=STSv1; id=").removesuffix(";").isalnum() for value in ids)
