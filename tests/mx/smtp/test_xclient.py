"""The arguments of XCLIENT, read strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.smtp.xclient import Claim, read_claim


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("ADDR=192.0.2.7", Claim("192.0.2.7")),
        ("addr=ipv6:2001:db8::1 PORT=25", Claim("2001:db8::1", 25)),
        ("HELO=mail.example PROTO=ESMTP", Claim(None, None, True, "mail.example")),
        ("NAME=host.example", Claim()),
        ("ADDR=[UNAVAILABLE]", Claim()),
        ("HELO=+5B192.0.2.7+5D", Claim(None, None, None, "[192.0.2.7]")),
        ("", None),
        ("ADDR", None),
        ("ADDR=192.0.2.7 ADDR=192.0.2.8", None),
        ("ADDR=2001:db8::1", None),
        ("ADDR=IPV6:fe80::1%eth0", None),
        ("ADDR=192.0.2.300", None),
        ("PORT=70000", None),
        ("PROTO=HTTP", None),
        ("HELO=a+0D+0AReceived:", None),
        ("HELO=a+20b", None),
        ("HELO=+00", None),
        ("HELO=caf+E9.example", None),
        ("LOGIN=root", None),
        ("ADDR=192.0.2.7 EVIL=1", None),
    ],
)
def test_a_claim_is_read_or_refused(arguments: str, expected: Claim | None) -> None:
    """One row for each rule."""
    assert read_claim(arguments, Claim()) == expected


def test_a_second_claim_adds_to_the_first() -> None:
    """What it does not speak of stays."""
    assert read_claim("PORT=2", Claim("192.0.2.7", 1)) == Claim("192.0.2.7", 2)


@given(st.text())
def test_no_claim_holds_what_could_break_a_line(arguments: str) -> None:
    """Whatever is said."""
    claim = read_claim(f"HELO={arguments}", Claim())
    assert claim is None or claim.helo is None or (claim.helo.isprintable() and " " not in claim.helo)
