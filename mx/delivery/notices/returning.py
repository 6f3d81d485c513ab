"""What a sender may know of a copy that could not be delivered, or was passed on, and what it wants to know. Pure.

Comes in: the last result, and the names of the tenant's hosts. Goes out: status and diagnostic for a report, cleaned of
names and addresses as a refusal in the session is. Then, when the report is written: the copies that it speaks of, and
whether the message is returned with it.

Standards: RFC 3461 sections 4.1 (NOTIFY), 4.3 (RET) and 5.2.2 (NOTIFY=SUCCESS is answered by us where the next hop has
no DSN); RFC 3463 section 3.5 (5.4.7: delivery time expired); RFC 3464 sections 2.3.4 and 2.3.6.
Failure: none.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mx.delivery.contract import CopyResult, Delivered, PermanentlyRefused, TransientlyRefused
from mx.delivery.notices.dsn import MOST_RETURNED_OCTETS, DsnAction, RecipientReport
from mx.dsn_request import NOTHING_NOTIFIED, NotifyRequest, Return, notify_request_of, return_request_of
from mx.reply import passed_on
from mx.verdict import VerdictKind
from tenants.queue.notices import LeasedNotice, PassedOn, Undelivered
from tenants.trace.messages import MessageFacts

EXPIRED = "5.4.7"
SUCCESS = "2.0.0"


def undelivered(recipient: str, result: CopyResult, hosts: Sequence[str], now: datetime) -> Undelivered:
    """The copy's end, for its sender."""
    match result:
        case PermanentlyRefused() | TransientlyRefused():
            said = result.reply
            cleaned = passed_on(said.code, said.enhanced, said.text, hosts)
            status = cleaned.enhanced if isinstance(result, PermanentlyRefused) else EXPIRED
            return Undelivered(recipient, status, cleaned.line, now)
        case Delivered():
            raise AssertionError("a copy that was delivered is reported as undelivered")
        case _:
            return Undelivered(recipient, EXPIRED, "", now)


def relayed(recipient: str, request: NotifyRequest, result: CopyResult, now: datetime) -> PassedOn | None:
    """What its sender is owed to know of a copy that was taken; None when nothing, or when the next hop tells it."""
    if not isinstance(result, Delivered) or result.offers_dsn or not request.wants_success:
        return None
    enhanced = result.reply.enhanced
    return PassedOn(recipient, enhanced if enhanced.startswith("2.") else SUCCESS, now)


def reports_of(notice: LeasedNotice, facts: MessageFacts) -> tuple[RecipientReport, ...]:
    """What the sender wants to hear of (RFC 3461 section 4.1)."""
    asked = {address: notify_request_of(words) for address, words in facts.recipients_dsn}

    def request(address: str) -> NotifyRequest:
        return asked.get(address.lower(), NOTHING_NOTIFIED)

    failed = (
        RecipientReport(each.recipient, DsnAction.FAILED, each.status, each.diagnostic, each.at, wish.original_field)
        for each in notice.copies
        if (wish := request(each.recipient)).wants_failure
    )
    passed_on = (
        RecipientReport(each.recipient, DsnAction.RELAYED, each.status, "", each.at, wish.original_field)
        for each in notice.passed_on
        if (wish := request(each.recipient)).wants_success
    )
    return (*failed, *passed_on)


def is_returned_whole(reports: Iterable[RecipientReport], facts: MessageFacts, octets: int) -> bool:
    """RET=FULL counts for failures alone; and nothing in which something was found travels back through us."""
    is_failed = any(report.action is DsnAction.FAILED for report in reports)
    is_asked_for = return_request_of(facts.dsn).returned is Return.FULL
    return is_failed and is_asked_for and facts.verdict == VerdictKind.CLEAN.value and octets <= MOST_RETURNED_OCTETS
