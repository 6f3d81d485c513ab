"""The terms of routes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.domains.route_terms import MOST_PINS, PLAIN_TERMS, Pin, PinKind, Rate, RouteTerms, Tls, parse_terms

DIGITS = "0123456789abcdef" * 4
COLONS = ":".join(DIGITS[at : at + 2].upper() for at in range(0, 64, 2))


@pytest.mark.parametrize(
    ("text", "terms", "shown"),
    [
        ("", PLAIN_TERMS, ""),
        ("weight=1&tls=opportunistic", PLAIN_TERMS, ""),
        ("priority=0", RouteTerms(priority=0), "priority=0"),
        ("tls=Required&weight=10", RouteTerms(weight=10, tls=Tls.REQUIRED), "weight=10&tls=required"),
        ("rate=100/m&concurrency=5", RouteTerms(concurrency=5, rate=Rate(100, "m")), "concurrency=5&rate=100/m"),
        ("source=[2001:DB8::1]", RouteTerms(source="2001:db8::1"), "source=2001:db8::1"),
        ("client=acme&tls=dane", RouteTerms(tls=Tls.DANE, client="acme"), "tls=dane&client=acme"),
        (
            f"tls=pinned&pin=cert:{COLONS},spki:{DIGITS},cert:{DIGITS}",
            RouteTerms(tls=Tls.PINNED, pins=(Pin(PinKind.CERTIFICATE, DIGITS), Pin(PinKind.KEY, DIGITS))),
            f"tls=pinned&pin=cert:{DIGITS},spki:{DIGITS}",
        ),
    ],
)
def test_terms_are_read_and_shown(text: str, terms: RouteTerms, shown: str) -> None:
    """In one spelling, without what every route has."""
    assert parse_terms(text) == terms
    assert terms.text == shown
    assert parse_terms(shown) == terms


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour=red", "has the term 'colour'; known are priority"),
        ("weight", "gives weight no value"),
        ("weight=1&weight=2", "gives weight twice"),
        ("weight=0", "a number from 1 to 1000"),
        ("priority=65536", "a number from 0 to 65535"),
        ("concurrency=\u0665", "a number from 1 to 100"),
        ("tls=always", "possible are opportunistic, required, pinned, dane"),
        ("tls=pinned", "tls=pinned without a pin"),
        (f"pin=cert:{DIGITS}", "a pin without tls=pinned"),
        (f"tls=pinned&pin=sha1:{DIGITS}", "64 hexadecimal digits"),
        (f"tls=pinned&pin=cert:{DIGITS[1:]}", "64 hexadecimal digits"),
        ("tls=pinned&pin=" + ",".join(f"cert:{n:064x}" for n in range(MOST_PINS + 1)), "more than 8 pins"),
        ("client=../key", "can be no certificate's name"),
        ("source=mail.example", "no address"),
        ("rate=0/m", "looks like 100/m"),
        ("rate=5/d", "looks like 100/m"),
    ],
)
def test_terms_that_cannot_be_are_told(text: str, sentence: str) -> None:
    """With the end of a sentence."""
    with pytest.raises(ValueError, match=sentence):
        parse_terms(text)


def test_a_rate_is_so_many_a_second() -> None:
    """Whatever its unit."""
    assert [Rate(60, unit).a_second for unit in ("s", "m")] == [60.0, 1.0]
    assert Rate(3600, "h").a_second == 1.0


@given(st.text(alphabet="=&:/,.0123456789abcdefstlwinprogehcud", max_size=60))
def test_any_text_is_terms_or_refused(text: str) -> None:
    """Nothing else comes out, and what does is written as it is read."""
    try:
        terms = parse_terms(text)
    except ValueError:
        return
    assert parse_terms(terms.text) == terms
