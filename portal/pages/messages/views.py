"""Recent messages: a list with what became of each, and one message's way, event by event.

Each view reads the tenant's messages alone; another tenant's transaction is answered 404.

Limits: pages of 50; a message's row and events may appear up to a second after the sender was answered.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from portal.pages.messages.fates import CopyFate, Fate, fates
from portal.visit import PageRefused, Visit
from tenants.storage.viewpoint import OfTenant
from tenants.trace.book import events_of, find
from tenants.trace.messages import PAGE_ROWS, MessageFacts, list_messages

LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One line of the list."""

    facts: MessageFacts
    fates: tuple[Fate, ...]
    """Each fate among the copies once."""


def show_list(visit: Visit) -> Response:
    """A page of messages, newest first."""
    text = visit.query.get("text", "")[:LONGEST_SEARCH]
    before = visit.query.get("before", "")
    tenant_id = visit.who.tenant_id
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        found = list_messages(session, tenant_id=tenant_id, search=text, before=before, limit=PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        events = events_of(session, [facts.transaction for facts in shown])
    rows = [MessageRow(facts, _distinct(fates(facts.recipients, events.get(facts.transaction, ())))) for facts in shown]
    newest = "/messages?" + urlencode({"text": text})
    older = newest + "&" + urlencode({"before": shown[-1].transaction}) if len(found) > PAGE_ROWS else ""
    return visit.page(
        "messages/list.html",
        room="messages",
        rows=rows,
        text=text,
        is_later_page=bool(before),
        newest=newest,
        older=older,
    )


def show_message(visit: Visit) -> Response:
    """One message: its facts, the fate of each copy, every event."""
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        found = find(session, tenant_id=visit.who.tenant_id, transaction=visit.path_values["transaction"])
    if not found:
        raise PageRefused(404)
    trace = found[0]
    copies = fates(trace.facts.recipients, trace.events)
    return visit.page("messages/message.html", room="messages", facts=trace.facts, events=trace.events, copies=copies)


def _distinct(copies: tuple[CopyFate, ...]) -> tuple[Fate, ...]:
    return tuple(dict.fromkeys(copy.fate for copy in copies))
