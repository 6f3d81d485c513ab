"""Carries out decisions: an exhaustive match, no copy falls through to a disposition that nobody decided.

Comes in: an examined message and its copies. Goes out: one Outcome for each copy, such that one reply is true for all.

The order is what makes that reply true (contract.md, "One reply, true for every recipient"):
1. anything undecided: nothing is done with any copy, 4xx;
2. every copy refused by policy: kept where policy says so, then 5xx;
3. parts that are to be taken out are taken out (`cleaning.py`); where that cannot be done, the copy is held whole;
4. what is held, and the original of what was cleaned, is stored before anything is forwarded, so that "cannot be
   stored" is still 4xx for all;
5. what is delivered is forwarded; where the next hops' answers differ, or none came, the rest is stored, 250.

Failure: storage that fails gives 4xx for every copy, also when one of them has reached its next hop by then: the sender
comes back, and a duplicate is better than a loss.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from twisted.internet.defer import Deferred as TwistedDeferred
from twisted.internet.defer import gatherResults

from mx import reply
from mx.decision import UNANSWERED, Decision, Defer, Deliver, Discard, Hold, Reject, Strip
from mx.delivery.contract import CopyResult, Delivered, Forwarding, PermanentlyRefused, TransientlyRefused, Unreachable
from mx.delivery.notices.returning import relayed, undelivered
from mx.disposition.cleaning import Cleaned, Cleaner, ExamineAgain
from mx.disposition.copies import Copy, ExaminedMessage, with_all_told
from mx.disposition.forward import FORWARD_SECONDS, forward
from mx.disposition.keep import KEEP_SECONDS, CannotKeep, Keeping
from mx.disposition.own_words import refusal_of
from mx.envelope import Recipient
from mx.outcome import Accepted, Deferred, Discarded, Held, Outcome, Queued, Refused, RefusedAndHeld
from tenants.policies.policy import Policy
from tenants.queue.notices import Undelivered

REFUSED_IN_MIXED = "refused-in-mixed-transaction"
UNDELIVERABLE = "undeliverable"
UNDECIDED = UNANSWERED
NO_NEXT_HOP = "no-next-hop"
"""Reason of what is held for the operator's own mailboxes, and for a domain without a route."""
REDIRECTED = "for the operator's mailbox"
ORIGINAL = "original-of-cleaned"
"""Reason of the whole message that is kept while the recipient gets it without some of its parts."""


@dataclass(slots=True)
class Plan:
    """The copies of one message, sorted by what is to be done with them."""

    deferred: list[Copy] = field(default_factory=list)
    refused: list[Copy] = field(default_factory=list)
    held: dict[str, list[Copy]] = field(default_factory=dict)
    discarded: list[Copy] = field(default_factory=list)
    forwarded: list[Copy] = field(default_factory=list)
    redirected: list[Copy] = field(default_factory=list)
    """For the operator's mailboxes, to go on to where the operator reads them."""
    stripped: list[Copy] = field(default_factory=list)
    notes: dict[Recipient, str] = field(default_factory=dict)
    """What else the trace says of a copy."""

    def hold(self, reason: str, copy: Copy) -> None:
        self.held.setdefault(reason, []).append(copy)


def plan(copies: Iterable[Copy]) -> Plan:
    """The copies sorted by their decisions. Pure."""
    result = Plan()
    for copy in copies:
        match copy.decision:
            case Deliver(would):
                if would:
                    result.notes[copy.recipient] = f"report-only; would={would}"
                if copy.standing.routes:
                    result.forwarded.append(copy)
                elif copy.standing.forward_to:
                    result.redirected.append(copy)
                else:
                    result.hold(NO_NEXT_HOP, copy)
            case Strip(reason):
                # Our own mailboxes have no next hop: what is kept for them is kept whole.
                if copy.standing.routes:
                    result.stripped.append(copy)
                else:
                    result.hold(reason, copy)
            case Hold(reason):
                result.hold(reason, copy)
            case Reject():
                result.refused.append(copy)
            case Discard():
                result.discarded.append(copy)
            case Defer():
                result.deferred.append(copy)
            case _:
                assert_never(copy.decision)
    return result


class Disposition:
    """Carries out what was decided about one message after another; calls may overlap."""

    def __init__(self, forwarding: Forwarding, keeping: Keeping, cleaner: Cleaner) -> None:
        self._forwarding, self._keeping, self._cleaner = forwarding, keeping, cleaner

    async def carry_out(
        self, message: ExaminedMessage, copies: Sequence[Copy], examine_again: ExamineAgain
    ) -> tuple[Outcome, ...]:
        """One outcome for each copy, in their order. Raises nothing for what storage or next hops do."""
        sorted_copies = plan(copies)
        if sorted_copies.deferred:
            return tuple(Deferred(copy.recipient, reply.ENGINE_UNAVAILABLE, UNDECIDED) for copy in copies)
        try:
            if len(sorted_copies.refused) == len(copies):
                outcomes = await self._refuse(message, sorted_copies.refused)
            else:
                whole = len(sorted_copies.forwarded) == len(copies)
                outcomes = await self._take(message, sorted_copies, examine_again, whole=whole)
        except CannotKeep as error:
            return tuple(Deferred(copy.recipient, reply.STORAGE_UNAVAILABLE, f"not stored: {error}") for copy in copies)
        by_recipient = {outcome.recipient: outcome for outcome in outcomes}
        return tuple(by_recipient[copy.recipient] for copy in copies)

    async def _refuse(self, message: ExaminedMessage, refused: Sequence[Copy]) -> list[Outcome]:
        """Every copy refused for good: first kept, then 5xx."""
        keep: dict[str, list[Copy]] = {}
        outcomes: list[Outcome] = []
        for copy in refused:
            if isinstance(copy.decision, Reject) and copy.decision.keep:
                keep.setdefault(copy.decision.reason, []).append(copy)
            else:
                outcomes.append(Refused(copy.recipient, _refusal(message, copy), _reason(copy)))
        if keep:
            kept = await self._keeping.keep(with_all_told(message), (), keep)
            outcomes += [
                RefusedAndHeld(copy.recipient, _refusal(message, copy), kept.held[reason], reason)
                for reason, copies in keep.items()
                for copy in copies
            ]
        return outcomes

    async def _take(
        self, message: ExaminedMessage, sorted_copies: Plan, examine_again: ExamineAgain, *, whole: bool
    ) -> list[Outcome]:
        """At least one copy is taken: what policy refuses is held, because the client can be told one thing only."""
        for copy in sorted_copies.refused:
            sorted_copies.hold(REFUSED_IN_MIXED, copy)
        cleaned = await self._clean(message, sorted_copies, examine_again)
        try:
            return await self._send(message, sorted_copies, cleaned, whole=whole)
        finally:
            for each in cleaned:
                each.message.spool.close()

    async def _clean(self, message: ExaminedMessage, sorted_copies: Plan, examine_again: ExamineAgain) -> list[Cleaned]:
        """The cleaned messages; a copy that cannot be cleaned is planned to be held whole."""
        alike: dict[tuple[Decision, Policy, str], list[Copy]] = {}
        for copy in sorted_copies.stripped:
            alike.setdefault((copy.decision, copy.standing.policy, copy.standing.language), []).append(copy)
        cleaned: list[Cleaned] = []
        for copies in alike.values():
            result = await self._cleaner.clean(message, copies, examine_again)
            if isinstance(result, Cleaned):
                cleaned.append(result)
                continue
            for copy in copies:
                sorted_copies.hold(_reason(copy), copy)
                sorted_copies.notes[copy.recipient] = f"kept whole, not cleaned: {result}"
        return cleaned

    async def _send(
        self, message: ExaminedMessage, sorted_copies: Plan, cleaned: Sequence[Cleaned], *, whole: bool
    ) -> list[Outcome]:
        """Store what is held, then forward the rest, then store what could not be forwarded."""
        notes = sorted_copies.notes
        outcomes: list[Outcome] = [Discarded(copy.recipient, _reason(copy)) for copy in sorted_copies.discarded]
        originals = {ORIGINAL: [copy for each in cleaned for copy in each.copies]} if cleaned else {}
        redirected = dict.fromkeys(sorted_copies.redirected, REDIRECTED)
        stored = await self._store(message, redirected, sorted_copies.held | originals, notes)
        outcomes += [outcome for outcome in stored if not _is_original(outcome)]
        original = next((outcome.held for outcome in stored if isinstance(outcome, Held) and _is_original(outcome)), 0)
        for each in cleaned:
            note = f"{each.note}, the whole message is held as {original}"
            notes.update((copy.recipient, note) for copy in each.copies)
        transfers = [(each.message, each.copies) for each in cleaned]
        if sorted_copies.forwarded:
            transfers.insert(0, (message, tuple(sorted_copies.forwarded)))
        # What is stored beside the copies that wait uses its share of the 45 s that the sender waits.
        may_owe = any(copy.recipient.dsn.wants_success for _, copies in transfers for copy in copies)
        seconds = FORWARD_SECONDS - KEEP_SECONDS * (bool(stored) + may_owe)
        for sent, results in await self._forward(transfers, seconds):
            if whole and (answer := _one_refusal(results)) is not None:
                return answer
            notes.update(await self._owe_success(message, results, notes))
            outcomes += await self._settle(sent, results, notes, original if sent is not message else 0)
        return outcomes

    async def _forward(
        self, transfers: Sequence[tuple[ExaminedMessage, Sequence[Copy]]], seconds: float
    ) -> list[tuple[ExaminedMessage, list[tuple[Copy, CopyResult]]]]:
        """Every message to its next hops, at the same time."""
        if len(transfers) == 1:
            [(sent, copies)] = transfers
            return [(sent, await forward(self._forwarding, sent, copies, seconds))]
        sending = [
            TwistedDeferred.fromCoroutine(forward(self._forwarding, sent, copies, seconds))
            for sent, copies in transfers
        ]
        results: list[list[tuple[Copy, CopyResult]]] = await gatherResults(sending, consumeErrors=True)
        return [(sent, result) for (sent, _), result in zip(transfers, results, strict=True)]

    async def _owe_success(
        self, message: ExaminedMessage, results: Sequence[tuple[Copy, CopyResult]], notes: Mapping[Recipient, str]
    ) -> dict[Recipient, str]:
        """Write down what the sender is owed to know of what was taken; what the trace says where that fails."""
        now = message.envelope.received_at
        owed = {
            copy: report
            for copy, result in results
            if (report := relayed(copy.recipient.address, copy.recipient.dsn, result, now)) is not None
        }
        if not owed or message.envelope.reverse_path.is_null:
            return {}
        try:
            await self._keeping.owe_success(message, next(iter(owed)).standing, tuple(owed.values()))
        except CannotKeep as error:
            # The copy is with its next hop: that it cannot be reported is no reason to have it sent again.
            told = f"its sender is not told: {error}"
            return {copy.recipient: "; ".join(filter(None, (notes.get(copy.recipient, ""), told))) for copy in owed}
        return {}

    async def _settle(
        self,
        sent: ExaminedMessage,
        results: Sequence[tuple[Copy, CopyResult]],
        notes: Mapping[Recipient, str],
        original: int,
    ) -> list[Outcome]:
        """What became of a message's copies; `original` is where it is held whole already, or 0."""
        waiting = {
            copy: _why(result) for copy, result in results if isinstance(result, TransientlyRefused | Unreachable)
        }
        undeliverable = [(copy, result) for copy, result in results if isinstance(result, PermanentlyRefused)]
        owed = [_owed(copy, result, sent.envelope.received_at) for copy, result in undeliverable]
        outcomes: list[Outcome] = [
            Accepted(copy.recipient, result.reply.line, _noted(notes.get(copy.recipient, ""), result))
            for copy, result in results
            if isinstance(result, Delivered)
        ]
        held: dict[str, list[Copy]] = {}
        if original and owed:
            await self._keeping.owe(sent, undeliverable[0][0].standing.tenant_id, owed, original)
            outcomes += [
                Held(copy.recipient, original, UNDELIVERABLE, notes.get(copy.recipient, ""))
                for copy, _ in undeliverable
            ]
        elif owed:
            held = {UNDELIVERABLE: [copy for copy, _ in undeliverable]}
        return outcomes + await self._store(sent, waiting, held, notes, owed)

    async def _store(
        self,
        message: ExaminedMessage,
        queued: Mapping[Copy, str],
        held: Mapping[str, Sequence[Copy]],
        notes: Mapping[Recipient, str],
        owed: Sequence[Undelivered] = (),
    ) -> list[Outcome]:
        """Queued copies come with the reason; `owed` is what the sender is to know of what is undeliverable."""
        if not queued and not held:
            return []
        kept = await self._keeping.keep(message, tuple(queued), held, owed)
        outcomes: list[Outcome] = [
            Queued(copy.recipient, kept.queued[copy.recipient], why, notes.get(copy.recipient, ""))
            for copy, why in queued.items()
        ]
        return outcomes + [
            Held(copy.recipient, kept.held[reason], reason, notes.get(copy.recipient, ""))
            for reason, copies in held.items()
            for copy in copies
        ]


def _owed(copy: Copy, result: PermanentlyRefused, now: datetime) -> Undelivered:
    return undelivered(copy.recipient.address, result, [route.host for route in copy.standing.routes], now)


def _is_original(outcome: Outcome) -> bool:
    return isinstance(outcome, Held) and outcome.reason == ORIGINAL


def _one_refusal(results: Sequence[tuple[Copy, CopyResult]]) -> list[Outcome] | None:
    """The outcomes when every next hop refused in the same way, so that the client can be told; None otherwise."""
    refused = [(copy, result) for copy, result in results if isinstance(result, PermanentlyRefused)]
    if len(refused) == len(results):
        return [Refused(copy.recipient, _passed_on(copy, result), result.reply.line) for copy, result in refused]
    put_off = [(copy, result) for copy, result in results if isinstance(result, TransientlyRefused)]
    if len(put_off) == len(results):
        return [Deferred(copy.recipient, _passed_on(copy, result), result.reply.line) for copy, result in put_off]
    return None


def _noted(note: str, result: Delivered) -> str:
    return "; ".join(filter(None, (note, result.note)))


def _why(result: TransientlyRefused | Unreachable) -> str:
    return result.reply.line if isinstance(result, TransientlyRefused) else result.reason


def _passed_on(copy: Copy, result: PermanentlyRefused | TransientlyRefused) -> reply.Reply:
    names = [route.host for route in copy.standing.routes]
    return reply.passed_on(result.reply.code, result.reply.enhanced, result.reply.text, names)


def _reason(copy: Copy) -> str:
    return "" if isinstance(copy.decision, Deliver) else copy.decision.reason


def _refusal(message: ExaminedMessage, copy: Copy) -> reply.Reply:
    return refusal_of(message, copy, _reason(copy))
