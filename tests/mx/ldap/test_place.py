"""URLs of directories, read strictly."""

import pytest

from mx.ldap.place import Place, base_of, parse_place
from tenants.refusals import Refusal


@pytest.mark.parametrize(
    ("url", "place", "spelled"),
    [
        ("ldap://dc.acme.example", Place("dc.acme.example", 389, False), "ldap://dc.acme.example:389"),
        ("LDAPS://DC.acme.example/", Place("dc.acme.example", 636, True), "ldaps://dc.acme.example:636"),
        ("ldap://[2001:db8::1]:3268", Place("2001:db8::1", 3268, False), "ldap://[2001:db8::1]:3268"),
    ],
)
def test_a_place_has_one_spelling(url: str, place: Place, spelled: str) -> None:
    """Ports by default."""
    assert parse_place(url) == place
    assert place.url == spelled


@pytest.mark.parametrize(
    "url",
    [
        "", "dc.acme.example", "http://dc.acme.example", "ldap://", "ldap://:389", "ldap://a:0", "ldap://a:99999",
        "ldap://user:pw@dc.example", "ldap://dc.example/dc=acme", "ldap://dc.example/?mail", "ldap://a b", "ldap://a\nb_",
        "ldapi:///var/run/ldapi", "ldap://[::1", "ldap://dc..example", "ldap://dc.example#x",
    ],
)  # fmt: skip
def test_anything_else_is_refused(url: str) -> None:
    """A password in a URL above all."""
    with pytest.raises(Refusal):
        parse_place(url)


def test_what_is_said_to_this_machine_alone_needs_no_tls() -> None:
    """By its text: a name could be anybody's."""
    assert all(parse_place(f"ldap://{host}").is_loopback for host in ("127.0.0.1", "[::1]", "localhost"))
    assert not any(parse_place(f"ldap://{host}").is_loopback for host in ("10.0.0.1", "localhost.example"))


def test_the_usual_base_of_a_domain() -> None:
    """One component a label."""
    assert base_of("mail.acme.example") == "dc=mail,dc=acme,dc=example"
