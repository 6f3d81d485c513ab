"""Entries -> recipients: what counts as an address of the domain, and how the rest is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.ldap.people import MOST_NAMED, People, is_local_part, shown


@pytest.mark.parametrize(
    ("attributes", "local_parts", "first"),
    [
        ({"mail": [b"Ann@Acme.Example"]}, {"ann"}, ()),
        ({"MAIL;lang-en": [b" ann@acme.example "]}, {"ann"}, ()),
        ({"mail": [b"ann@acme.example."]}, {"ann"}, ()),
        ({"proxyAddresses": [b"SMTP:a@acme.example", b"smtp:b@acme.example", b"SIP:a@acme.example"]}, {"a", "b"}, ()),
        ({"otherMailbox": [b"c@acme.example", b"smtp:d@acme.example"]}, {"c", "d"}, ()),
        ({"proxyAddresses": [b"X500:/o=acme"]}, set(), ("no address: cn=ann",)),
        ({}, set(), ("no address: cn=ann",)),
        ({"mail": []}, set(), ("no address: cn=ann",)),
        ({"mail": [b"ann@other.example"]}, set(), ("another domain: ann@other.example",)),
        ({"mail": [b"ann@b\xc3\xbcro.example"]}, set(), ("another domain: ann@büro.example",)),
        ({"mail": [b"ann"]}, set(), ("no address: ann",)),
        ({"mail": [b"@acme.example"]}, set(), ("no address: @acme.example",)),
        ({"mail": [b"a\r\nb@acme.example"]}, set(), ("no address: a\ufffd\ufffdb@acme.example",)),
        ({"mail": [b"\xff@acme.example"]}, set(), ("no address: ÿ@acme.example",)),
        ({"mail": [b"a" * 65 + b"@acme.example"]}, set(), ("no address: " + "a" * 65 + "@acme.example",)),
    ],
)
def test_an_entry_is_read(attributes: dict[str, list[bytes]], local_parts: set[str], first: tuple[str, ...]) -> None:
    """Each case by itself."""
    people = People("acme.example")
    people.take("cn=ann", attributes)
    assert people.local_parts == local_parts
    assert (people.skipped.first, people.skipped.count) == (first, len(first))


def test_a_domain_beyond_ascii_is_recognised() -> None:
    """In both spellings."""
    people = People("xn--bro-hoa.example")
    people.take("x", {"mail": ["ann@büro.example".encode(), b"ben@xn--bro-hoa.example"]})
    assert people.local_parts == {"ann", "ben"}


@given(st.lists(st.binary(max_size=200), max_size=20), st.text(max_size=300))
def test_whatever_it_holds_can_be_shown(values: list[bytes], name: str) -> None:
    """No more than the first few, each one printable line; and every local part is one."""
    people = People("acme.example")
    people.take(name, {"mail": values, "proxyAddresses": [value + b"@acme.example" for value in values]})
    assert len(people.skipped.first) <= min(MOST_NAMED, people.skipped.count)
    assert all(each.isprintable() and len(each) < 110 for each in people.skipped.first)
    assert all(is_local_part(each) or is_local_part(each.upper()) for each in people.local_parts)


def test_a_long_text_is_cut() -> None:
    """With a sign of it."""
    assert shown("abcdef", 4) == "abc…"
    assert shown("abcd", 4) == "abcd"
