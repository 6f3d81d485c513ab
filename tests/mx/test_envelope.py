"""The envelope's small rules."""

from datetime import UTC, datetime, timedelta

import pytest

from mx.envelope import Recipient, ReversePath, new_transaction_id


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("user@acme.example", "acme.example"),
        ("User@ACME.Example", "acme.example"),
        ('"a@b"@acme.example', "acme.example"),
        ("postmaster", ""),
    ],
)
def test_a_recipients_domain_is_compared_in_lower_case(address: str, domain: str) -> None:
    """The local part is left alone, and the last at-sign ends it."""
    assert Recipient(address).domain == domain
    assert Recipient(address).address == address


def test_the_null_reverse_path_says_so() -> None:
    """`<>` is the only reverse-path without an address."""
    assert ReversePath("").is_null
    assert not ReversePath("a@b.example").is_null


def test_transaction_ids_sort_by_time_and_do_not_repeat() -> None:
    """Ids made later sort later, and two of the same instant differ."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_transaction_id(first + timedelta(milliseconds=n)) for n in range(50)]
    assert ids == sorted(ids)
    assert len({new_transaction_id(first) for _ in range(1000)}) == 1000
    assert all(len(one) == 23 and one.isalnum() for one in ids)
