"""What no route may lead to."""

import pytest

from tenants.domains.own_places import OwnPlaces
from tenants.domains.routes import RouteError, parse_route

OWN = OwnPlaces(
    frozenset({"mx1.service.example", "service.example"}),
    "service.example",
    (("192.0.2.1", 2525), ("::1", 25), ("0.0.0.0", 26)),
)


@pytest.mark.parametrize(
    "text",
    [
        "smtp://MX1.service.example:2525",
        "mx://service.example",
        "smtp://acme-example.mx.service.example",
        "smtp://192.0.2.1:2525",
        "smtp://[::ffff:192.0.2.1]:2525",
        "smtp://[0:0:0:0:0:0:0:1]",
    ],
)
def test_a_route_to_ourselves_is_refused(text: str) -> None:
    """By name, by MX name, and by address in any spelling."""
    with pytest.raises(RouteError, match=r"leads to this service itself; .*\.$"):
        OWN.refuse([parse_route(text)])


@pytest.mark.parametrize(
    "text",
    [
        "smtp://mail.acme.example",
        "smtp://xmx.service.example",
        "smtp://192.0.2.1:25",
        "smtp://192.0.2.2:2525",
        "smtp://mx1.service.example:2626",
    ],
)
def test_any_other_route_is_taken(text: str) -> None:
    """Another port of our own address too: a server may stand beside us."""
    OWN.refuse([parse_route(text)])


def test_a_socket_at_every_address_is_known_by_its_port() -> None:
    """Which addresses are the machine's own is asked when one is connected to."""
    assert OWN.listens_everywhere_at(26) and not OWN.listens_everywhere_at(25)
    assert not OWN.listens_at("192.0.2.1", 26)
    assert OWN.ports == {25, 26, 2525}
    assert OwnPlaces(sockets=(("::", 2525),)).ports == {2525}
    assert OwnPlaces(sockets=(("::", 2525),), is_balanced=True).ports == {25, 2525}


def test_names_that_are_no_addresses_are_nobodys_socket() -> None:
    """A socket may be given by name, and a route has one."""
    own = OwnPlaces(sockets=(("localhost", 25),))
    assert not own.listens_at("mail.acme.example", 25) and not own.listens_everywhere_at(25)
