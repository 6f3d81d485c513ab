"""Resume: takes a stored message through the later rows of `docs/flow.md`: a release, or a rescan.

Comes in: a leased release (`tenants/release.py`): a person has asked, or the time has come to look again at what is
held because an engine gave no answer. The body is opened into a Spool and examined again with today's signatures, and
by the agents of the recipient's policy that look at contents; what that means for each recipient is in
`mx/disposition/release_rules.py`. Each recipient's copy goes to the next hop of its own domain, and into the queue
where that is away. The other agents are told of it.
Goes out: the settled lease, with the next hop's reply or the reason why the message is still held.

Failure: every one leaves the message held, with the reason shown in the portal: a body that cannot be read, an engine
that gives no answer, a next hop that refuses. A process that dies loses its lease; the next one takes over.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, assert_never

from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from mx.agents.chain import Chain
from mx.agents.hearings import AGENT_SECONDS, customer_of, tell_of_release
from mx.agents.second_look import SecondLook, look_again, signed_at_release, with_findings_of_then
from mx.cell.report import NoCellFree
from mx.cell.wishes import wishes_of
from mx.decision import Deliver
from mx.delivery.contract import CopyResult as Forwarded
from mx.delivery.contract import Delivered, Forwarding, PermanentlyRefused, TransientlyRefused, Unreachable
from mx.delivery.esmtp.dot_stuffing import has_bare_line_ends
from mx.delivery.notices.returning import relayed
from mx.delivery.queue import copy_into, routes_of
from mx.delivery.runner import LEASE_SECONDS
from mx.disposition.copies import Copy, ExaminedMessage, on_top_of
from mx.disposition.forward import forward
from mx.disposition.keep import QueueTimes
from mx.disposition.release_rules import LEAST_WAIT, next_rescan, why_held_again
from mx.dsn_request import notify_request_of, return_request_of
from mx.engines.contract import circumstances_of
from mx.engines.demand import demand_of
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.examination import Examination
from mx.finding import Finding, Severity
from mx.outcome import Accepted
from mx.own_headers import read_header_section, without_stamps
from mx.scan import Scanner
from mx.spool import Spool
from mx.trace_headers import headers_on_top, scanned_header
from tenants.directory import Standings
from tenants.encryption.sealed import SealedStore
from tenants.policies.policy import Policy
from tenants.quarantine.book import HeldMessage
from tenants.release import (
    CopyNotReleased,
    CopyReleased,
    CopyResult,
    CopyToQueue,
    LeasedRelease,
    Rescan,
    is_any_to_come,
    settle_release,
    take_release_requests,
)
from tenants.storage.blobs.contract import BlobMissing
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant, Reader
from tenants.trace.messages import MessageFacts

Found = Mapping[Policy, Examination]
"""What is known of the message for recipients of each policy."""
NO_ROUTE = "The recipient's domain has no route to a server."

log = Logger()


@dataclass(frozen=True, slots=True)
class Releaser:
    """The releases as work for a Runner."""

    name: ClassVar[str] = "releases"

    directory: Standings
    scanner: Scanner
    chain: Chain
    forwarding: Forwarding
    sealed: SealedStore
    threads: DatabaseThreads
    reactor: Any
    now: Callable[[], datetime]
    hostname: str
    service: str
    """The domain of this service's stamps."""
    scratch: Path
    owner: str
    times: QueueTimes
    """Of a released copy whose next hop is away."""

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        """Releases that people have asked for, and rescans whose time has come."""
        leased = await self.threads.run(
            Reader.RUNNER,
            take_release_requests,
            now=self.now(),
            limit=most,
            owner=self.owner,
            lease_seconds=LEASE_SECONDS,
        )
        return [self.release(each) for each in leased]

    async def is_any_waiting(self) -> bool:
        """Whether a release is asked for or under way, or a rescan planned."""
        return await self.threads.read(Reader.RUNNER, is_any_to_come)

    async def release(self, leased: LeasedRelease) -> None:
        """Examine, forward, settle. Raises DatabaseUnavailable, and the lease then ends by itself."""
        spool = Spool(self.scratch)
        try:
            results, rescan = await self._results(leased, spool)
        except (OSError, BlobMissing, SealBroken) as error:
            log.error("release.unreadable", held=leased.message.id, reason=str(error))
            results = _none(leased.recipients, "The stored message cannot be read; the operator has been told.")
            rescan = Rescan(is_complete=False, next_at=None)
        except NoCellFree:
            results = _none(leased.recipients, "The scanners are busy; ask again in a minute.")
            rescan = Rescan(is_complete=False, next_at=self.now() + LEAST_WAIT)
        finally:
            spool.close()
        await self.threads.run_durably(
            OfTenant(leased.message.facts.tenant_id),
            settle_release,
            leased.message.id,
            fence=leased.fence,
            results=results,
            now=self.now(),
            rescan=rescan if leased.is_rescan else None,
        )

    async def _results(self, leased: LeasedRelease, spool: Spool) -> tuple[tuple[CopyResult, ...], Rescan]:
        await deferToThreadPool(self.reactor, self.reactor.getThreadPool(), copy_into, spool, self.sealed, leased.body)
        copies = await self._copies(leased)
        if not copies:
            return _none(leased.recipients, NO_ROUTE), Rescan(is_complete=False, next_at=None)
        envelope = envelope_of(leased.message.facts, leased.recipients)
        circumstances = replace(circumstances_of(envelope, spool), is_fresh=True)
        demand = demand_of(copy.standing.policy for copy in copies)
        wishes = wishes_of((copy.standing.policy for copy in copies), leased.message.facts.tenant_id)
        ignored = copies[0].standing.ignored
        examination = await self.scanner.examine(spool, ignored, circumstances, demand, wishes=wishes)
        examination = with_findings_of_then(self.chain, examination, _findings(leased.message))
        one_each = {copy.standing.policy: copy for copy in copies}
        found = {policy: await self._look(copy, envelope, spool, examination) for policy, copy in one_each.items()}
        whys = {copy.recipient.address: self._why(leased, copy, found, spool.octets) for copy in copies}
        is_forged = leased.message.facts.is_stamp_forged
        content = read_header_section(spool, self.hostname, self.service).forwarded(is_stamp_forged=is_forged)
        on_top = headers_on_top(envelope, examination, self.hostname)
        leaving = [copy for copy in copies if whys[copy.recipient.address] is None]
        leaving = await self._with_headers(leaving, envelope, spool, found, on_top)
        travels = replace(envelope, has_bare_line_ends=has_bare_line_ends(content))
        examined = ExaminedMessage(travels, spool, content, on_top, examination, is_forged)
        results = await forward(self.forwarding, examined, leaving) if leaving else []
        await self._tell(envelope, found, results)
        sent = {copy.recipient.address: self._result(examined, copy, result) for copy, result in results}
        stayed = {address: CopyNotReleased(address, whys.get(address) or NO_ROUTE) for address in leased.recipients}
        all_results = tuple((stayed | sent)[address] for address in leased.recipients)
        return all_results, self._rescan(leased.message, copies[0], found, has_left=bool(leaving))

    async def _with_headers(
        self, copies: Sequence[Copy], envelope: Envelope, spool: Spool, found: Found, on_top: bytes
    ) -> list[Copy]:
        """What agents put on top when it was held goes along; what was signed then is signed anew, of today."""
        signed: dict[Policy, bytes] = {}
        for policy in dict.fromkeys(copy.standing.policy for copy in copies):
            together = [copy for copy in copies if copy.standing.policy == policy]
            standing, people = together[0].standing, tuple(copy.recipient for copy in together)
            looked = SecondLook(customer_of(standing), standing.ignored, people, envelope, spool)
            signed[policy] = await signed_at_release(self.chain, looked, found[policy], on_top, AGENT_SECONDS)
        return [
            replace(
                copy,
                headers_on_top=scanned_header(found[copy.standing.policy], copy.decision, self.hostname),
                from_agents=signed[copy.standing.policy] + without_stamps(copy.from_agents),
            )
            for copy in copies
        ]

    def _rescan(self, message: HeldMessage, copy: Copy, found: Found, *, has_left: bool) -> Rescan:
        verdicts = [examination.verdict for examination in found.values()]
        verdict = next((each for each in verdicts if each.unanswered), verdicts[0])
        next_at = next_rescan(verdict, copy.standing.policy, message.rescans, message.held_at, self.now())
        # What the policy would deliver and the next hop will not have is nothing that another look would change.
        return Rescan(is_complete=not verdict.unanswered, next_at=None if has_left else next_at)

    async def _look(self, copy: Copy, envelope: Envelope, spool: Spool, examination: Examination) -> Examination:
        """The examination as it is for recipients of this copy's policy."""
        standing = copy.standing
        looked = SecondLook(customer_of(standing), standing.ignored, (copy.recipient,), envelope, spool)
        return await look_again(self.chain, looked, examination, AGENT_SECONDS)

    async def _tell(self, envelope: Envelope, found: Found, results: Sequence[tuple[Copy, Forwarded]]) -> None:
        for policy, examination in found.items():
            taken = {
                copy: Accepted(copy.recipient, result.reply.line)
                for copy, result in results
                if copy.standing.policy == policy and isinstance(result, Delivered)
            }
            if taken:
                standing = next(iter(taken)).standing
                await tell_of_release(self.chain, standing, envelope, examination, tuple(taken.values()))

    async def _copies(self, leased: LeasedRelease) -> list[Copy]:
        """Those whose domain still is the tenant's and has a route; each domain has its own."""
        facts = leased.message.facts
        people = _recipients(facts, leased.recipients)
        standings = [(each, await self.directory.look_up(each.address)) for each in people]
        kept = {person.address: person.agent_headers for person in leased.message.recipients}
        return [
            Copy(each, where, Deliver(), from_agents=kept.get(each.address, b""))
            for each, where in standings
            if routes_of(where, facts.tenant_id)
        ]

    def _why(self, leased: LeasedRelease, copy: Copy, found: Found, octets: int) -> str | None:
        override = frozenset(leased.message.override)
        policy, only_if_clean = copy.standing.policy, leased.message.only_if_clean
        return why_held_again(found[policy].verdict, policy, octets, override, only_if_clean=only_if_clean)

    def _result(self, message: ExaminedMessage, copy: Copy, result: Forwarded) -> CopyResult:
        address = copy.recipient.address
        match result:
            case Delivered():
                note = f" ({result.note})" if result.note else ""
                told = relayed(address, copy.recipient.dsn, result, self.now())
                return CopyReleased(address, result.reply.line + note, told)
            case PermanentlyRefused():
                return CopyNotReleased(address, f"Still held: your server said: {result.reply.line}.")
            case TransientlyRefused():
                reason = result.reply.line
            case Unreachable():
                reason = result.reason
            case _:
                assert_never(result)
        first, last = self.now() + self.times.first_wait, self.now() + self.times.lifetime
        return CopyToQueue(address, copy.standing.domain, on_top_of(message, copy), reason, first, last)


def envelope_of(facts: MessageFacts, recipients: Iterable[str]) -> Envelope:
    """The envelope of a stored message; what it said in HELO is in the trace alone."""
    client = Client(facts.client_address, 0, "unknown", True, None)
    return Envelope(
        transaction=facts.transaction,
        client=client,
        reverse_path=ReversePath(facts.reverse_path),
        recipients=_recipients(facts, recipients),
        is_eight_bit=facts.is_eight_bit,
        is_smtputf8=facts.is_smtputf8,
        received_at=facts.received_at,
        requires_tls=facts.requires_tls,
        dsn=return_request_of(facts.dsn),
    )


def _recipients(facts: MessageFacts, addresses: Iterable[str]) -> tuple[Recipient, ...]:
    """With what was asked to be told of each when the message came."""
    asked = dict(facts.recipients_dsn)
    return tuple(Recipient(each, notify_request_of(asked.get(each.lower(), ""))) for each in addresses)


def _findings(message: HeldMessage) -> list[Finding]:
    """What was found when the message was held."""
    return [Finding(note.engine, note.name, note.artifact, Severity(note.severity)) for note in message.findings]


def _none(recipients: Iterable[str], reason: str) -> tuple[CopyResult, ...]:
    return tuple(CopyNotReleased(address, reason) for address in recipients)
