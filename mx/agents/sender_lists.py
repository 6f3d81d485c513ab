"""The sender lists agent: refuses whom a tenant blocks, vouches for whom it allows.

Off unless a policy's `agents` names it. At MAIL, the narrowest entry that fits the reverse-path or the client counts
(`tenants/senders/lists.py`). One that blocks refuses the recipient with 550. One that allows vouches: findings of spam
and phishing do not count, and agents that judge senders, such as greylisting, are not asked. It counts only where SPF
says that the client may write for that domain, because anybody can claim a reverse-path; an allowed network needs no
such proof. Behind the end of data, an address of From that is blocked refuses the message too. One that is allowed
there counts for nothing: a From can be claimed as easily.

Nothing here keeps a message from being scanned.

Standards: RFC 7208 (who may write for a domain).
Failure: the database is away: 451, as at RCPT. The DNS is away: an allowed sender is not vouched for.
"""

from mx import reply
from mx.agents.contract import About, Answers, Fact, Go, HeadersSeen, MailBegun, Observe, OnFailure, Refuse, Vouch
from mx.authentication import spf
from mx.authentication.dmarc import from_addresses
from mx.authentication.questions import Dns, Result
from tenants.senders.lists import AGENT_NAME, ListedSender, Listing, keys_of, narrowest
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant

MOST_FROM = 5
"""So many addresses of From are looked up."""


class SenderLists:
    """Asks the book and the DNS through what it is given."""

    about = About(AGENT_NAME, on_failure=OnFailure.DEFER)

    def __init__(self, threads: DatabaseThreads, dns: Dns) -> None:
        self._threads, self._dns = threads, dns

    async def on_mail(self, event: MailBegun) -> Answers:
        """Refuse or vouch for the sender of the envelope."""
        sender = event.reverse_path.address
        listed = await self._listed(event.customer.tenant_id, keys_of(sender, event.client.address))
        if listed is None:
            return Go()
        if listed.listing is Listing.BLOCK:
            return _blocked(listed)
        if "/" in listed.entry:
            return Vouch(), Observe(facts=(Fact("allowed", listed.entry),))
        answer = await spf.check(self._dns, event.client.address, event.client.helo, sender)
        if answer.result is Result.PASS:
            return Vouch(), Observe(facts=(Fact("allowed", listed.entry),))
        return Observe(facts=(Fact("allowed-but-not-genuine", f"{listed.entry} spf={answer.result.value}"),))

    async def on_headers(self, event: HeadersSeen) -> Answers:
        """Refuse what is written in a blocked sender's name."""
        for address in from_addresses(event.header)[:MOST_FROM]:
            listed = await self._listed(event.customer.tenant_id, keys_of(address))
            if listed is not None and listed.listing is Listing.BLOCK:
                return _blocked(listed)
        return Go()

    async def _listed(self, tenant_id: int, keys: tuple[str, ...]) -> ListedSender | None:
        return await self._threads.read(OfTenant(tenant_id), narrowest, tenant_id=tenant_id, keys=keys)


def _blocked(listed: ListedSender) -> Answers:
    return Observe(facts=(Fact("blocked", listed.entry),)), Refuse(reply.SENDER_BLOCKED)
