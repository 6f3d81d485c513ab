"""Delivery as the settings want it."""

from pathlib import Path

from twisted.internet.testing import MemoryReactorClock

from mx.delivery.contract import Unreachable
from pratique.compose.next_hops import compose_next_hops
from pratique.settings.settings import Settings
from tenants.domains.routes import parse_route
from tests.contracts.disposing import result_of
from tests.contracts.octets import transfer


def test_our_own_places_are_no_next_hops(tmp_path: Path) -> None:
    """Nor private addresses, unless they are allowed; our own not even then."""
    settings = Settings(data=tmp_path, hostname="mx.service.example", allow_private_routes=True)
    hops = compose_next_hops(settings, MemoryReactorClock())
    for text, reason in (
        ("smtp://mx.service.example", "mx.service.example is this service itself"),
        ("smtp://127.0.0.1:2525", "127.0.0.1 is this service itself"),
    ):
        results = result_of(hops.deliver((parse_route(text),), transfer(), 5.0))
        assert results == (Unreachable(reason),)
    guarded = compose_next_hops(Settings(data=tmp_path, hostname="mx.service.example"), MemoryReactorClock())
    results = result_of(guarded.deliver((parse_route("smtp://10.0.0.1"),), transfer(), 5.0))
    assert results == (Unreachable("10.0.0.1 is a private address"),)
