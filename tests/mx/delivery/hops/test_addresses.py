"""Which addresses may be connected to, and how a name becomes one."""

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IResolutionReceiver
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mx.delivery.hops.absences import FOR_GOOD_SECONDS
from mx.delivery.hops.addresses import (
    BELIEVED_SECONDS,
    MOST_BELIEVED,
    NO_SUCH_NAME,
    Addresses,
    NoAddress,
    SystemHosts,
    is_of_this_machine,
    is_public,
)
from mx.names.failures import DnsFailed, NoSuchName
from tenants.domains.own_places import OwnPlaces
from tests.contracts.disposing import result_of


class Resolving(Clock):
    """A clock with a resolver that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.nameResolver = self
        self.asked: list[tuple[IResolutionReceiver, str]] = []

    def resolveHostName(self, receiver: IResolutionReceiver, name: str) -> None:
        """Notes the question."""
        self.asked.append((receiver, name))

    def answer(self, *hosts: str) -> None:
        """Answers the last question."""
        receiver, _ = self.asked[-1]
        for host in hosts:
            kind = IPv6Address if ":" in host else IPv4Address
            address: IAddress = kind("TCP", host, 0)
            receiver.addressResolved(address)
        receiver.resolutionComplete()


def guarded(reactor: Resolving) -> Addresses:
    """The look-up of this machine, and nothing private."""
    return Addresses(reactor, SystemHosts(reactor), allow_private=False)


def look_up(addresses: Addresses, host: str, port: int = 25) -> list[object]:
    """Where the result will be."""
    results: list[object] = []
    Deferred.fromCoroutine(addresses.of(host, port, 5.0)).addBoth(
        lambda result: results.append(str(result.value) if isinstance(result, Failure) else list(result))
    )
    return results


@pytest.mark.parametrize("address", ["8.8.8.8", "2600::1", "::ffff:8.8.8.8", "2002:0808:0808::1", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    """Also an IPv4 address that stands inside an IPv6 one."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:0001::1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    """Loopback, private, link-local, shared, documentation, multicast, and each of them inside IPv6."""
    assert not is_public(address)


def test_a_literal_needs_no_resolver_and_meets_the_guard() -> None:
    """Unless private addresses are allowed."""
    reactor = Resolving()
    closed, free = guarded(reactor), Addresses(reactor, SystemHosts(reactor), allow_private=True)
    assert look_up(closed, "8.8.8.8") == [["8.8.8.8"]]
    assert look_up(closed, "127.0.0.1") == ["127.0.0.1 is a private address"]
    assert look_up(free, "127.0.0.1") == [["127.0.0.1"]]
    assert look_up(free, "::1") == [["::1"]]
    assert not reactor.asked


def test_private_addresses_of_a_name_are_left_out() -> None:
    """The addresses are checked, not the name; the resolver's order is kept."""
    reactor = Resolving()
    results = look_up(guarded(reactor), "mail.tenant.example")
    reactor.answer("10.0.0.1", "2600::1", "8.8.8.8", "8.8.8.8")
    assert results == [["2600::1", "8.8.8.8"]]


@pytest.mark.parametrize(
    ("hosts", "reason"), [((), "x.example has no address"), (("127.0.0.1", "::1"), "x.example is a private address")]
)
def test_a_name_without_an_address_to_connect_to_is_told(hosts: tuple[str, ...], reason: str) -> None:
    """With the reason."""
    reactor = Resolving()
    results = look_up(guarded(reactor), "x.example")
    reactor.answer(*hosts)
    assert results == [reason]


def test_a_resolver_that_is_silent_ends_in_time() -> None:
    """Its answer may come later, and is then ignored."""
    reactor = Resolving()
    results = look_up(guarded(reactor), "x.example")
    reactor.advance(5)
    assert results == ["x.example could not be looked up in time"]
    reactor.answer("8.8.8.8")
    assert len(results) == 1


def test_an_answer_is_believed_for_a_while_and_nothing_is_not() -> None:
    """Each name for itself, and not without limit."""
    reactor = Resolving()
    addresses = guarded(reactor)
    look_up(addresses, "x.example")
    reactor.answer()
    look_up(addresses, "x.example")
    reactor.answer("8.8.8.8")
    assert look_up(addresses, "x.example") == [["8.8.8.8"]]
    assert len(reactor.asked) == 2
    reactor.advance(BELIEVED_SECONDS)
    look_up(addresses, "x.example")
    assert len(reactor.asked) == 3
    for number in range(MOST_BELIEVED):
        look_up(addresses, f"{number}.example")
        reactor.answer("8.8.8.8")
    look_up(addresses, "0.example")
    reactor.answer("8.8.8.8")
    assert len(reactor.asked) <= MOST_BELIEVED + 4


class Table:
    """A DNS of a few names; what is not in it does not exist, and None means that the server fails."""

    def __init__(self, **hosts: tuple[str, ...] | None) -> None:
        self.table = {name.replace("_", "."): addresses for name, addresses in hosts.items()}

    async def hosts(self, name: str) -> tuple[str, ...]:
        """What the table says."""
        if name not in self.table:
            raise NoSuchName(name)
        addresses = self.table[name]
        if addresses is None:
            raise DnsFailed(f"{name}: DNSServerError")
        return addresses


OWN = OwnPlaces(frozenset({"mx.service.example"}), "service.example", (("127.0.0.1", 2525), ("0.0.0.0", 26)))


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 2525),
        ("::ffff:127.0.0.1", 2525),
        ("127.8.8.8", 26),
        ("mx.service.example", 25),
        ("acme-example.mx.service.example", 25),
        ("alias.tenant.example", 26),
        ("alias.tenant.example", 2525),
    ],
)
def test_ourselves_are_never_connected_to(host: str, port: int) -> None:
    """Though private addresses are allowed: by name, by socket, by the machine's and by our own name's address."""
    table = Table(mx_service_example=("203.0.113.1",), alias_tenant_example=("203.0.113.1",))
    addresses = Addresses(Clock(), table, allow_private=True, own=OWN)
    result_of(addresses.learn_own(5.0))
    assert look_up(addresses, host, port) == [f"{host} is this service itself"]


def test_a_server_beside_us_is_somebody_else() -> None:
    """Another port of the same machine, where that is allowed; and what is known of ourselves outlives a dead DNS."""
    table = Table(mx_service_example=("203.0.113.1",), tenant_example=("127.0.0.1",), all_example=("0.0.0.0",))
    addresses = Addresses(Clock(), table, allow_private=True, own=OWN)
    result_of(addresses.learn_own(5.0))
    assert look_up(addresses, "tenant.example", 2526) == [["127.0.0.1"]]
    assert look_up(addresses, "203.0.113.1", 25) == [["203.0.113.1"]]
    assert look_up(addresses, "all.example", 2525) == ["all.example is no address to connect to"]
    table.table["mx.service.example"] = None
    result_of(addresses.learn_own(5.0))
    assert look_up(addresses, "203.0.113.1", 26) == ["203.0.113.1 is this service itself"]


def test_only_the_machines_own_addresses_are_its_own() -> None:
    """Which is how a socket at every address is met."""
    assert is_of_this_machine("127.0.0.1")
    assert not is_of_this_machine("192.0.2.1") and not is_of_this_machine("2001:db8::1")


def test_a_name_is_absent_for_good_only_after_an_hour() -> None:
    """In which no answer said otherwise; that a server failed says nothing."""
    clock, table = Clock(), Table()
    addresses = Addresses(clock, table, allow_private=False)

    def refusal() -> object:
        with pytest.raises(NoAddress) as raised:
            result_of(addresses.of("x.example", 25, 5.0))
        return raised.value.refusal

    assert refusal() is None
    clock.advance(FOR_GOOD_SECONDS / 2)
    table.table["x.example"] = None
    assert refusal() is None
    clock.advance(FOR_GOOD_SECONDS / 2)
    assert refusal() is None
    del table.table["x.example"]
    assert refusal() == NO_SUCH_NAME
    table.table["x.example"] = ("8.8.8.8",)
    assert look_up(addresses, "x.example") == [["8.8.8.8"]]
    del table.table["x.example"]
    clock.advance(BELIEVED_SECONDS)
    assert refusal() is None
