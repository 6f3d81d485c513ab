"""Hops as values."""

import pytest

from mx.delivery.hops.hop import Hop, Security
from tenants.domains.route_terms import Tls


@pytest.mark.parametrize(("host", "is_v6"), [("192.0.2.1", False), ("2001:db8::1", True)])
def test_a_hop_knows_its_family(host: str, is_v6: bool) -> None:
    """By the form of its address."""
    assert Hop(host, 25).is_v6 is is_v6


@pytest.mark.parametrize("tls", list(Tls))
def test_only_opportunistic_tls_may_be_none(tls: Tls) -> None:
    """Whatever else is asked for."""
    assert Security(tls, ("x.example",)).is_plain_allowed is (tls is Tls.OPPORTUNISTIC)
