"""Who and where we are, by the settings."""

from pathlib import Path

from pratique.ourselves import own_places
from pratique.settings.settings import Address, Settings


def test_names_and_sockets_are_our_own() -> None:
    """The MX names of our customers' domains too."""
    own = own_places(
        Settings(
            data=Path("x"),
            hostname="node1.service.example",
            service_domain="service.example",
            smtp=(Address("192.0.2.1", 25), Address("::", 2525)),
        )
    )
    for name in ("node1.service.example", "service.example", "acme-example.mx.service.example"):
        assert own.has_name(name, 25)
    assert own.listens_at("192.0.2.1", 25) and own.listens_everywhere_at(2525)
