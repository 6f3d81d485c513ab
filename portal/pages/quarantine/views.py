"""The quarantine in the portal: the list, one message, the two steps of a release and of a deletion.

Every view goes through the book with the visitor's tenant; what another tenant holds is answered 404. Mail is not
opened here: the MessageRecord that a cell made is shown. A release is asked for, not done: a worker scans the message
again, and the message's page shows how that ended.
Readers look; reviewers release and delete what is not infected; administrators and owners also what is, after a tick.

Failure: a message that meanwhile is released or deleted: its page, which says so. A record that cannot be read: the
page without it.
Limits: pages of 50; searches of 200 characters.
"""

import hashlib
import logging
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import Response

from portal.pages.quarantine.artifact_tree import place_of, tree_rows
from portal.visit import Access, PageRefused, Visit, go_to, parse_number
from tenants.customers.audit import record_action
from tenants.quarantine.book import (
    STILL_HELD,
    FindingNote,
    HeldFilter,
    HeldMessage,
    HeldState,
    delete_held,
    get_held,
    held_blobs,
    list_held,
)
from tenants.quarantine.message_record import MessageRecord, RecordError
from tenants.refusals import NotFound, WrongState
from tenants.release import request_release
from tenants.storage.blobs.contract import BlobMissing
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.viewpoint import OfTenant
from tenants.trace.messages import PAGE_ROWS

_log = logging.getLogger(__name__)
LONGEST_SEARCH = 200
SHOWN_STATES = {
    "waiting": STILL_HELD,
    "released": (HeldState.RELEASED,),
    "deleted": (HeldState.DELETED,),
    "all": tuple(HeldState),
}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding and, in names, where in the message it is."""

    engine: str
    name: str
    severity: str
    place: tuple[str, ...]


def show_list(visit: Visit) -> Response:
    """A page of held messages, newest first."""
    text = visit.query.get("text", "")[:LONGEST_SEARCH]
    state = visit.query.get("state", "waiting")
    if state not in SHOWN_STATES:
        raise PageRefused(422)
    before = _before(visit)
    wanted = HeldFilter(states=SHOWN_STATES[state], search=text, before=before, limit=PAGE_ROWS + 1)
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        found = list_held(session, wanted, tenant_id=visit.who.tenant_id)
    rows = found[:PAGE_ROWS]
    query = {"text": text, "state": state}
    return visit.page(
        "quarantine/list.html",
        room="quarantine",
        rows=rows,
        text=text,
        state=state,
        is_later_page=before is not None,
        newest="/quarantine?" + urlencode(query),
        older="/quarantine?" + urlencode(query | {"before": rows[-1].id}) if len(found) > PAGE_ROWS else "",
    )


def show_message(visit: Visit) -> Response:
    """One message, in whatever state it is."""
    held = _held(visit)
    record = _record(visit, held) if held.state in STILL_HELD else None
    rows, left_out = tree_rows(record.artifacts if record else ())
    return visit.page(
        "quarantine/message.html",
        room="quarantine",
        held=held,
        record=record,
        tree=rows,
        left_out=left_out,
        findings=_finding_lines(held.findings, record),
        odd=record.explained() if record else (),
        is_on_its_way=held.state in (HeldState.RELEASE_REQUESTED, HeldState.RELEASING),
        can_act=held.state is HeldState.HELD,
        may_decide=_may_decide(visit, held),
        may_review=visit.access >= Access.REVIEWER,
        is_infected=is_infected(held),
    )


def ask_before_release(visit: Visit) -> Response:
    """The step before a release: what was found, once more."""
    held = _held(visit)
    if held.state is not HeldState.HELD:
        return go_to(_address(held))
    return _release_step(visit, held)


def release(visit: Visit) -> Response:
    """Ask for the release, in spite of the findings that the form showed."""
    held = _held(visit)
    if visit.form.get("seen") != fingerprint(held):
        return _release_step(visit, held, is_stale=True, status=409)
    if is_infected(held) and visit.form.get("accept") != "yes":
        return _release_step(visit, held, is_tick_missing=True, status=422)
    _insist_on_deciding(visit, held)
    try:
        with visit.around.database.unit_of_work(OfTenant(visit.who.tenant_id)) as session:
            request_release(
                session,
                held.id,
                tenant_id=visit.who.tenant_id,
                who=visit.who.email,
                override=held.finding_names,
                now=visit.now,
            )
            _note(session, visit, "quarantine.release", held)
    except WrongState:
        _log.info("portal_release_too_late held=%s", held.id)
    return go_to(_address(held))


def ask_before_delete(visit: Visit) -> Response:
    """The step before a deletion."""
    held = _held(visit)
    if held.state is not HeldState.HELD:
        return go_to(_address(held))
    _insist_on_deciding(visit, held)
    return visit.page("quarantine/delete.html", room="quarantine", held=held)


def delete(visit: Visit) -> Response:
    """Delete the message for good."""
    held = _held(visit)
    _insist_on_deciding(visit, held)
    try:
        with visit.around.database.unit_of_work(OfTenant(visit.who.tenant_id)) as session:
            delete_held(session, held.id, tenant_id=visit.who.tenant_id, who=visit.who.email, now=visit.now)
            _note(session, visit, "quarantine.delete", held)
    except WrongState:
        _log.info("portal_delete_too_late held=%s", held.id)
    return go_to(_address(held))


def is_infected(held: HeldMessage) -> bool:
    """Whether malware was recognised in it; then it takes an administrator."""
    return "infected" in (held.verdict, held.reason, *(note.severity for note in held.findings))


def fingerprint(held: HeldMessage) -> str:
    """Stands for what a person was shown; it changes when a later scan finds something else."""
    shown = "\n".join((str(held.id), held.verdict, *held.finding_names))
    return hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()


def _release_step(
    visit: Visit, held: HeldMessage, *, is_stale: bool = False, is_tick_missing: bool = False, status: int = 200
) -> Response:
    _insist_on_deciding(visit, held)
    record = _record(visit, held) if held.state in STILL_HELD else None
    return visit.page(
        "quarantine/release.html",
        status,
        room="quarantine",
        held=held,
        findings=_finding_lines(held.findings, record),
        finding_names=held.finding_names,
        is_infected=is_infected(held),
        is_stale=is_stale,
        is_tick_missing=is_tick_missing,
        seen=fingerprint(held),
    )


def _held(visit: Visit) -> HeldMessage:
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        return get_held(session, visit.number("held"), tenant_id=visit.who.tenant_id)


def _address(held: HeldMessage) -> str:
    return f"/quarantine/{held.id}"


def _before(visit: Visit) -> int | None:
    text = visit.query.get("before", "")
    before = parse_number(text)
    if text and before is None:
        raise PageRefused(422)
    return before


def _may_decide(visit: Visit, held: HeldMessage) -> bool:
    return visit.access >= (Access.ADMIN if is_infected(held) else Access.REVIEWER)


def _insist_on_deciding(visit: Visit, held: HeldMessage) -> None:
    if not _may_decide(visit, held):
        raise PageRefused(403)


def _note(session: Session, visit: Visit, action: str, held: HeldMessage) -> None:
    record_action(
        session,
        at=visit.now,
        tenant_id=visit.who.tenant_id,
        who=visit.who.email,
        action=action,
        subject=str(held.id),
        details={"message_id": held.facts.message_id, "findings": ", ".join(held.finding_names)},
    )


def _record(visit: Visit, held: HeldMessage) -> MessageRecord | None:
    try:
        with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
            blob = held_blobs(session, held.id, tenant_id=visit.who.tenant_id).record
        return MessageRecord.from_json(b"".join(visit.around.sealed.read(blob))) if blob else None
    except (NotFound, BlobMissing, SealBroken, RecordError, OSError) as error:
        _log.warning("portal_record_unreadable held=%s reason=%s", held.id, type(error).__name__)
        return None


def _finding_lines(notes: tuple[FindingNote, ...], record: MessageRecord | None) -> tuple[FindingLine, ...]:
    artifacts = record.artifacts if record else ()
    return tuple(
        FindingLine(note.engine, note.name, note.severity, place_of(artifacts, note.artifact)) for note in notes
    )
