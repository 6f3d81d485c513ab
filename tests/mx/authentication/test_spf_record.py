"""Macros, and that no text breaks the parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.authentication.spf_record import BadRecord, Circumstance, expand, is_record, parse_record

V4 = Circumstance("strong-bad@email.example.com", "email.example.com", "192.0.2.3", "192.0.2.3", "h.example")
NIBBLES = "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1"
V6 = Circumstance("strong-bad@email.example.com", "email.example.com", "2001:db8::cb01", NIBBLES, "h.example")


@pytest.mark.parametrize(
    ("text", "given_to", "expanded"),
    [
        ("%{s}", V4, "strong-bad@email.example.com"),
        ("%{o} %{d} %{d4} %{d1}", V4, "email.example.com email.example.com email.example.com com"),
        ("%{d2} %{dr} %{d2r}", V4, "example.com com.example.email example.email"),
        ("%{l} %{l-} %{lr} %{lr-} %{l1r-}", V4, "strong-bad strong.bad strong-bad bad.strong strong"),
        ("%{ir}.%{v}._spf.%{d2}", V4, "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", V4, "bad.strong.lp._spf.example.com"),
        ("%{ir}.%{v}._spf.%{d2}", V6, ".".join(reversed(NIBBLES.split("."))) + ".ip6._spf.example.com"),
        ("%%%_%-", V4, "% %20"),
        ("%{S}", V4, "strong-bad%40email.example.com"),
    ],
)
def test_macros_are_those_of_the_standard(text: str, given_to: Circumstance, expanded: str) -> None:
    """The examples of RFC 7208 section 7.4."""
    assert expand(text, given_to) == expanded


def test_a_long_name_loses_labels_on_the_left() -> None:
    """Section 7.3."""
    assert len(expand("%{l}." * 40 + "x.example", V4)) <= 253


@given(st.text(max_size=100) | st.text("v=spf1 aip46mx:/%{}.-~?+redict0123456789", max_size=100))
def test_any_text_is_a_record_or_a_mistake(text: str) -> None:
    """Nothing else is raised."""
    octets = b"v=spf1 " + text.encode("utf-8", "replace")
    assert is_record(octets)
    try:
        record = parse_record(octets)
    except BadRecord:
        return
    for mechanism in record.mechanisms:
        expand(mechanism.domain, V4)
