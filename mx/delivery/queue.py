"""The queue's side of delivery: leased copies are offered to their next hop, and each is settled.

Comes in: rows of the queue (`tenants/queue/book.py`). Copies of one message for one domain go in one transfer.
Goes out: settled rows: delivered, deferred with the next wait, or held as undeliverable when the queue's lifetime has
ended or the next hop refuses for good. A copy leaves the queue only in the commit that says where it went.

Failure: a next hop that does not answer lets its lane rest, and only one transfer at a time asks whether it is back
(`tenants/queue/lanes.py`). A body that cannot be read is deferred, and logged as an error.
A process that was frozen begins no transfer under a lease that another may have taken over, and settles none that it
had begun (the fence): where it was frozen between sending a message and hearing of it, that message is sent twice.
A copy is offered to its own tenant's next hop alone: a domain that another tenant has added since counts as gone.
Limits: MOST_PER_LANE transfers at a time for a tenant's domain, MOST_PER_TENANT for a tenant, so that nobody's mail
waits for another's next hop.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from mx.delivery.contract import CopyResult, Delivered, Forwarding, PermanentlyRefused, Transfer, Unreachable
from mx.delivery.esmtp.dot_stuffing import has_bare_line_ends
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.notices.returning import relayed, undelivered
from mx.delivery.runner import LEASE_SECONDS, MOST_AT_ONCE
from mx.dsn_request import NotifyRequest, notify_request_of, return_request_of
from mx.own_headers import read_header_section
from mx.spool import Spool
from tenants.directory import Standing, Standings
from tenants.domains.routes import Route
from tenants.encryption.sealed import SealedBlob, SealedStore
from tenants.policies.entries import BareLineEnds
from tenants.queue.book import (
    MOST_ALONG,
    LeasedDelivery,
    give_back,
    is_any_queued,
    lease_due,
    settle_deferred,
    settle_delivered,
    settle_undeliverable,
    settle_unwanted,
)
from tenants.queue.lanes import Lane, Shares, rest, wake
from tenants.storage.blobs.contract import BlobMissing
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant, Reader

TRANSFER_SECONDS = 60.0
BEGIN_WITHIN = timedelta(seconds=LEASE_SECONDS / 2 - 10.0)
"""Of a lease: a transfer that begins later might end after it."""
MOST_PER_LANE = 5
MOST_PER_TENANT = MOST_AT_ONCE // 2

log = Logger()


@dataclass(frozen=True, slots=True)
class Offering:
    """What a transfer from the queue needs."""

    directory: Standings
    forwarding: Forwarding
    sealed: SealedStore
    threads: DatabaseThreads
    reactor: Any
    now: Callable[[], datetime]
    next_attempt_at: Callable[[datetime, int, datetime], datetime | None]
    """From now, the attempts so far and the end of the lifetime; None when that has come."""
    own: OwnHops
    """The way of mail of our own."""
    rest_until: Callable[[datetime, int], datetime]
    """From now, and how often in a row the next hop has not answered: when it is asked again."""
    hostname: str
    service: str
    """The domain of this service's stamps."""
    scratch: Path


class _LeaseOver(Exception):
    """So much time has gone by that somebody else may have these copies."""


def transfers(leased: Iterable[LeasedDelivery]) -> list[list[LeasedDelivery]]:
    """The copies that go in one transfer each: same body, same lane, MOST_ALONG at most. Pure."""
    groups: dict[tuple[str, Lane], list[LeasedDelivery]] = {}
    for delivery in leased:
        groups.setdefault((delivery.body.name, delivery.lane), []).append(delivery)
    return [each[at : at + MOST_ALONG] for each in groups.values() for at in range(0, len(each), MOST_ALONG)]


class QueueWork:
    """The queue as work for a Runner."""

    name = "queue"

    def __init__(self, parts: Offering, owner: str) -> None:
        self._parts, self._owner = parts, owner
        self._busy: Counter[Lane] = Counter()

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        """Copies whose time has come; what is too much for one lane is given back."""
        now = self._parts.now()
        leased = await self._parts.threads.run(
            Reader.RUNNER,
            lease_due,
            now=now,
            limit=most,
            owner=self._owner,
            lease_seconds=LEASE_SECONDS,
            shares=Shares(MOST_PER_LANE, MOST_PER_TENANT, dict(self._busy)),
        )
        now_begun, too_many = self._within_limit(transfers(leased))
        if too_many:
            await self._parts.threads.run(Reader.RUNNER, give_back, too_many)
        return [self._counted(group, now + BEGIN_WITHIN) for group in now_begun]

    async def is_any_waiting(self) -> bool:
        """Whether there is a copy that waits, for its time or for anything else."""
        return await self._parts.threads.read(Reader.RUNNER, is_any_queued)

    def _within_limit(
        self, groups: Iterable[list[LeasedDelivery]]
    ) -> tuple[list[list[LeasedDelivery]], list[LeasedDelivery]]:
        """The groups that may begin, and the copies of those that may not."""
        counts, begun, too_many = self._busy.copy(), list[list[LeasedDelivery]](), list[LeasedDelivery]()
        for group in groups:
            if counts[group[0].lane] < MOST_PER_LANE:
                counts[group[0].lane] += 1
                begun.append(group)
            else:
                too_many.extend(group)
        return begun, too_many

    async def _counted(self, group: Sequence[LeasedDelivery], begin_by: datetime) -> None:
        lane = group[0].lane
        self._busy[lane] += 1
        try:
            await offer(self._parts, group, begin_by)
        finally:
            self._busy[lane] -= 1
            if not self._busy[lane]:
                del self._busy[lane]


async def offer(parts: Offering, group: Sequence[LeasedDelivery], begin_by: datetime) -> None:
    """Offer one group to its next hop and settle each copy. Raises DatabaseUnavailable."""
    spool = Spool(parts.scratch)
    try:
        results = await _results(parts, group, spool, begin_by)
    except _LeaseOver:
        log.warn("queue.lease-over", deliveries=[delivery.id for delivery in group])
        return
    finally:
        spool.close()
    settling = [_rest_or_wake(parts, group[0], results)]
    settling += [_settle(parts, delivery, result) for delivery, result in zip(group, results, strict=True)]
    # All together, so that they share commits: a copy that was taken is sent again if we die before its own.
    outcomes: list[tuple[bool, Any]] = await DeferredList(
        [Deferred.fromCoroutine(each) for each in settling], consumeErrors=True
    )
    for is_done, failure in outcomes:
        if not is_done:
            failure.raiseException()


async def _rest_or_wake(parts: Offering, first: LeasedDelivery, results: Sequence[CopyResult]) -> None:
    """Let the lane rest when its next hop did not answer, and wake it when it did after a rest."""
    if first.resting:
        return
    whose = OfTenant(first.facts.tenant_id)
    silent = [result for result in results if isinstance(result, Unreachable)]
    if len(silent) < len(results):
        if first.failures:
            await parts.threads.run_durably(whose, wake, first.lane)
        return
    # What came to no attempt says nothing about the next hop; a probe that was none is made again.
    failures = first.failures if silent[0].is_unasked else first.failures + 1
    if failures:
        now, reason = parts.now(), silent[0].reason
        until = parts.rest_until(now, failures)
        await parts.threads.run_durably(whose, rest, first.lane, failures=failures, reason=reason, until=until, now=now)


async def _results(
    parts: Offering, group: Sequence[LeasedDelivery], spool: Spool, begin_by: datetime
) -> Sequence[CopyResult]:
    """What became of each. Raises _LeaseOver, and nothing was sent."""
    first = group[0]
    if first.resting:
        return [Unreachable(first.resting)] * len(group)
    standing = await parts.directory.look_up(first.recipient)
    routes = routes_of(standing, first.facts.tenant_id)
    if not routes and not first.notice:
        return [Unreachable("the domain has no route any more")] * len(group)
    try:
        pool = parts.reactor.getThreadPool()
        await deferToThreadPool(parts.reactor, pool, copy_into, spool, parts.sealed, first.body)
    except (OSError, BlobMissing, SealBroken) as error:
        log.error("queue.unreadable", delivery=first.id, transaction=first.facts.transaction, reason=str(error))
        return [Unreachable("the stored message cannot be read", is_unasked=True)] * len(group)
    section = read_header_section(spool, parts.hostname, parts.service)
    content = section.forwarded(is_stamp_forged=first.facts.is_stamp_forged)
    transfer = Transfer(
        reverse_path=first.facts.reverse_path,
        recipients=tuple(delivery.recipient for delivery in group),
        headers_on_top=first.headers_on_top,
        content=content,
        is_eight_bit=first.facts.is_eight_bit,
        is_smtputf8=first.facts.is_smtputf8,
        has_bare_line_ends=has_bare_line_ends(content),
        requires_tls=first.facts.requires_tls,
        dsn=return_request_of(first.facts.dsn),
        notify=tuple(map(_asked_for, group)),
        may_normalise=standing.policy.bare_line_ends is BareLineEnds.NORMALISE,
    )
    if parts.now() > begin_by:
        raise _LeaseOver
    if first.notice:
        return await parts.own.deliver(transfer, TRANSFER_SECONDS)
    return await parts.forwarding.deliver(routes, transfer, TRANSFER_SECONDS)


def _asked_for(delivery: LeasedDelivery) -> NotifyRequest:
    """What its sender asked to be told of the copy."""
    return notify_request_of(dict(delivery.facts.recipients_dsn).get(delivery.recipient.lower(), ""))


async def _hosts(parts: Offering, delivery: LeasedDelivery) -> tuple[str, ...]:
    """The names of the copy's next hops, which its sender is not told."""
    standing = await parts.directory.look_up(delivery.recipient)
    return tuple(route.host for route in standing.routes)


def routes_of(standing: Standing, tenant_id: int) -> tuple[Route, ...]:
    """Where this tenant's stored mail goes; nowhere when the domain is somebody else's by now. Pure."""
    return standing.routes if standing.tenant_id == tenant_id else ()


def copy_into(spool: Spool, sealed: SealedStore, body: SealedBlob) -> None:
    """In a thread: open a stored body into a spool. Raises OSError, BlobMissing, SealBroken; it is useless then."""
    for piece in sealed.read(body):
        spool.write(piece)
    spool.freeze()


async def _settle(parts: Offering, delivery: LeasedDelivery, result: CopyResult) -> None:
    now, durably, whose = parts.now(), parts.threads.run_durably, OfTenant(delivery.facts.tenant_id)
    said = result.reason if isinstance(result, Unreachable) else result.reply.line
    if isinstance(result, Delivered) and result.note:
        said = f"{said} ({result.note})"
    next_attempt = parts.next_attempt_at(now, delivery.attempts + 1, delivery.expires_at)
    if isinstance(result, Delivered):
        told = None if delivery.notice else relayed(delivery.recipient, _asked_for(delivery), result, now)
        settled = await durably(
            whose, settle_delivered, delivery.id, fence=delivery.fence, reply=said, now=now, report=told
        )
    elif (isinstance(result, PermanentlyRefused) or next_attempt is None) and delivery.is_unwanted_when_refused:
        settled = await durably(whose, settle_unwanted, delivery.id, fence=delivery.fence, reply=said, now=now)
    elif isinstance(result, PermanentlyRefused) or next_attempt is None:
        report = (
            None if delivery.notice else undelivered(delivery.recipient, result, await _hosts(parts, delivery), now)
        )
        held = await durably(
            whose, settle_undeliverable, delivery.id, fence=delivery.fence, reply=said, now=now, report=report
        )
        settled = held is not None
    else:
        settled = await durably(
            whose, settle_deferred, delivery.id, fence=delivery.fence, reply=said, next_attempt_at=next_attempt, now=now
        )
    if not settled:
        log.warn("queue.lease-lost", delivery=delivery.id, result=type(result).__name__)
