"""`pratique recipients ldap` and `sync`, against a real slapd."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.cli import front_door
from tests.pratique.commands.conftest import Pratique
from tests.servers.certificates import self_signed
from tests.servers.slapd_server import BASE, PASSWORD, READER, SlapdServer

NAME = ("recipients", "ldap", "acme.example", "--url")


@pytest.fixture
def acme(pratique: Pratique, monkeypatch: pytest.MonkeyPatch) -> Pratique:
    """A tenant whose directory may be on this machine."""
    monkeypatch.setenv("PRATIQUE_ALLOW_PRIVATE_ROUTES", "1")
    pratique.add_acme()
    return pratique


@pytest.fixture
def password(tmp_path: Path) -> tuple[str, ...]:
    """Who asks."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return ("--bind-dn", READER, "--password-file", str(file))


def test_a_directory_is_named_and_read(acme: Pratique, slapd: SlapdServer, password: tuple[str, ...]) -> None:
    """Until it has answered nothing changes; what is shown never holds the password."""
    slapd.fill({"mail": [f"p{number}@acme.example"]} for number in range(1200))
    said = acme.do(*NAME, slapd.url, *password)
    assert said == f"acme.example: {slapd.url} is asked from now on; until it has answered, nothing changes.\n"
    assert acme.ask("recipients", "show", "acme.example")["source"] == "call-out"
    assert "1200 added, 0 removed, 0 kept.\n" in acme.do("recipients", "sync", "acme.example")
    shown = acme.ask("recipients", "show", "acme.example")
    assert (shown["source"], len(shown["recipients"])) == ("ldap", 1200)
    assert shown["recipients"][0]["source"] == "ldap"
    assert (shown["directory"]["base"], shown["directory"]["trouble"]) == (BASE, "")
    slapd.fill([{"mail": ["p1@acme.example"]}, {"mail": ["p2@other.example"]}])
    assert "would remove 1199 of 1200" in acme.refuse("recipients", "sync", "acme.example")
    text = acme.do("recipients", "show", "acme.example")
    assert "came to nothing: The directory would remove 1199 of 1200" in text
    assert "another domain: p2@other.example" in text
    said = acme.do("recipients", "sync", "acme.example", "--remove-many")
    assert said.startswith("acme.example: 0 added, 1199 removed, 1 kept.\nSkipped: 1.")
    slapd.stop()
    assert "does not answer at port" in acme.refuse("recipients", "sync", "acme.example")
    assert len(acme.ask("recipients", "show", "acme.example")["recipients"]) == 1
    for file in acme.data.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()


def test_another_source_forgets_the_directory(acme: Pratique, slapd: SlapdServer) -> None:
    """Then there is nothing to ask."""
    acme.do(*NAME, slapd.url)
    acme.do("recipients", "source", "acme.example", "call-out")
    assert acme.ask("recipients", "show", "acme.example")["directory"] is None
    assert "has no directory" in acme.refuse("recipients", "sync", "acme.example")


def test_the_password_may_come_from_standard_input(acme: Pratique, slapd: SlapdServer) -> None:
    """It is what is said to the server."""
    slapd.fill([{"mail": ["ann@acme.example"]}])
    words = [*NAME, slapd.url, "--bind-dn", READER, "--password-file", "-"]
    for given, status in ((b"wrong\n", 1), (PASSWORD.encode(), 0)):
        assert CliRunner().invoke(front_door, words, input=given).exit_code == 0
        assert acme.run("recipients", "sync", "acme.example").exit_code == status


def test_tls_is_required_unless_it_is_said(acme: Pratique, tmp_path: Path) -> None:
    """Of a server beyond this machine; and the authorities are read at once."""
    acme.do(*NAME, "ldap://ldap.invalid")
    assert acme.ask("recipients", "show", "acme.example")["directory"]["url"] == "ldap://ldap.invalid:389"
    assert "could not be looked up" in acme.refuse("recipients", "sync", "acme.example")
    certificate = self_signed(tmp_path)
    acme.do(*NAME, "ldaps://ldap.invalid", "--authorities", str(certificate.chain))
    assert "holds no certificates" in acme.refuse(*NAME, "ldaps://x.invalid", "--authorities", str(certificate.key))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("https://x.example",), "is named as ldap://"),
        (("ldap://x.example", "--filter", "mail=*)"), "is no LDAP filter"),
        (("ldap://x.example", "--bind-dn", "cn=x"), "go together"),
        (("ldaps://x.example", "--plain"), "for ldap:// alone"),
        (("ldap://x.example", "--bind-dn", "cn=x", "--password-file", "empty"), "holds no password"),
        (("ldap://x.example", "--bind-dn", "cn=x", "--password-file", "missing"), "No such file"),
    ],
)
def test_what_cannot_be_meant_is_refused(acme: Pratique, tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    """In one line, and nothing is kept."""
    (tmp_path / "empty").write_text("\n")
    assert sentence in acme.refuse(*NAME, *words)
    assert acme.ask("recipients", "show", "acme.example")["directory"] is None
