"""Which addresses may be connected to, and how a name becomes one."""

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IResolutionReceiver
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mx.delivery.addresses import BELIEVED_SECONDS, MOST_BELIEVED, Addresses, is_public


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


def look_up(addresses: Addresses, host: str) -> list[object]:
    """Where the result will be."""
    results: list[object] = []
    Deferred.fromCoroutine(addresses.of(host, 5.0)).addBoth(
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
    guarded, free = Addresses(reactor, allow_private=False), Addresses(reactor, allow_private=True)
    assert look_up(guarded, "8.8.8.8") == [["8.8.8.8"]]
    assert look_up(guarded, "127.0.0.1") == ["127.0.0.1 is a private address"]
    assert look_up(free, "127.0.0.1") == [["127.0.0.1"]]
    assert look_up(free, "::1") == [["::1"]]
    assert not reactor.asked


def test_private_addresses_of_a_name_are_left_out() -> None:
    """The addresses are checked, not the name; the resolver's order is kept."""
    reactor = Resolving()
    results = look_up(Addresses(reactor, allow_private=False), "mail.tenant.example")
    reactor.answer("10.0.0.1", "2600::1", "8.8.8.8", "8.8.8.8")
    assert results == [["2600::1", "8.8.8.8"]]


@pytest.mark.parametrize(
    ("hosts", "reason"), [((), "x.example has no address"), (("127.0.0.1", "::1"), "x.example is a private address")]
)
def test_a_name_without_an_address_to_connect_to_is_told(hosts: tuple[str, ...], reason: str) -> None:
    """With the reason."""
    reactor = Resolving()
    results = look_up(Addresses(reactor, allow_private=False), "x.example")
    reactor.answer(*hosts)
    assert results == [reason]


def test_a_resolver_that_is_silent_ends_in_time() -> None:
    """Its answer may come later, and is then ignored."""
    reactor = Resolving()
    results = look_up(Addresses(reactor, allow_private=False), "x.example")
    reactor.advance(5)
    assert results == ["x.example could not be looked up in time"]
    reactor.answer("8.8.8.8")
    assert len(results) == 1


def test_an_answer_is_believed_for_a_while_and_nothing_is_not() -> None:
    """Each name for itself, and not without limit."""
    reactor = Resolving()
    addresses = Addresses(reactor, allow_private=False)
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
