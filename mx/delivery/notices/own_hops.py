"""Where mail of our own goes: through the relay, or to the recipient's mail exchangers.

Comes in: a Transfer whose recipients are of one domain. Goes out: one result for each, as from `next_hop.py`. With a
relay everything goes through it: the operator chose it, and it may be on a private address. Without one, a domain of
a tenant's goes to its routes, and any other to the hosts that its MX records name. Whoever forges a reverse-path
chooses those, so the guard against private addresses stands before them.

Standards: RFC 5321 section 5.1, RFC 7505 (null MX): by the route `mx://DOMAIN`.
Failure: as in `next_hop.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mx.delivery.contract import CopyResult, Forwarding, Transfer
from tenants.directory import Standings, Status
from tenants.domains.routes import SMTP_PORT, Route, Scheme


@dataclass(frozen=True, slots=True)
class OwnHops:
    """The way of our own mail."""

    relay: tuple[Route, ...]
    """Empty for none."""
    by_relay: Forwarding
    direct: Forwarding
    directory: Standings

    async def deliver(self, transfer: Transfer, seconds: float) -> Sequence[CopyResult]:
        """See `mx.delivery.contract.Forwarding`. Raises DatabaseUnavailable."""
        if self.relay:
            return await self.by_relay.deliver(self.relay, transfer, seconds)
        recipient = transfer.recipients[0]
        standing = await self.directory.look_up(recipient)
        if standing.status is Status.ACCEPTED:
            return await self.direct.deliver(standing.routes, transfer, seconds)
        exchangers = Route(Scheme.MX, recipient.rpartition("@")[2].lower(), SMTP_PORT)
        return await self.direct.deliver((exchangers,), transfer, seconds)
