"""The c-icap of the tests does what a c-icap does."""

from tests.servers.icap_server import IcapServer


def test_it_offers_its_services(icap: IcapServer) -> None:
    """On a port of its own; nobody's running server is asked."""
    assert icap.answers()
    assert icap.url.startswith("icap://127.0.0.1:")
