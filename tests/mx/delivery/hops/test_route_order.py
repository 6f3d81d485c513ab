"""In which order next hops are tried."""

from collections import Counter
from random import Random

from mx.delivery.hops.route_order import exchangers_in_order, in_order
from tenants.domains.routes import parse_routes


def test_the_lowest_priority_goes_first() -> None:
    """In the order given, when none is named."""
    routes = parse_routes(("smtp://c", "smtp://a", "smtp://b"))
    assert in_order(reversed(routes), Random(1).random) == list(routes)


def test_routes_of_one_priority_share_the_mail_by_weight() -> None:
    """And each stands behind the other as its fail-over."""
    routes = parse_routes(
        ("smtp://a?priority=1&weight=9", "smtp://b?priority=1&weight=1", "smtp://c?priority=0", "smtp://d?priority=2")
    )
    chance, first = Random(7).random, Counter[str]()
    for _ in range(10_000):
        order = [route.host for route in in_order(routes, chance)]
        assert order[0] == "c" and order[3] == "d" and sorted(order[1:3]) == ["a", "b"]
        first[order[1]] += 1
    assert 8_850 <= first["a"] <= 9_150


def test_exchangers_go_by_preference_and_are_mixed_within_one() -> None:
    """RFC 5321 section 5.1: the load is spread."""
    records = ((20, "c"), (10, "a"), (10, "b"))
    orders = {tuple(exchangers_in_order(records, lambda host: False, Random(seed).random)) for seed in range(20)}
    assert orders == {("a", "b", "c"), ("b", "a", "c")}


def test_ourselves_and_what_is_no_better_are_left_out() -> None:
    """RFC 5321 section 5.1: mail would come back."""
    records = ((10, "a"), (20, "mx.us"), (20, "b"), (30, "c"))
    assert exchangers_in_order(records, lambda host: host == "mx.us", lambda: 0.5) == ["a"]
    assert exchangers_in_order(records[1:], lambda host: host == "mx.us", lambda: 0.5) == []


def test_a_host_without_a_name_is_none() -> None:
    """A null MX among others means nothing."""
    assert exchangers_in_order(((0, ""), (10, "a")), lambda host: False, lambda: 0.5) == ["a"]
