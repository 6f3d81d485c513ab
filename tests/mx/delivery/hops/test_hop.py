"""Hops as values."""

import pytest

from mx.delivery.hops.hop import Hop, Security, Tlsa
from tenants.domains.route_terms import Tls


@pytest.mark.parametrize(("host", "is_v6"), [("192.0.2.1", False), ("2001:db8::1", True)])
def test_a_hop_knows_its_family(host: str, is_v6: bool) -> None:
    """By the form of its address."""
    assert Hop(host, 25).is_v6 is is_v6


@pytest.mark.parametrize("tls", list(Tls))
def test_only_opportunistic_tls_may_be_none(tls: Tls) -> None:
    """Whatever else is asked for."""
    assert Security(tls, ("x.example",)).is_plain_allowed is (tls is Tls.OPPORTUNISTIC)


@pytest.mark.parametrize(
    ("security", "is_verifying"),
    [
        (Security(), False),
        (Security(Tls.REQUIRED, ("x.example",)), True),
        (Security(Tls.PINNED, ("x.example",)), True),
        (Security(Tls.DANE, ("x.example",), tlsa=(Tlsa(3, 1, 1, b"x"),)), True),
        (Security(Tls.DANE, ("x.example",)), False),
    ],
)
def test_who_is_there_is_known_by_something(security: Security, *, is_verifying: bool) -> None:
    """TLSA records that SMTP has no use for ask for TLS, and show nothing."""
    assert security.is_verifying is is_verifying
