"""Call-outs: whether a recipient exists, asked of the next hop while the client waits at RCPT.

Comes in: a recipient whose domain is a tenant's. Goes out: the reply to RCPT.

The next hop is asked from the null reverse-path, and together with the first recipient of a domain about one that
nobody has: where it takes that one too it takes everybody, and is not asked again. What it says is kept
(`tenants/recipients/book.py`) and good for 24 hours, 15 minutes when it knew nobody of the name.

Standards: RFC 5321 sections 3.3 (RCPT is answered for each recipient) and 4.5.5 (the null reverse-path).
Failure: next hop away: who was known once is taken, and everybody of a domain that takes all; others 451. Its 4xx is
passed on. A next hop that refuses MAIL from the null reverse-path cannot be asked: the recipient is taken, and the end
of data tells. Database away: 451.
Limits: INQUIRY_SECONDS a call-out; MOST_REMEMBERED answers are kept in memory, so that known recipients cost nothing.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar, assert_never

from sqlalchemy.orm import Session
from twisted.logger import Logger

from mx import reply
from mx.delivery.contract import (
    Inquiring,
    InquiryResult,
    PermanentlyRefused,
    Stage,
    TransientlyRefused,
    Unreachable,
    Welcome,
)
from mx.reply import Reply
from tenants.directory import Standing
from tenants.recipients.book import (
    KNOWN_FOR,
    KnownRecipient,
    RecipientSource,
    Source,
    note_answer,
    note_probe,
    what_is_known,
)
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import OfTenant, Viewpoint

INQUIRY_SECONDS = 20.0
MEMORY_SECONDS = 60.0
"""A change of the list or of the source is in force on every node after so long."""
MOST_REMEMBERED = 50_000
P = ParamSpec("P")
T = TypeVar("T")

log = Logger()


class Books(Protocol):
    """What is needed of `DatabaseThreads`."""

    async def read(
        self, viewpoint: Viewpoint, function: Callable[Concatenate[Session, P], T], *given: P.args, **named: P.kwargs
    ) -> T: ...

    async def run(
        self, viewpoint: Viewpoint, function: Callable[Concatenate[Session, P], T], *given: P.args, **named: P.kwargs
    ) -> T: ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    answer: Reply
    until: float


class CallOuts:
    """Answers RCPT for recipients of domains that are taken."""

    def __init__(
        self, inquiring: Inquiring, books: Books, now: Callable[[], datetime], seconds: Callable[[], float]
    ) -> None:
        """`seconds` is a clock that never goes back."""
        self._inquiring, self._books, self._now, self._seconds = inquiring, books, now, seconds
        self._remembered: OrderedDict[tuple[int, str], _Remembered] = OrderedDict()

    async def answer(self, standing: Standing, address: str) -> Reply:
        """The reply to RCPT for this address of this domain."""
        local_part = address.rpartition("@")[0].lower()
        key = (standing.domain_id, local_part)
        known = self._remembered.get(key)
        if known is not None and self._seconds() < known.until:
            return known.answer
        try:
            answer = await self._find_out(standing, local_part, address)
        except DatabaseUnavailable:
            return reply.DIRECTORY_UNAVAILABLE
        if not answer.is_transient:
            self._remember(key, answer)
        return answer

    async def _find_out(self, standing: Standing, local_part: str, address: str) -> Reply:
        now = self._now()
        source, known = await self._books.read(
            OfTenant(standing.tenant_id), what_is_known, standing.domain_id, local_part
        )
        answer = _from_the_book(source, known, now)
        return answer if answer is not None else await self._ask(standing, source, known, address)

    async def _ask(
        self, standing: Standing, source: RecipientSource, known: KnownRecipient | None, address: str
    ) -> Reply:
        if not standing.routes:
            return reply.RECIPIENT_OK
        asked = [address]
        if _is_probe_due(source, self._now()):
            # The one that nobody has goes first: a server that locks us out after a wrong name locks out nobody's mail.
            asked.insert(0, f"{secrets.token_hex(12)}@{standing.domain}")
        results = await self._inquiring.inquire(standing.routes, asked, INQUIRY_SECONDS)
        if len(asked) > 1:
            await self._note_probe(standing, results[0])
        await self._note_answer(standing, address, results[-1])
        return _reply_to(results, source, known, [route.host for route in standing.routes])

    async def _note_probe(self, standing: Standing, result: InquiryResult) -> None:
        is_unknown = isinstance(result, PermanentlyRefused) and result.stage is Stage.RECIPIENT
        if isinstance(result, Welcome) or is_unknown:
            await self._books.run(
                OfTenant(standing.tenant_id),
                note_probe,
                tenant_id=standing.tenant_id,
                domain_id=standing.domain_id,
                takes_all=isinstance(result, Welcome),
                now=self._now(),
            )

    async def _note_answer(self, standing: Standing, address: str, result: InquiryResult) -> None:
        refusal: str | None = None
        if isinstance(result, PermanentlyRefused) and result.stage is Stage.RECIPIENT:
            refusal = _passed_on(result, [route.host for route in standing.routes]).line
        elif not isinstance(result, Welcome):
            return
        await self._books.run(
            OfTenant(standing.tenant_id),
            note_answer,
            tenant_id=standing.tenant_id,
            domain_id=standing.domain_id,
            local_part=address.rpartition("@")[0],
            refusal=refusal,
            now=self._now(),
        )

    def _remember(self, key: tuple[int, str], answer: Reply) -> None:
        self._remembered[key] = _Remembered(answer, self._seconds() + MEMORY_SECONDS)
        self._remembered.move_to_end(key)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _from_the_book(source: RecipientSource, known: KnownRecipient | None, now: datetime) -> Reply | None:
    """The answer where nobody need be asked. Pure."""
    match source.source:
        case Source.ACCEPT_ALL:
            return reply.RECIPIENT_OK
        case Source.LIST | Source.LDAP:
            return reply.RECIPIENT_OK if known is not None and known.is_known else reply.UNKNOWN_RECIPIENT
        case Source.CALL_OUT:
            if source.takes_all_since is not None and not _is_probe_due(source, now):
                return reply.RECIPIENT_OK
            if known is None or not known.is_fresh(now):
                return None
            return reply.RECIPIENT_OK if known.is_known else reply.recipient_refused(known.refusal)
        case _:
            assert_never(source.source)


def _is_probe_due(source: RecipientSource, now: datetime) -> bool:
    return source.probed_at is None or now - source.probed_at >= KNOWN_FOR


def _reply_to(
    results: Sequence[InquiryResult], source: RecipientSource, known: KnownRecipient | None, names: Sequence[str]
) -> Reply:
    """The reply that the next hop's answers mean. Pure."""
    match results[-1]:
        case Welcome():
            return reply.RECIPIENT_OK
        case PermanentlyRefused(stage=Stage.RECIPIENT) as refused:
            return _passed_on(refused, names)
        case PermanentlyRefused():
            return reply.RECIPIENT_OK
        case TransientlyRefused() as refused:
            return _passed_on(refused, names)
        case Unreachable(reason):
            if source.takes_all_since is not None or (known is not None and known.is_known):
                return reply.RECIPIENT_OK
            log.info("callout.unreachable", reason=reason)
            return reply.NEXT_HOP_UNREACHABLE
        case _:
            assert_never(results[-1])


def _passed_on(refused: PermanentlyRefused | TransientlyRefused, names: Sequence[str]) -> Reply:
    said = refused.reply
    is_silent = isinstance(refused, PermanentlyRefused) and not said.enhanced
    return reply.passed_on(said.code, "5.1.1" if is_silent else said.enhanced, said.text, names)
