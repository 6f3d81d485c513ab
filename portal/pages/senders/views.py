"""Sender lists in the portal: look, search, add, remove, take a file; and who changed what.

Readers look; administrators and owners change. A search finds the entries that begin so, and those that the sender
searched for falls under, the one that counts first. Each change is in the audit with its author.

Failure: what is no entry is named, and nothing is changed (422); an entry that somebody else has taken off meanwhile is
off.
Limits: pages of 50; lists are counted up to 100,000; a file of 4 MiB, some 100,000 addresses (the command's: 100 MB).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from portal.visit import Access, PageRefused, Visit, go_to, parse_number
from tenants.list_file import lines_of
from tenants.policies.book import tenant_policy
from tenants.refusals import NotFound, Refusal
from tenants.senders.changes import HEADINGS, Author, entries_in, list_changes, put_and_note, remove_and_note
from tenants.senders.lists import AGENT_NAME, Listing, canonical_entry, count_senders, fitting, keys_of, list_senders
from tenants.storage.viewpoint import OfTenant
from tenants.trace.messages import PAGE_ROWS

LONGEST_SEARCH = 320
LONGEST_NOTE = 500
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing was changed, and what the form said, to be put right."""

    sentence: str = ""
    form: Mapping[str, str] | None = None


def show_list(visit: Visit) -> Response:
    """A page of both lists, or of one."""
    return _show(visit, Trouble())


def add(visit: Visit) -> Response:
    """Put the entries of the form, one a line, on a list."""
    lines = visit.form.get("entries", "").encode("utf-8", "replace")
    return _put(visit, lines, "typed here")


def take_file(visit: Visit) -> Response:
    """Put the entries of a text or CSV file on a list: all, or none."""
    return _put(visit, visit.upload, "that you sent")


def remove(visit: Visit) -> Response:
    """Take one entry off."""
    try:
        with visit.around.database.unit_of_work(OfTenant(visit.who.tenant_id)) as session:
            remove_and_note(session, _author(visit), [visit.form.get("entry", "")])
    except NotFound:
        # Somebody was quicker: it is off, as was asked for.
        pass
    kept = {name: visit.form.get(name, "") for name in ("text", "listing")}
    return go_to("/senders?" + urlencode(kept | {"changed": "removed"}))


def show_changes(visit: Visit) -> Response:
    """Who changed what, newest first."""
    before = parse_number(visit.query.get("before", ""))
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        found = list_changes(session, tenant_id=visit.who.tenant_id, before=before, limit=PAGE_ROWS + 1)
    rows = found[:PAGE_ROWS]
    older = f"/senders/changes?before={rows[-1].id}" if len(found) > PAGE_ROWS else ""
    return visit.page("senders/changes.html", room="senders", rows=rows, older=older, is_later_page=before is not None)


def _put(visit: Visit, raw: bytes, name: str) -> Response:
    note = visit.form.get("note", "").strip()[:LONGEST_NOTE]
    try:
        listing = Listing(visit.form.get("listing", ""))
        entries = entries_in(lines_of(raw, HEADINGS, name))
    except ValueError:
        raise PageRefused(422) from None
    except Refusal as refusal:
        return _show(visit, Trouble(str(refusal), visit.form))
    if not entries:
        return _show(visit, Trouble("There was no entry in it.", visit.form))
    with visit.around.database.unit_of_work(OfTenant(visit.who.tenant_id)) as session:
        count = put_and_note(session, _author(visit), listing, entries, note)
    return go_to("/senders?" + urlencode({"changed": listing.value, "count": count}))


def _author(visit: Visit) -> Author:
    return Author(visit.who.tenant_id, visit.who.email, visit.now)


def _show(visit: Visit, trouble: Trouble) -> Response:
    text = visit.query.get("text", "")[:LONGEST_SEARCH].strip()
    listing, behind = visit.query.get("listing", ""), visit.query.get("behind", "")
    if listing not in ("", *Listing):
        raise PageRefused(422)
    own = visit.who.tenant_id
    with visit.around.database.read(OfTenant(own)) as session:
        found = list_senders(
            session,
            tenant_id=own,
            behind=behind,
            begins=text.lower(),
            listing=Listing(listing) if listing else None,
            limit=PAGE_ROWS + 1,
        )
        falls_under = fitting(session, tenant_id=own, keys=_keys(text))
        counts = count_senders(session, tenant_id=own, most=MOST_COUNTED)
        is_on = AGENT_NAME in tenant_policy(session, tenant_id=own).policy.agents
    rows = found[:PAGE_ROWS]
    first = "/senders?" + urlencode({"text": text, "listing": listing})
    return visit.page(
        "senders/list.html",
        422 if trouble.sentence else 200,
        room="senders",
        rows=rows,
        falls_under=falls_under,
        counts={chosen.value: counts[chosen] for chosen in Listing},
        most_counted=MOST_COUNTED,
        text=text,
        listing=listing,
        is_on=is_on,
        is_later_page=bool(behind),
        first=first,
        next=first + "&" + urlencode({"behind": rows[-1].entry}) if len(found) > PAGE_ROWS else "",
        changed=visit.query.get("changed", ""),
        count=parse_number(visit.query.get("count", "")),
        error=trouble.sentence,
        typed=trouble.form or {},
        may_change=visit.access >= Access.ADMIN,
    )


def _keys(text: str) -> Sequence[str]:
    """What a sender that is searched for falls under; nothing where it is no whole address, domain or network yet."""
    try:
        entry = canonical_entry(text)
    except Refusal:
        return ()
    if "@" in entry:
        return keys_of(entry)
    address, slash, _length = entry.partition("/")
    # A domain's keys are those of any address of it, but for the address itself.
    return keys_of("", address) if slash else keys_of(f"x@{entry}")[1:]
