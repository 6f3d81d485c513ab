"""Keeps copies within their tenant's quotas: what is over is not kept, and the sender told to come back.

Comes in: what is to be kept. Goes out: what was kept.
Failure: CannotKeep where queue or quarantine is full; nothing was stored then, and every copy of the message is 451.
"""

from collections.abc import Mapping, Sequence

from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.keep import CannotKeep, Keeping, Kept
from tenants.directory import Standing
from tenants.queue.notices import PassedOn, Undelivered
from tenants.quotas import Place, Quotas
from tenants.storage.database import DatabaseUnavailable


class WithinQuota:
    """A `Keeping` in front of another."""

    def __init__(self, behind: Keeping, quotas: Quotas) -> None:
        self._behind, self._quotas = behind, quotas

    async def keep(
        self,
        message: ExaminedMessage,
        queued: Sequence[Copy],
        held: Mapping[str, Sequence[Copy]],
        owed: Sequence[Undelivered] = (),
    ) -> Kept:
        """See `Keeper.keep`. Raises CannotKeep."""
        wanted = ((Place.QUEUE, queued), (Place.QUARANTINE, held))
        copies = [*queued, *(copy for group in held.values() for copy in group)]
        for place, kept in wanted:
            if kept and await self._is_full(copies[0].standing.tenant_id, place):
                raise CannotKeep(f"the tenant's {place.name.lower()} is full")
        return await self._behind.keep(message, queued, held, owed)

    async def owe(self, message: ExaminedMessage, tenant_id: int, owed: Sequence[Undelivered], held: int) -> None:
        """See `Keeper.owe`: a report takes no room."""
        await self._behind.owe(message, tenant_id, owed, held)

    async def owe_success(self, message: ExaminedMessage, standing: Standing, owed: Sequence[PassedOn]) -> None:
        """See `Keeper.owe_success`: the message is kept for a moment, and is in neither place."""
        await self._behind.owe_success(message, standing, owed)

    async def _is_full(self, tenant_id: int, place: Place) -> bool:
        try:
            return await self._quotas.is_full(tenant_id, place)
        except DatabaseUnavailable as error:
            raise CannotKeep(str(error)) from error
