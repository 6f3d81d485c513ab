"""Resume: takes a stored message through the later rows of `docs/flow.md`: a release, today.

Comes in: a leased release (`tenants/release.py`). The body is opened into a Spool, examined again with today's
signatures, and forwarded only when nothing infected, prohibited, unscannable or encrypted is found beyond what the
person who asked has seen and named. Each recipient's copy goes to the next hop of its own domain.
Goes out: the settled lease, with the next hop's reply or the reason why the message is still held.

Failure: every one leaves the message held, with the reason shown in the portal: a body that cannot be read, an engine
that gives no answer, a next hop that does not take it. A process that dies loses its lease; the next one takes over.
"""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from mx.cell.report import NoCellFree
from mx.decision import Deliver
from mx.delivery.contract import CopyResult, Delivered, Forwarding, Unreachable
from mx.delivery.queue import copy_into, routes_of
from mx.delivery.runner import LEASE_SECONDS
from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.forward import forward
from mx.engines.contract import circumstances_of
from mx.engines.demand import demand_of
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.own_headers import read_header_section
from mx.scan import Scanner
from mx.spool import Spool
from mx.trace_headers import headers_on_top, scanned_header
from mx.verdict import Verdict, VerdictKind
from tenants.blobs.contract import BlobMissing
from tenants.blobs.segments import SealBroken
from tenants.database_threads import DatabaseThreads
from tenants.directory import Standings
from tenants.messages import MessageFacts
from tenants.release import CopyNotReleased, CopyReleased, LeasedRelease, settle_release, take_release_requests
from tenants.sealed import SealedStore

NO_ROUTE = "The recipient's domain has no route to a server."

log = Logger()


@dataclass(frozen=True, slots=True)
class Releaser:
    """The releases as work for a Runner."""

    name: ClassVar[str] = "releases"

    directory: Standings
    scanner: Scanner
    forwarding: Forwarding
    sealed: SealedStore
    threads: DatabaseThreads
    reactor: Any
    now: Callable[[], datetime]
    hostname: str
    scratch: Path
    owner: str

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        """Releases that people have asked for."""
        leased = await self.threads.run(
            take_release_requests, now=self.now(), limit=most, owner=self.owner, lease_seconds=LEASE_SECONDS
        )
        return [self.release(each) for each in leased]

    async def release(self, leased: LeasedRelease) -> None:
        """Examine, forward, settle. Raises DatabaseUnavailable, and the lease then ends by itself."""
        spool = Spool(self.scratch)
        try:
            results = await self._results(leased, spool)
        except (OSError, BlobMissing, SealBroken) as error:
            log.error("release.unreadable", held=leased.message.id, reason=str(error))
            results = _none(leased.recipients, "The stored message cannot be read; the operator has been told.")
        except NoCellFree:
            results = _none(leased.recipients, "The scanners are busy; ask again in a minute.")
        finally:
            spool.close()
        await self.threads.run_durably(
            settle_release, leased.message.id, fence=leased.fence, results=results, now=self.now()
        )

    async def _results(self, leased: LeasedRelease, spool: Spool) -> tuple[CopyReleased | CopyNotReleased, ...]:
        await deferToThreadPool(self.reactor, self.reactor.getThreadPool(), copy_into, spool, self.sealed, leased.body)
        copies = await self._copies(leased)
        ignored = copies[0].standing.ignored if copies else frozenset()
        envelope = envelope_of(leased.message.facts, leased.recipients)
        circumstances = replace(circumstances_of(envelope, spool), is_fresh=True)
        demand = demand_of(copy.standing.policy for copy in copies)
        examination = await self.scanner.examine(spool, ignored, circumstances, demand)
        if (reason := why_held_again(examination.verdict, frozenset(leased.message.override))) is not None:
            return _none(leased.recipients, reason)
        content = read_header_section(spool, self.hostname).content
        on_top = headers_on_top(envelope, examination, self.hostname)
        message = ExaminedMessage(envelope, spool, content, on_top, examination)
        copies = [
            replace(copy, headers_on_top=scanned_header(examination, copy.decision, self.hostname)) for copy in copies
        ]
        results = await forward(self.forwarding, message, copies) if copies else []
        sent = {copy.recipient.address: _result(copy.recipient.address, result) for copy, result in results}
        return tuple(sent.get(address) or CopyNotReleased(address, NO_ROUTE) for address in leased.recipients)

    async def _copies(self, leased: LeasedRelease) -> list[Copy]:
        """Those whose domain still is the tenant's and has a route; each domain has its own."""
        standings = [(address, await self.directory.look_up(address)) for address in leased.recipients]
        tenant_id = leased.message.facts.tenant_id
        return [Copy(Recipient(who), where, Deliver()) for who, where in standings if routes_of(where, tenant_id)]


def why_held_again(verdict: Verdict, override: frozenset[str]) -> str | None:
    """Why the message may still not leave; None when it may.

    `override` are the names of the findings that the person who asked has seen. One that is not among them is new.
    """
    if verdict.unanswered:
        silent = ", ".join(failed.engine for failed in verdict.unanswered)
        return f"Still held: {silent} gave no answer. Ask again when it does."
    new = [name for name in verdict.finding_names if name not in override]
    blocking = {VerdictKind.INFECTED, VerdictKind.PROHIBITED, VerdictKind.UNSCANNABLE, VerdictKind.ENCRYPTED}
    if new and verdict.kind in blocking:
        return f"Still held: scanned again, and found {', '.join(new)}."
    return None


def envelope_of(facts: MessageFacts, recipients: Iterable[str]) -> Envelope:
    """The envelope of a stored message; what it said in HELO is in the trace alone."""
    client = Client(facts.client_address, 0, "unknown", True, None)
    return Envelope(
        transaction=facts.transaction,
        client=client,
        reverse_path=ReversePath(facts.reverse_path),
        recipients=tuple(Recipient(address) for address in recipients),
        is_eight_bit=facts.is_eight_bit,
        is_smtputf8=facts.is_smtputf8,
        received_at=facts.received_at,
    )


def _none(recipients: Iterable[str], reason: str) -> tuple[CopyNotReleased, ...]:
    return tuple(CopyNotReleased(address, reason) for address in recipients)


def _result(address: str, result: CopyResult) -> CopyReleased | CopyNotReleased:
    if isinstance(result, Delivered):
        return CopyReleased(address, result.reply.line)
    said = (
        f"could not be reached ({result.reason})" if isinstance(result, Unreachable) else f"said: {result.reply.line}"
    )
    return CopyNotReleased(address, f"Still held: your server {said}.")
