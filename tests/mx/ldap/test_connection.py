"""Where a directory may be: never ourselves, nor a private address unless that is allowed."""

import socket

import pytest

from mx.ldap.connection import LdapTrouble, Surroundings, connected
from mx.ldap.place import Place, parse_place
from tenants.domains.own_places import OwnPlaces


def why(place: Place, around: Surroundings) -> str:
    """Why it is not connected to."""
    with pytest.raises(LdapTrouble) as raised, connected(place, around):
        pass
    return str(raised.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"]
)
def test_a_private_address_is_not_connected_to(host: str) -> None:
    """However it is written: what is checked is the address."""
    around = Surroundings(OwnPlaces(), allow_private=False)
    assert "is a private address" in why(parse_place(f"ldap://{host}"), around)


def test_ourselves_are_not_connected_to() -> None:
    """Neither by address nor by name, whatever is allowed."""
    own = OwnPlaces(frozenset({"mx.example"}), "mx.example", (("127.0.0.1", 2525),))
    around = Surroundings(own, allow_private=True)
    assert "is this service itself" in why(parse_place("ldap://127.0.0.1:2525"), around)
    assert "could not be looked up" in why(parse_place("ldap://nobody.invalid"), around)
    named = Surroundings(OwnPlaces(frozenset({"localhost"}), "", (("192.0.2.1", 2525),)), allow_private=True)
    assert "is this service itself" in why(parse_place("ldap://localhost:2525"), named)


def test_octets_go_there_and_back() -> None:
    """Until the other side closes, which is told."""
    around = Surroundings(OwnPlaces(), allow_private=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = Place("127.0.0.1", listening.getsockname()[1], False)
        with connected(place, around) as connection:
            other, _ = listening.accept()
            with other:
                connection.send(b"there")
                assert other.recv(10) == b"there"
                other.sendall(b"back")
                assert connection.receive() == b"back"
            with pytest.raises(LdapTrouble, match="in the middle of its answer"):
                connection.receive()


def test_a_server_that_speaks_no_tls_is_told() -> None:
    """Not waited for."""
    around = Surroundings(OwnPlaces(), allow_private=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = Place("127.0.0.1", listening.getsockname()[1], True)
        with connected(place, around) as connection:
            other, _ = listening.accept()
            other.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            with pytest.raises(LdapTrouble, match=r"TLS with 127\.0\.0\.1 could not be begun"):
                connection.begin_tls("127.0.0.1", "")
            other.close()
