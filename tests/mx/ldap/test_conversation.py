"""A real slapd is asked: page by page, over TLS, with a name and without; and servers that speak nonsense."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.ldap.connection import LdapTrouble, Surroundings
from mx.ldap.conversation import parse_filter, read_people
from tenants.domains.own_places import OwnPlaces
from tenants.recipients.directories import Directory
from tenants.refusals import Refusal
from tests.servers.certificates import self_signed
from tests.servers.slapd_server import BASE, PASSWORD, READER, SlapdServer

AROUND = Surroundings(OwnPlaces(), allow_private=True, most_seconds=60)
ANN = {"mail": ["ann@acme.example"]}


def directory(url: str, **changes: object) -> Directory:
    """How the reader asks this server."""
    asked = Directory(url, False, BASE, "(objectClass=mailPerson)", READER, PASSWORD)
    return replace(asked, **changes)  # type: ignore[arg-type]


def trouble(asked: Directory, around: Surroundings = AROUND) -> str:
    """Why this directory cannot be read; never does it hold the password."""
    with pytest.raises(LdapTrouble) as raised:
        read_people(asked, "acme.example", around)
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


def test_everybody_is_read_page_by_page(slapd: SlapdServer) -> None:
    """2,345 people, of whom a search without pages would give 500."""
    slapd.fill({"mail": [f"p{number}@acme.example"]} for number in range(2345))
    people = read_people(directory(slapd.url), "acme.example", AROUND)
    assert people.local_parts == {f"p{number}" for number in range(2345)}
    assert people.skipped.first == (f"no address: {READER}",)


def test_half_an_answer_is_none(slapd: SlapdServer) -> None:
    """Nobody in particular gets 500 entries and an error."""
    slapd.fill({"mail": [f"p{number}@acme.example"]} for number in range(800))
    assert "size limit exceeded" in trouble(directory(slapd.url, bind_dn="", password="")).replace(
        "sizelimit", "size limit"
    )


def test_every_attribute_counts(slapd: SlapdServer) -> None:
    """And what is no address of the domain is told."""
    slapd.fill(
        [
            {
                "mail": ["Ann@ACME.example"],
                "proxyAddresses": ["SMTP:ann@acme.example", "smtp:a.b@acme.example", "X500:x"],
            },
            {"otherMailbox": ["smtp:ben@acme.example"]},
            {"mail": ["carl@other.example"]},
            {"proxyAddresses": ["smtp:d\te@acme.example"]},
        ]
    )
    people = read_people(directory(slapd.url, filter="(!(cn=reader))"), "acme.example", AROUND)
    assert people.local_parts == {"ann", "a.b", "ben"}
    assert people.skipped.count == 3  # the domain's own entry, another domain, a tab
    assert "another domain: carl@other.example" in people.skipped.first
    assert not any("\t" in each for each in people.skipped.first)


def test_a_wrong_password_is_told(slapd: SlapdServer) -> None:
    """As what it is."""
    assert trouble(directory(slapd.url, password="wrong")) == "The directory does not know this name and password."


def test_a_base_that_is_not_there_is_told(slapd: SlapdServer) -> None:
    """With the server's own word for it."""
    assert "no such object" in trouble(directory(slapd.url, base="dc=nobody,dc=example")).replace("nosuch", "no such")


def test_tls_that_is_required_and_not_offered(slapd: SlapdServer) -> None:
    """Neither name nor password is said then."""
    assert "does not offer StartTLS" in trouble(directory(slapd.url, starttls=True))


def test_tls_by_starttls_and_from_the_first_octet(slapd: SlapdServer, tmp_path: Path) -> None:
    """The certificate must be one that is trusted, and that of the host."""
    certificate = self_signed(tmp_path)
    slapd.offer_tls(certificate)
    slapd.fill([ANN])
    trusted = certificate.chain.read_text()
    for asked in (directory(slapd.url, starttls=True), directory(slapd.tls_url)):
        assert read_people(replace(asked, authorities=trusted), "acme.example", AROUND).local_parts == {"ann"}
        assert "cannot be trusted" in trouble(asked)
        named = replace(asked, url=asked.url.replace("127.0.0.1", "localhost"), authorities=trusted)
        assert "cannot be trusted" in trouble(named)


def test_a_server_that_is_gone_and_back(slapd: SlapdServer) -> None:
    """Nothing is kept between two times."""
    slapd.fill([ANN])
    slapd.stop()
    assert "does not answer at port" in trouble(directory(slapd.url))
    slapd.start()
    assert read_people(directory(slapd.url), "acme.example", AROUND).local_parts == {"ann"}


def test_more_than_the_bounds_is_not_read(slapd: SlapdServer) -> None:
    """Octets and seconds; and a service that is being stopped does not wait."""
    slapd.fill([ANN])
    asked = directory(slapd.url)
    assert "more than 10 octets" in trouble(asked, replace(AROUND, most_octets=10))
    assert "within 0 seconds" in trouble(asked, replace(AROUND, most_seconds=0))
    assert "being stopped" in trouble(asked, replace(AROUND, is_stopping=lambda: True))


@contextmanager
def saying(octets: bytes) -> Iterator[str]:
    """A server that reads once, says this and goes away."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(octets)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ldap://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(30)


@given(
    st.one_of(
        st.binary(max_size=60),
        # What begins as an LDAP message does.
        st.builds(lambda body: b"\x30" + bytes([len(body)]) + body, st.binary(max_size=100)),
        st.builds(lambda op, body: b"\x30" + bytes([len(body) + 5, 2, 1, 1, op, len(body)]) + body,
                  st.sampled_from([0x61, 0x64, 0x65, 0x73, 0x78]), st.binary(max_size=80)),
    )
)  # fmt: skip
def test_nonsense_is_told_as_such(octets: bytes) -> None:
    """Whatever a server sends, it is a trouble and never a trace."""
    with saying(octets) as url:
        assert trouble(directory(url))


YES = bytes.fromhex("02010178070a010004000400")
BOUND = bytes.fromhex("300c02010261070a010004000400")


def test_what_stands_behind_starttls_in_plain_text_counts_for_nothing() -> None:
    """Somebody on the way answers for the server, before there is TLS."""
    with saying(b"\x30" + bytes([len(YES)]) + YES + BOUND) as url:
        assert "speaks no LDAP" in trouble(directory(url, starttls=True))
    with saying(b"\x30" + bytes([len(YES)]) + YES + BOUND[:5]) as url:
        assert "could not be begun" in trouble(directory(url, starttls=True))


@given(st.lists(st.tuples(st.integers(0, 13), st.integers(0, 255)), max_size=6), st.integers(0, 14))
def test_an_answer_that_was_changed_on_the_way_is_told_as_such(changes: list[tuple[int, int]], end: int) -> None:
    """Lengths and tags that lie, and answers that stop in the middle."""
    answer = bytearray(BOUND)
    answer[4] = 1
    for place, octet in changes:
        answer[place] = octet
    with saying(bytes(answer[:end])) as url:
        assert trouble(directory(url))


@pytest.mark.parametrize("text", ["", "mail=*)", "(mail", "(&(mail=*)", "(" * 3000, "((((((a=b", "(mail=\\zz)"])
def test_what_is_no_filter_is_refused(text: str) -> None:
    """Before it is kept."""
    with pytest.raises(Refusal):
        parse_filter(text)
