"""How much a tenant has stored, in queue and quarantine, and whether that is as much as it may.

Comes in: a tenant and a place. Goes out: whether it is full. What the database said is believed for BELIEVED_SECONDS:
a quota costs one question now and then, and is passed by what arrives meanwhile on every node.

Failure: DatabaseUnavailable; whoever asked then stores nothing either.
Limits: MOST_BELIEVED tenants are remembered. Octets are those of bodies and records as stored; what several copies
share counts once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from tenants.quarantine.book import STILL_HELD
from tenants.queue.book import DeliveryState
from tenants.storage.tables import mail, quarantine, queue
from tenants.storage.viewpoint import OfTenant, Viewpoint

BELIEVED_SECONDS = 10.0
MOST_BELIEVED = 10_000
P = ParamSpec("P")
T = TypeVar("T")


class Place(Enum):
    """Where mail is kept."""

    QUEUE = auto()
    QUARANTINE = auto()


@dataclass(frozen=True, slots=True)
class Quota:
    """How many octets one tenant may have in each place; 0 is no limit."""

    queue_octets: int = 0
    quarantine_octets: int = 0

    def of(self, place: Place) -> int:
        return self.queue_octets if place is Place.QUEUE else self.quarantine_octets


class Books(Protocol):
    """What is needed of `DatabaseThreads`."""

    async def read(
        self,
        viewpoint: Viewpoint,
        function: Callable[Concatenate[Session, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T: ...


def stored_octets(session: Session, *, tenant_id: int, place: Place) -> int:
    """What this tenant has stored there."""
    table = queue.delivery if place is Place.QUEUE else quarantine.held
    states = (DeliveryState.QUEUED,) if place is Place.QUEUE else STILL_HELD
    kept = table.c.tenant_id == tenant_id, table.c.state.in_([state.value for state in states])
    names: list[Select[tuple[str]]] = [select(column).where(*kept) for column in (table.c.body, table.c.record)]
    named = or_(*(mail.blob.c.name.in_(each) for each in names))
    counted = select(func.coalesce(func.sum(mail.blob.c.octets), 0)).where(mail.blob.c.tenant_id == tenant_id, named)
    return int(session.scalar(counted) or 0)


class Quotas:
    """Those of one process."""

    def __init__(self, books: Books, seconds: Callable[[], float], quota: Quota) -> None:
        """`seconds` is a clock that never goes back."""
        self._books, self._seconds, self._quota = books, seconds, quota
        self._believed: dict[tuple[int, Place], tuple[float, int]] = {}

    async def is_full(self, tenant_id: int, place: Place) -> bool:
        """Whether nothing more is to be kept there for this tenant. Raises DatabaseUnavailable."""
        most = self._quota.of(place)
        if not most:
            return False
        until, octets = self._believed.get((tenant_id, place), (0.0, 0))
        if self._seconds() >= until:
            octets = await self._books.read(OfTenant(tenant_id), stored_octets, tenant_id=tenant_id, place=place)
            if len(self._believed) >= MOST_BELIEVED:
                self._believed.clear()
            self._believed[tenant_id, place] = self._seconds() + BELIEVED_SECONDS, octets
        return octets >= most
