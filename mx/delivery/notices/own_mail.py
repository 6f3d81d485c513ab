"""Writes mail of our own: reports to senders (DSNs), and sign-in links. Work for a Runner.

Comes in: leased notices (`tenants/queue/notices.py`). Goes out: a signed message in the queue, in the same transaction
that ends the notice; or nothing, with the reason in the trace of the message concerned. From the queue it goes its own
way (`own_hops.py`).
A report is written only when the sender is shown to be genuine (`mx/authentication/genuine.py`): whoever forges a
reverse-path makes us write to nobody. It returns the header of the message; all of it where the sender asks for that
(RET=FULL) and nothing was found in it.

Standards: RFC 5321 sections 4.5.5 and 6.1 (the null reverse-path, and no notice about a notice), RFC 3464, RFC 6376;
RFC 3461 sections 4.1, 4.3 and 5.2.2 (NOTIFY=SUCCESS is answered where the next hop does not do so).
Failure: the DNS without an answer, or storage that fails: the notice is put off, a day at most for the DNS. A process
that dies loses its lease, and the next one begins anew: at most, octets without a row are left, and swept.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, assert_never

from publicsuffixlist import PublicSuffixList
from sqlalchemy.orm import Session
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies
from mx.authentication.dkim_signing import SigningKey, sign
from mx.authentication.dmarc import OrganisationalDomain
from mx.authentication.genuine import Evidence, shown_by
from mx.authentication.questions import Dns, DnsFailed
from mx.delivery.notices.dsn import Dsn, DsnAction, RecipientReport, render, subject_of
from mx.delivery.notices.returning import is_returned_whole, reports_of
from mx.delivery.notices.sign_in_mail import SUBJECT, render_sign_in
from mx.delivery.queue import copy_into
from mx.delivery.runner import LEASE_SECONDS
from mx.dsn_request import decoded, return_request_of
from mx.envelope import new_transaction_id
from mx.own_headers import header_octets_of
from mx.spool import Spool
from tenants.customers.accounts import memberships, user_id_of
from tenants.customers.sign_in import LINK_LIFE, new_token, remember_link
from tenants.encryption.keys import TenantKey, current_key
from tenants.encryption.sealed import BlobKind, SealedBlob, SealedStore, blobs_named
from tenants.quarantine.book import held_blobs
from tenants.queue.book import NewDelivery, enqueue
from tenants.queue.notices import LeasedNotice, LeaseLost, NoticeKind, end_notice, is_any_owed, lease_notices, put_off
from tenants.refusals import NotFound
from tenants.storage.blobs.contract import BlobMissing
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant, Reader, look_as
from tenants.trace.book import record_events
from tenants.trace.events import CopyQueued, Event, NotReported, Reported
from tenants.trace.messages import MessageFacts, get_message, recipients_dsn

FIRST_PUT_OFF = timedelta(minutes=1)
LONGEST_PUT_OFF = timedelta(hours=1)
DNS_PATIENCE = timedelta(days=1)
NOT_GENUINE = "nothing shows that the sender is genuine"
NOT_ANSWERED = "the DNS did not tell whether the sender is genuine"
NOT_WANTED = "the sender does not want to be told"
NOT_KEPT = "the message is not kept any more"

log = Logger()


@dataclass(frozen=True, slots=True)
class Written:
    """One message of our own, before it is signed and sealed."""

    facts: MessageFacts
    octets: bytes
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class OwnMail:
    """The notices as work for a Runner."""

    name: ClassVar[str] = "own-mail"

    threads: DatabaseThreads
    sealed: SealedStore
    dns: Dns
    reactor: Any
    now: Callable[[], datetime]
    hostname: str
    keys: tuple[SigningKey, ...]
    sign_in_address: Callable[[str], str]
    """From a token to the link that a person opens."""
    lifetime: timedelta
    """How long delivery of a report is tried."""
    scratch: Path
    owner: str

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        """Notices that are due."""
        leased = await self.threads.run(
            Reader.RUNNER,
            lease_notices,
            now=self.now(),
            limit=most,
            owner=self.owner,
            lease_seconds=LEASE_SECONDS,
        )
        return [self.write(each) for each in leased]

    async def is_any_waiting(self) -> bool:
        """Whether anybody is owed something, now or later."""
        return await self.threads.read(Reader.RUNNER, is_any_owed)

    async def write(self, notice: LeasedNotice) -> None:
        """Write, seal, queue. Raises DatabaseUnavailable, and the lease then ends by itself."""
        try:
            match notice.kind:
                case NoticeKind.REPORT:
                    await self._report(notice)
                case NoticeKind.SIGN_IN:
                    await self._sign_in(notice)
                case NoticeKind.POSTMASTER:
                    raise AssertionError("mail for the postmaster is not written by us")
                case _:
                    assert_never(notice.kind)
        except LeaseLost as error:
            log.warn("own-mail.lease-lost", reason=str(error))
        except OSError as error:
            log.error("own-mail.not-stored", kind=notice.kind.value, reason=str(error))
            await self._put_off(notice)

    async def _report(self, notice: LeasedNotice) -> None:
        spool = Spool(self.scratch)
        try:
            facts, body = await self.threads.read(OfTenant(notice.tenant_id), _reported, notice)
            wanted = reports_of(notice, facts)
            if not wanted:
                await self._end(notice, NOT_WANTED)
                return
            await self._in_thread(copy_into, spool, self.sealed, body)
            header = header_octets_of(spool)
            shown = await self._shown_by(facts, header, spool)
            whole = await self._in_thread(_all_of, spool) if is_returned_whole(wanted, facts, spool.octets) else b""
        except (NotFound, BlobMissing, SealBroken):
            await self._end(notice, NOT_KEPT)
            return
        except DnsFailed:
            if self.now() < notice.asked_at + DNS_PATIENCE:
                await self._put_off(notice)
            else:
                await self._end(notice, NOT_ANSWERED)
            return
        finally:
            spool.close()
        if shown is None:
            await self._end(notice, NOT_GENUINE)
            return
        now = self.now()
        written = self._written_report(notice, facts, wanted, (header, whole), now)
        transaction, told = written.facts.transaction, tuple(dict.fromkeys(each.action for each in wanted))
        reported = [_reported_as(action, notice, wanted, transaction, shown, now) for action in told]
        await self._queue(notice, written, *reported)

    def _written_report(
        self,
        notice: LeasedNotice,
        facts: MessageFacts,
        reports: tuple[RecipientReport, ...],
        returned: tuple[bytes, bytes],
        now: datetime,
    ) -> Written:
        """`returned`: the header, and all of the message where it is to be returned."""
        transaction = new_transaction_id(now)
        dsn = Dsn(
            hostname=self.hostname,
            notice_id=transaction,
            reverse_path=notice.recipient,
            transaction=facts.transaction,
            received_at=facts.received_at,
            written_at=now,
            recipients=reports,
            header_section=returned[0],
            whole=returned[1],
            envelope_id=decoded(return_request_of(facts.dsn).envelope_id),
        )
        octets = render(dsn)
        own = self._facts(notice, transaction, subject_of(reports), octets, now)
        return Written(own, octets, self.lifetime)

    async def _sign_in(self, notice: LeasedNotice) -> None:
        try:
            await self.threads.read(Reader.SIGN_IN, _is_somebody, notice.recipient)
        except NotFound:
            # Whoever asked was told the same as everybody is.
            await self.threads.run_durably(OfTenant(notice.tenant_id), end_notice, notice, self.now())
            return
        now, token = self.now(), new_token()
        transaction = new_transaction_id(now)
        octets = render_sign_in(
            hostname=self.hostname,
            recipient=notice.recipient,
            link=self.sign_in_address(token),
            minutes=LINK_LIFE // timedelta(minutes=1),
            notice_id=transaction,
            now=now,
        )
        written = Written(self._facts(notice, transaction, SUBJECT, octets, now), octets, LINK_LIFE)
        await self._queue(notice, written, token=token)

    async def _queue(self, notice: LeasedNotice, written: Written, *events: Event, token: str = "") -> None:
        now = self.now()
        try:
            key = await self.threads.read(OfTenant(notice.tenant_id), current_key, notice.tenant_id)
        except NotFound:
            await self._end(notice, "the tenant was deleted")
            return
        delivery = await self._in_thread(self._seal, notice, written, key, now)
        await self.threads.run_durably(OfTenant(notice.tenant_id), _write, notice, delivery, events, token, now)

    def _seal(self, notice: LeasedNotice, written: Written, key: TenantKey, now: datetime) -> NewDelivery:
        """In a thread: sign, and make the octets durable."""
        signature = sign(written.octets, self.hostname, self.keys, now)
        body = self.sealed.store(key, BlobKind.BODY, [written.octets])
        domain = notice.recipient.rpartition("@")[2].lower()
        return NewDelivery(
            written.facts,
            domain,
            notice.recipient,
            body,
            None,
            signature,
            now,
            now + written.lifetime,
            notice.kind.value,
            notice.about,
        )

    def _facts(
        self, notice: LeasedNotice, transaction: str, subject: str, octets: bytes, now: datetime
    ) -> MessageFacts:
        return MessageFacts(
            transaction=transaction,
            tenant_id=notice.tenant_id,
            received_at=now,
            client_address="",
            reverse_path="",
            recipients=(notice.recipient,),
            message_id=f"<{transaction}@{self.hostname}>",
            subject=subject,
            octets=len(octets),
            is_eight_bit=not octets.isascii(),
            is_smtputf8=not notice.recipient.isascii(),
        )

    async def _shown_by(self, facts: MessageFacts, header: bytes, spool: Spool) -> str | None:
        async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
            found: Mapping[BodyForm, BodyDigest] = await self._in_thread(_digests, spool, len(header), tuple(forms))
            return found

        evidence = Evidence(facts.client_address, facts.reverse_path, header, facts.received_at.timestamp())
        return await shown_by(self.dns, evidence, digests, await self._in_thread(_organisations))

    async def _end(self, notice: LeasedNotice, why: str) -> None:
        now = self.now()
        recipients = (*(each.recipient for each in notice.copies), *(each.recipient for each in notice.passed_on))
        events = (NotReported(notice.about, notice.tenant_id, now, recipients, why),) if notice.about else ()
        await self.threads.run_durably(OfTenant(notice.tenant_id), _end, notice, events, now)

    async def _put_off(self, notice: LeasedNotice) -> None:
        wait = min(FIRST_PUT_OFF * 2 ** min(notice.attempts, 10), LONGEST_PUT_OFF)
        await self.threads.run_durably(OfTenant(notice.tenant_id), put_off, notice, self.now() + wait)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await deferToThreadPool(self.reactor, self.reactor.getThreadPool(), call, *arguments)


@cache
def _organisations() -> OrganisationalDomain:
    """Read once, in a thread: the list takes 0.1 s."""
    suffixes = PublicSuffixList()
    return lambda domain: suffixes.privatesuffix(domain) or domain


def _digests(spool: Spool, header_octets: int, forms: Sequence[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
    return hash_bodies(spool.chunks(), header_octets + len(b"\r\n"), forms)


def _all_of(spool: Spool) -> bytes:
    return b"".join(spool.chunks())


def _reported_as(
    action: DsnAction,
    notice: LeasedNotice,
    reports: Sequence[RecipientReport],
    transaction: str,
    shown_by: str,
    now: datetime,
) -> Reported:
    recipients = tuple(report.recipient for report in reports if report.action is action)
    about = notice.about or ""
    return Reported(about, notice.tenant_id, now, recipients, transaction, shown_by, action.value)


def _reported(session: Session, notice: LeasedNotice) -> tuple[MessageFacts, SealedBlob]:
    transaction = notice.about or ""
    facts = get_message(session, tenant_id=notice.tenant_id, transaction=transaction)
    facts = replace(facts, recipients_dsn=recipients_dsn(session, [transaction]).get(transaction, ()))
    if notice.body is None:
        return facts, held_blobs(session, notice.held or 0, tenant_id=notice.tenant_id).body
    found = blobs_named(session, notice.tenant_id, [notice.body])
    if notice.body not in found:
        raise NotFound(f"The blob {notice.body} is not kept any more.")
    return facts, found[notice.body]


def _is_somebody(session: Session, email: str) -> None:
    if not memberships(session, user_id=user_id_of(session, email)):
        raise NotFound(f"{email!r} has no role with any tenant.")


def _end(session: Session, notice: LeasedNotice, events: Sequence[Event], now: datetime) -> None:
    end_notice(session, notice, now)
    record_events(session, events)


def _write(
    session: Session, notice: LeasedNotice, delivery: NewDelivery, events: Sequence[Event], token: str, now: datetime
) -> None:
    """One transaction: the notice ends, its mail is in the queue, and the link in it is good."""
    end_notice(session, notice, now)
    (number,) = enqueue(session, [delivery], now)
    if token:
        look_as(session, Reader.SIGN_IN)
        remember_link(session, email=notice.recipient, token=token, now=now)
        look_as(session, OfTenant(notice.tenant_id))
    facts = delivery.facts
    queued = CopyQueued(facts.transaction, facts.tenant_id, now, delivery.recipient, number, f"notice: {notice.kind}")
    record_events(session, (*events, queued))
