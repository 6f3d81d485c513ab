"""The queue in the portal: what waits for the tenant's mail server, and trying again, holding back, dropping.

Every view goes through the book with the visitor's tenant; what another tenant has queued is answered 404.
Readers look; reviewers have copies tried now or hold them back; administrators and owners drop them.

Failure: a copy that meanwhile is delivered, or is being tried: its page, which says so.
Limits: pages of 50; searches of 200 characters.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import Response

from portal.visit import Access, PageRefused, Visit, go_to, parse_number
from tenants.customers.audit import record_action
from tenants.queue.book import DeliveryState
from tenants.queue.listing import (
    Delivery,
    DeliveryFilter,
    drop_delivery,
    get_delivery,
    hold_delivery,
    list_deliveries,
    retry_delivery,
)
from tenants.refusals import WrongState
from tenants.storage.viewpoint import OfTenant
from tenants.trace.messages import PAGE_ROWS

LONGEST_SEARCH = 200
SHOWN_STATES = {
    "waiting": (DeliveryState.QUEUED,),
    "delivered": (DeliveryState.DELIVERED,),
    "undeliverable": (DeliveryState.UNDELIVERABLE,),
    "dropped": (DeliveryState.DROPPED,),
}


def show_list(visit: Visit) -> Response:
    """A page of copies, newest first."""
    text, state = visit.query.get("text", "")[:LONGEST_SEARCH], visit.query.get("state", "waiting")
    before = parse_number(visit.query.get("before", ""))
    if state not in SHOWN_STATES or (before is None and visit.query.get("before")):
        raise PageRefused(422)
    wanted = DeliveryFilter(SHOWN_STATES[state], text, before=before, limit=PAGE_ROWS + 1)
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        found = list_deliveries(session, wanted, tenant_id=visit.who.tenant_id)
    rows = found[:PAGE_ROWS]
    newest = "/queue?" + urlencode({"text": text, "state": state})
    return visit.page(
        "queue/list.html",
        room="queue",
        rows=rows,
        text=text,
        state=state,
        is_later_page=before is not None,
        newest=newest,
        older=f"{newest}&before={rows[-1].id}" if len(found) > PAGE_ROWS else "",
    )


def show_delivery(visit: Visit) -> Response:
    """One copy, whatever became of it."""
    return _page_of(visit, _delivery(visit))


def retry(visit: Visit) -> Response:
    """Have it tried now."""

    def change(session: Session, number: int) -> Delivery:
        return retry_delivery(session, number, tenant_id=visit.who.tenant_id, now=visit.now)

    return _change(visit, "queue.retry", change)


def hold(visit: Visit) -> Response:
    """Hold it back until somebody has it tried."""

    def change(session: Session, number: int) -> Delivery:
        return hold_delivery(session, number, tenant_id=visit.who.tenant_id, who=visit.who.email, now=visit.now)

    return _change(visit, "queue.hold", change)


def ask_before_drop(visit: Visit) -> Response:
    """The step before dropping it."""
    delivery = _delivery(visit)
    if delivery.state is not DeliveryState.QUEUED:
        return go_to(f"/queue/{delivery.id}")
    return visit.page("queue/drop.html", room="queue", delivery=delivery)


def drop(visit: Visit) -> Response:
    """Take it out of the queue for good."""

    def change(session: Session, number: int) -> Delivery:
        return drop_delivery(session, number, tenant_id=visit.who.tenant_id, who=visit.who.email, now=visit.now)

    return _change(visit, "queue.drop", change)


def _change(visit: Visit, action: str, change: Callable[[Session, int], Delivery]) -> Response:
    number = visit.number("delivery")
    try:
        with visit.around.database.unit_of_work(OfTenant(visit.who.tenant_id)) as session:
            delivery = change(session, number)
            record_action(
                session,
                at=visit.now,
                tenant_id=visit.who.tenant_id,
                who=visit.who.email,
                action=action,
                subject=str(number),
                details={"recipient": delivery.recipient, "message_id": delivery.facts.message_id},
            )
    except WrongState as refusal:
        return _page_of(visit, _delivery(visit), 409, refusal=str(refusal))
    return go_to(f"/queue/{number}")


def _page_of(visit: Visit, delivery: Delivery, status: int = 200, refusal: str = "") -> Response:
    return visit.page(
        "queue/delivery.html",
        status,
        room="queue",
        delivery=delivery,
        refusal=refusal,
        is_waiting=delivery.state is DeliveryState.QUEUED,
        next_try=max(delivery.next_attempt_at, delivery.resting_until or delivery.next_attempt_at),
        may_review=visit.access >= Access.REVIEWER,
        may_drop=visit.access >= Access.ADMIN,
    )


def _delivery(visit: Visit) -> Delivery:
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        return get_delivery(session, visit.number("delivery"), tenant_id=visit.who.tenant_id)
