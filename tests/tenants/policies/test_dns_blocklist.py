"""A DNS blocklist in a policy: its written form, and which answers count."""

import contextlib
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.policies.dns_blocklist import parse_dns_blocklist


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("BL.example", "bl.example"),
        ("bl.example=127.0.0.2", "bl.example=127.0.0.2-127.0.0.2"),
        ("bl.example=127.0.0.2-127.0.0.11*0.5", "bl.example=127.0.0.2-127.0.0.11*0.5"),
        ("bl.example*2", "bl.example*2"),
    ],
)
def test_it_is_read_and_shown(written: str, shown: str) -> None:
    """What is shown can be read again."""
    read = parse_dns_blocklist(written)
    assert str(read) == shown and parse_dns_blocklist(shown) == read


@pytest.mark.parametrize(
    "written",
    ["", "nodots", "bl.example=", "bl.example=300.0.0.1", "bl.example=127.0.0.9-127.0.0.2", "bl.example*x", "*1"],
)
def test_what_is_none_is_refused(written: str) -> None:
    """With a sentence that shows how one looks, or what is wrong with it."""
    with pytest.raises(ValueError, match=r"one looks like|no IPv4 address|wrong way round"):
        parse_dns_blocklist(written)


def test_answers_in_the_range_count() -> None:
    """All do where none is named."""
    some, every = parse_dns_blocklist("bl.example=127.0.0.2-127.0.0.4"), parse_dns_blocklist("bl.example")
    assert [some.counts(IPv4Address(f"127.0.0.{last}")) for last in (1, 2, 4, 5)] == [False, True, True, False]
    assert every.counts(IPv4Address("127.0.0.99"))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """With ValueError and nothing else."""
    with contextlib.suppress(ValueError):
        parse_dns_blocklist(text)
