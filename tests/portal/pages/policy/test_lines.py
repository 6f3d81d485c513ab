"""The policy as lines: every entry is one, and a form that changes nothing changes nothing."""

from dataclasses import fields

import pytest

from portal.pages.policy.lines import PARTS, Shape, entries_in, parts_of
from tenants.policies.policy import Policy, entries_of, parse_policy

ENTRIES = [field.name for field in fields(Policy)]


def test_every_entry_of_the_policy_is_one_line() -> None:
    """A new entry fails here until it has its place."""
    assert sorted(name for _, names in PARTS for name in names) == sorted(ENTRIES)


def test_a_line_says_what_is_and_what_would_be() -> None:
    """And whether this level has changed it."""
    policy = parse_policy({"spam": "hold", "passwords": ["two words", "x"]})
    lines = {line.name: line for part in parts_of(policy, Policy(), ("spam", "passwords")) for line in part.lines}
    spam, passwords, large = lines["spam"], lines["passwords"], lines["large_octets"]
    assert (spam.shape, spam.value, spam.below, spam.is_changed) == (Shape.CHOICE, "hold", "mark", True)
    assert "reject-and-keep" in spam.choices
    assert (passwords.shape, passwords.value, passwords.below) == (Shape.LIST, "two words\nx", "")
    assert (large.shape, large.value, large.is_changed) == (Shape.NUMBER, str(10 << 20), False)


POLICIES = [
    Policy(),
    parse_policy({"spam": "hold", "report_only": "on", "bias": "neutral", "rescan_minutes": 5}),
    parse_policy({"passwords": ["a, b", "c"], "findings": ["x*=hold"], "attachments": ["name:*.exe=reject"]}),
]


@pytest.mark.parametrize("policy", POLICIES)
def test_what_the_page_shows_the_form_gives(policy: Policy) -> None:
    """Sent as it is, it is the same policy."""
    form = {
        line.name: line.value.replace("\n", "\r\n") for part in parts_of(policy, Policy(), ()) for line in part.lines
    }
    assert parse_policy(entries_in(form)) == policy


def test_fields_that_are_no_entries_are_left_out() -> None:
    """An empty number is inherited, an empty list is empty."""
    given = entries_in({"form_token": "x", "large_octets": " ", "engines": "\r\n", "spam": "hold", "ham": "hold"})
    assert given == {"large_octets": "inherit", "engines": [], "spam": "hold"}
    assert entries_of(Policy())["engines"] == []
