"""DMARC: alignment, policies above and below, and whose mail it is."""

import pytest

from mx.authentication.dkim import DkimAnswer
from mx.authentication.dmarc import DmarcAnswer, Wish, check, from_domain
from mx.authentication.questions import Result
from mx.authentication.spf import SpfAnswer
from tests.contracts.coroutines import result_at_once
from tests.contracts.dns_table import DnsTable

HEADER = b"From: Ann <ann@mail.s.example>\r\nSubject: x\r\n"
NO_SPF = SpfAnswer(Result.FAIL, "mail.s.example")


def organisation_of(domain: str) -> str:
    """Two labels."""
    return ".".join(domain.split(".")[-2:])


def dmarc(record: str, spf: SpfAnswer = NO_SPF, *dkim: DkimAnswer, at: str = "_dmarc.mail.s.example") -> DmarcAnswer:
    """The answer with this record."""
    return result_at_once(check(DnsTable({f"TXT {at}": [record]}), HEADER, spf, dkim, organisation_of))


def spf(domain: str) -> SpfAnswer:
    """SPF passes for this domain."""
    return SpfAnswer(Result.PASS, domain)


def signed_by(domain: str) -> DkimAnswer:
    """DKIM passes for this domain."""
    return DkimAnswer(Result.PASS, domain, "sel")


def unknown(domain: str) -> DkimAnswer:
    """The DNS had no answer about this domain's key."""
    return DkimAnswer(Result.TEMPORARY_ERROR, domain, "sel")


@pytest.mark.parametrize(
    ("record", "by_spf", "by_dkim", "result"),
    [
        ("v=DMARC1; p=reject", spf("mail.s.example"), (), Result.PASS),
        ("v=DMARC1; p=reject", spf("bounce.s.example"), (), Result.PASS),
        ("v=DMARC1; p=reject; aspf=s", spf("bounce.s.example"), (), Result.FAIL),
        ("v=DMARC1; p=reject", spf("other.example"), (), Result.FAIL),
        ("v=DMARC1; p=reject", NO_SPF, (signed_by("s.example"),), Result.PASS),
        ("v=DMARC1; p=reject; adkim=s", NO_SPF, (signed_by("s.example"),), Result.FAIL),
        ("v=DMARC1; p=reject; adkim=s", NO_SPF, (signed_by("mail.s.example"),), Result.PASS),
        ("v=DMARC1; p=reject", NO_SPF, (DkimAnswer(Result.FAIL, "s.example"),), Result.FAIL),
        ("v=DMARC1; p=reject", NO_SPF, (signed_by("x.example"), signed_by("s.example")), Result.PASS),
        ("v=DMARC1; p=reject", NO_SPF, (unknown("s.example"),), Result.TEMPORARY_ERROR),
        ("v=DMARC1; p=reject", NO_SPF, (unknown("x.example"),), Result.FAIL),
        ("v=DMARC1; p=reject", NO_SPF, (unknown("s.example"), signed_by("s.example")), Result.PASS),
        ("v=DMARC1; p=whatever", spf("mail.s.example"), (), Result.NONE),
        ("v=spf1 -all", spf("mail.s.example"), (), Result.NONE),
    ],
)
def test_one_aligned_pass_is_enough(
    record: str, by_spf: SpfAnswer, by_dkim: tuple[DkimAnswer, ...], result: Result
) -> None:
    """Of SPF or of DKIM, by the domain that people see."""
    assert dmarc(record, by_spf, *by_dkim).result is result


def test_the_organisation_speaks_for_what_is_below_it() -> None:
    """By `sp` where it has one."""
    assert dmarc("v=DMARC1; p=reject; sp=quarantine", at="_dmarc.s.example").wish is Wish.QUARANTINE
    assert dmarc("v=DMARC1; p=reject", at="_dmarc.s.example").wish is Wish.REJECT
    assert dmarc("v=DMARC1; p=quarantine; sp=none").wish is Wish.QUARANTINE


def test_silence_is_temporary_and_nobodys_mail_is_an_error() -> None:
    """Two authors of different domains, two fields, none."""
    silent = DnsTable({}, frozenset({"_dmarc.mail.s.example"}))
    assert result_at_once(check(silent, HEADER, NO_SPF, (), organisation_of)).result is Result.TEMPORARY_ERROR
    answer = result_at_once(check(DnsTable({}), b"Subject: x\r\n", NO_SPF, (), organisation_of))
    assert answer.result is Result.PERMANENT_ERROR


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        (b"From: a@b.example\r\n", "b.example"),
        (b"FROM : =?utf-8?q?x?= <a@B.Example.>\r\n", "b.example"),
        (b'From: "ann@evil.example"\r\n <a@b.example>\r\n', "b.example"),
        (b"From: a@b.example, c@b.example\r\n", "b.example"),
        (b"From: a@b.example, c@d.example\r\n", ""),
        (b"From: a@b.example\r\nFrom: c@d.example\r\n", ""),
        (b"From: undisclosed\r\n", ""),
        (b"To: a@b.example\r\n", ""),
    ],
)
def test_from_names_one_domain_or_none(header: bytes, domain: str) -> None:
    """A display name is nobody's address."""
    assert from_domain(header) == domain
