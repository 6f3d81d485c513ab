"""From a route to the hops that it leads to."""

import pytest
from twisted.internet.task import Clock

from mx.delivery.hops.absences import FOR_GOOD_SECONDS
from mx.delivery.hops.addresses import NO_SUCH_NAME, Addresses, NoAddress
from mx.delivery.hops.dane import Assurance, Dane
from mx.delivery.hops.hop import Hop, Security, Tlsa
from mx.delivery.hops.hops import MOST_HOSTS, TAKES_NO_MAIL, Hops, offered
from mx.names.failures import DnsFailed, NoSuchName
from tenants.domains.own_places import OwnPlaces
from tenants.domains.route_terms import Pin, PinKind, Tls
from tenants.domains.routes import parse_route
from tests.contracts.disposing import result_of

OWN = OwnPlaces(frozenset({"mx.service.example"}), "service.example")
ADDRESSES = {"a.example": ("8.8.8.8", "2600::1"), "b.example": ("9.9.9.9",), "implicit.example": ("7.7.7.7",)}


class Names:
    """A DNS of tables; None: the server fails."""

    def __init__(self) -> None:
        self.mx: dict[str, tuple[tuple[int, str], ...] | None] = {
            "acme.example": ((20, "b.example"), (10, "a.example")),
            "implicit.example": (),
            "null.example": ((0, ""),),
            "broken.example": None,
            "ours.example": ((10, "ours-example.mx.service.example"), (20, "b.example")),
            "many.example": tuple((10, f"{number}.example") for number in range(30)),
        }

    async def exchangers(self, name: str) -> tuple[tuple[int, str], ...]:
        """MX records."""
        if name not in self.mx:
            raise NoSuchName(name)
        records = self.mx[name]
        if records is None:
            raise DnsFailed(f"{name}: DNSServerError")
        return records

    async def hosts(self, name: str) -> tuple[str, ...]:
        """Addresses."""
        return ADDRESSES.get(name, ())


class World:
    """Look-ups on a clock."""

    def __init__(self) -> None:
        self.clock, self.names = Clock(), Names()
        addresses = Addresses(self.clock, self.names, allow_private=False, own=OWN)
        self.hops = Hops(self.clock, addresses, self.names, Dane(None, None), OWN, lambda: 0.5)

    def hosts(self, text: str) -> list[str]:
        """The hosts of a route."""
        return list(result_of(self.hops.hosts_of(parse_route(text), 5.0)))

    def at(self, text: str, host: str = "a.example") -> list[Hop]:
        """The hops of one of them."""
        return list(result_of(self.hops.at(parse_route(text), host, 5.0)))

    def failure(self, text: str) -> NoAddress:
        """Why a route has no host."""
        with pytest.raises(NoAddress) as raised:
            self.hosts(text)
        return raised.value


def test_a_fixed_host_is_its_own_only_host() -> None:
    """Nobody is asked."""
    assert World().hosts("smtp://acme.example") == ["acme.example"]


def test_exchangers_go_by_preference() -> None:
    """And the domain itself where there are none (RFC 5321 section 5.1)."""
    world = World()
    assert world.hosts("mx://acme.example") == ["a.example", "b.example"]
    assert world.hosts("mx://implicit.example") == ["implicit.example"]
    assert len(world.hosts("mx://many.example")) == MOST_HOSTS


def test_a_null_mx_is_for_good() -> None:
    """RFC 7505 section 4.1."""
    failure = World().failure("mx://null.example")
    assert failure.refusal == TAKES_NO_MAIL
    assert str(failure) == "null.example takes no mail (null MX)"


def test_a_domain_that_is_not_there_is_so_for_good_after_an_hour() -> None:
    """Until then it may come back."""
    world = World()
    assert world.failure("mx://absent.example").refusal is None
    world.clock.advance(FOR_GOOD_SECONDS)
    assert world.failure("mx://absent.example").refusal == NO_SUCH_NAME


def test_a_dns_that_fails_says_nothing_for_good() -> None:
    """Nor does a machine without one."""
    world = World()
    assert str(world.failure("mx://broken.example")).endswith("could not be looked up: broken.example: DNSServerError")
    world.clock.advance(10 * FOR_GOOD_SECONDS)
    assert world.failure("mx://broken.example").refusal is None
    addresses = Addresses(world.clock, world.names, allow_private=False)
    world.hops = Hops(world.clock, addresses, None, Dane(None, None), OWN, lambda: 0.5)
    assert "names no DNS server" in str(world.failure("mx://acme.example"))


def test_ourselves_as_the_best_exchanger_leave_nobody() -> None:
    """The usual state of a domain whose MX points to us: a route by its MX would be a loop."""
    assert str(World().failure("mx://ours.example")) == "the MX records of ours.example lead to this service itself"


def test_a_hop_has_what_its_route_asks_for() -> None:
    """Names for certificates, limits, and addresses of the family to connect from."""
    world = World()
    digits = "ab" * 32
    assert world.at("smtp://a.example") == [Hop("8.8.8.8", 25), Hop("2600::1", 25)]
    assert world.at("mx://acme.example:26?tls=required&client=ours&concurrency=3&source=::1") == [
        Hop("2600::1", 26, Security(Tls.REQUIRED, ("a.example",), client="ours"), "::1", 3)
    ]
    pinned = Security(Tls.PINNED, ("a.example",), (Pin(PinKind.KEY, digits),))
    assert world.at(f"smtp://a.example?tls=pinned&pin=spki:{digits}")[0].security == pinned


def test_what_cannot_be_connected_to_is_told() -> None:
    """No address of the family, no vouching for DANE."""
    world = World()
    with pytest.raises(NoAddress, match=r"b\.example has no address of the family of ::1"):
        world.at("smtp://b.example?source=::1", "b.example")
    with pytest.raises(NoAddress, match=r"192\.0\.2\.9, which mail is to come from, is no address of this machine"):
        world.at("smtp://b.example?source=192.0.2.9", "b.example")
    with pytest.raises(NoAddress, match="DANE needs a validating resolver"):
        world.at("smtp://a.example?tls=dane")
    assert "DANE needs a validating resolver" in str(world.failure("mx://acme.example?tls=dane"))


TLSA = (Tlsa(3, 1, 1, b"x"),)
BOUND = Security(Tls.DANE, ("base.example", "a.example", "acme.example"), tlsa=TLSA, client="ours")
ANYBODY = Security(Tls.DANE, ("base.example", "a.example", "acme.example"), client="ours")
VERIFIED, AS_IT_COMES = Security(Tls.REQUIRED, ("a.example",), client="ours"), Security(client="ours")


@pytest.mark.parametrize(
    ("assurance", "requires_tls", "expected"),
    [
        (Assurance(True), False, (AS_IT_COMES,)),
        (Assurance(False), False, (AS_IT_COMES,)),
        (Assurance(True), True, (VERIFIED, AS_IT_COMES)),
        (Assurance(False), True, (AS_IT_COMES,)),
        (Assurance(True, "base.example", TLSA), False, (BOUND,)),
        (Assurance(True, "base.example", TLSA), True, (BOUND,)),
        (Assurance(True, "base.example"), False, (ANYBODY,)),
        (Assurance(True, "base.example"), True, (VERIFIED, ANYBODY)),
    ],
)
def test_what_a_route_that_leaves_tls_to_the_next_hop_asks_for(
    assurance: Assurance, expected: tuple[Security, ...], *, requires_tls: bool
) -> None:
    """What is published and vouched for; verified TLS first for a message that wants it, where a name is sure."""
    route = parse_route("mx://acme.example?client=ours")
    assert offered(route, "a.example", assurance, requires_tls=requires_tls) == expected


def test_a_message_that_requires_tls_is_offered_over_verified_tls_first() -> None:
    """At all addresses of the host; where the route asks for something itself, that is all there is."""
    world = World()
    hops = list(result_of(world.hops.at(parse_route("smtp://a.example"), "a.example", 5.0, requires_tls=True)))
    verified = Security(Tls.REQUIRED, ("a.example",))
    assert hops == [
        Hop("8.8.8.8", 25, verified), Hop("2600::1", 25, verified), Hop("8.8.8.8", 25), Hop("2600::1", 25),
    ]  # fmt: skip
    literal = parse_route("smtp://8.8.8.8")
    at = result_of(world.hops.at(literal, "8.8.8.8", 5.0, requires_tls=True))
    assert [hop.security for hop in at] == [Security(Tls.REQUIRED, ("8.8.8.8",)), Security()]
    required = parse_route("smtp://a.example?tls=required")
    assert len(result_of(world.hops.at(required, "a.example", 5.0, requires_tls=True))) == 2
