"""The DNS blocklists agent: refuses clients that lists in the DNS name.

On where a policy has entries in `dns_blocklists`. Each entry is a zone, perhaps with the answers that count and a
weight (`bl.example`, `bl.example=127.0.0.2-127.0.0.11`, `grey.example*0.5`). Where the weights of the zones that list
the client come to 1 or more, the recipient is refused; below that the trace says who listed it.

All zones are asked at once, and answers are kept for as long as they are good. Answers outside 127.0.0.0/8 are no
listing: they come from a resolver that redirects, or a zone that was given up. 127.255.255.0/24 is no listing either:
lists use it to say that they do not answer this resolver.

Standards: RFC 5782 sections 2.1, 2.4 (form of questions and answers).
Failure: a zone that does not answer lists nobody, and the trace says so; the mail goes on.
Limits: MOST_ZONES zones a policy; a client's own address or a private one is not asked about.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from mx import reply
from mx.agents.contract import About, Answers, Connected, Fact, Go, Observe, OnFailure, Refuse
from mx.authentication.questions import Dns, DnsFailed
from tenants.policies.dns_blocklist import DnsBlocklist

NAME = "dns-blocklists"
ENOUGH = 1.0
_LISTINGS = IPv4Network("127.0.0.0/8")
_NO_LISTING = IPv4Network("127.255.255.0/24")


class DnsBlocklists:
    """Asks the DNS through what it is given."""

    about = About(NAME, on_failure=OnFailure.GO_ON, judges_sender=True)

    def __init__(self, dns: Dns) -> None:
        self._dns = dns

    async def on_connect(self, event: Connected) -> Answers:
        """Refuse a client that is listed often enough."""
        client = _asked_about(event.client.address)
        zones = event.customer.policy.dns_blocklists
        if client is None or not zones:
            return Go()
        asked: list[Deferred[Any]] = [Deferred.fromCoroutine(self._lists(zone, client)) for zone in zones]
        answers: list[bool | None] = await gatherResults(asked, consumeErrors=True)
        listing = [zone for zone, is_listed in zip(zones, answers, strict=True) if is_listed]
        facts = [Fact("listed", f"{client} {zone.zone}") for zone in listing]
        facts += [Fact("no-answer", zone.zone) for zone, answer in zip(zones, answers, strict=True) if answer is None]
        if round(sum(zone.weight for zone in listing), 2) >= ENOUGH:
            return Observe(facts=tuple(facts)), Refuse(reply.CLIENT_LISTED)
        return Observe(facts=tuple(facts))

    async def _lists(self, blocklist: DnsBlocklist, client: IPv4Address | IPv6Address) -> bool | None:
        """Whether this zone lists the client; None where it gives no answer."""
        try:
            answers = await self._dns.addresses(question(client, blocklist.zone), 4)
        except DnsFailed:
            return None
        found = [IPv4Address(answer) for answer in answers]
        if any(answer in _NO_LISTING for answer in found):
            return None
        return any(answer in _LISTINGS and blocklist.counts(answer) for answer in found)


def question(client: IPv4Address | IPv6Address, zone: str) -> str:
    """The name to ask for: the address backwards, by octets or nibbles, below the zone. Pure."""
    return f"{client.reverse_pointer.removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{zone}"


def _asked_about(text: str) -> IPv4Address | IPv6Address | None:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address if address.is_global else None
