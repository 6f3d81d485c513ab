"""The queue's lanes: a tenant's mail for one domain is a lane of its own, so that nobody waits behind another's mail.

A lease asks which lanes have something due (`due_lanes`), gives each tenant its turn (`allot`), and takes the lane's
oldest copies. A lane whose next hop does not answer rests (`rest`): its copies are not touched, however many they are,
until the time has come to see with one transfer whether the next hop is back; one that is taken wakes the lane.

`due_lanes` looks at one row of each lane, by an index, so that it costs what there are lanes, not what there is mail.
What is forgotten of a rest costs an attempt, and nothing else. Figures: docs/decisions/0009.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, func, literal_column, select
from sqlalchemy.orm import Session

from tenants.storage.statements import replace_row
from tenants.storage.tables import queue

RESTS_REMEMBERED = timedelta(days=1)
"""After its end; then the next failure is a first one."""
QUEUED: ColumnElement[str] = literal_column("'queued'")
"""Written out in every statement: with a parameter in its place, neither database uses an index of queued rows."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A tenant's mail for one domain."""

    tenant_id: int
    domain: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A next hop has not answered, this often in a row, the last time for this reason."""

    failures: int
    reason: str


@dataclass(frozen=True, slots=True)
class DueLane:
    """A lane that has something due."""

    lane: Lane
    due_since: datetime
    rest: Rest | None = None
    """Where its next hop had not answered: one transfer is due, to see."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What one runner may have under way."""

    per_lane: int
    per_tenant: int
    busy: Mapping[Lane, int] = field(default_factory=dict)
    """What it has under way already."""


def allot(lanes: Iterable[DueLane], limit: int, shares: Shares | None) -> dict[Lane, int]:
    """How many copies to take from each lane: always one more of the tenant that has least under way. Pure.

    Without shares, the lanes share the limit, and nothing else bounds them.
    """
    busy, per_tenant = (shares.busy, shares.per_tenant) if shares else ({}, limit)
    of_tenant: Counter[int] = Counter()
    for lane, count in busy.items():
        of_tenant[lane.tenant_id] += count
    turns: dict[int, list[tuple[int, datetime, str, int]]] = {}
    for due in lanes:
        under_way = busy.get(due.lane, 0)
        most = 1 if due.rest else (shares.per_lane if shares else limit)
        if under_way < most:
            turns.setdefault(due.lane.tenant_id, []).append((under_way, due.due_since, due.lane.domain, most))
    tenants = [(of_tenant[tenant], min(turn[1] for turn in own), tenant) for tenant, own in turns.items()]
    for own in turns.values():
        heapq.heapify(own)
    heapq.heapify(tenants)
    allotted: Counter[Lane] = Counter()
    while tenants and allotted.total() < limit:
        under_way, since, tenant = heapq.heappop(tenants)
        if under_way >= per_tenant:
            continue
        in_lane, due_since, domain, most = heapq.heappop(turns[tenant])
        allotted[Lane(tenant, domain)] += 1
        if in_lane + 1 < most:
            heapq.heappush(turns[tenant], (in_lane + 1, due_since, domain, most))
        if turns[tenant]:
            heapq.heappush(tenants, (under_way + 1, since, tenant))
    return dict(allotted)


def due_lanes(session: Session, now: datetime) -> tuple[DueLane, ...]:
    """The lanes with a copy whose time has come, but for those that rest."""
    table, rest = queue.delivery, queue.lane_rest
    head = _heads()
    wanted = (
        select(table.c.tenant_id, table.c.domain, table.c.next_attempt_at, rest.c.failures, rest.c.reason)
        .select_from(head)
        .join(table, table.c.id == head.c.id)
        .outerjoin(rest, and_(rest.c.tenant_id == table.c.tenant_id, rest.c.domain == table.c.domain))
        .where(table.c.next_attempt_at <= now, func.coalesce(rest.c.until <= now, ~false()))
    )
    return tuple(
        DueLane(
            Lane(row.tenant_id, row.domain),
            row.next_attempt_at,
            None if row.failures is None else Rest(row.failures, row.reason),
        )
        for row in session.execute(wanted)
    )


def _heads() -> Any:
    """The number of the first row of each lane: each is found by two steps in the index, from the one before."""
    known, row = queue.delivery.alias("known"), queue.delivery.alias("row")
    ordered = select(row.c.id).where(row.c.state == QUEUED)
    ordered = ordered.order_by(row.c.tenant_id, row.c.domain, row.c.next_attempt_at).limit(1)
    head = select(ordered.scalar_subquery().label("id")).cte("head", recursive=True)
    # Said in two, because SQLite seeks by the first column alone where both are compared as a pair.
    of_same = ordered.where(row.c.tenant_id == known.c.tenant_id, row.c.domain > known.c.domain)
    of_next = ordered.where(row.c.tenant_id > known.c.tenant_id)
    beyond = func.coalesce(of_same.correlate(known).scalar_subquery(), of_next.correlate(known).scalar_subquery())
    return head.union_all(select(beyond).select_from(head.join(known, known.c.id == head.c.id)))


def rest(session: Session, lane: Lane, *, failures: int, reason: str, until: datetime, now: datetime) -> None:
    """Offer nothing of this lane until then: its next hop did not answer."""
    table = queue.lane_rest
    session.execute(delete(table).where(table.c.until < now - RESTS_REMEMBERED))
    keys = {"tenant_id": lane.tenant_id, "domain": lane.domain}
    replace_row(session, table, keys, {"until": until, "failures": failures, "reason": reason})


def wake(session: Session, lane: Lane) -> None:
    """The lane's next hop answers, or is to be asked at once."""
    table = queue.lane_rest
    session.execute(delete(table).where(table.c.tenant_id == lane.tenant_id, table.c.domain == lane.domain))


def wake_all(session: Session, *, tenant_id: int | None) -> None:
    """Ask the next hops of all this tenant's lanes (None: everybody's) at once."""
    table = queue.lane_rest
    gone = delete(table)
    session.execute(gone if tenant_id is None else gone.where(table.c.tenant_id == tenant_id))
