"""What is over a quota is not kept, and nothing of its message is."""

from collections.abc import Mapping, Sequence

import pytest

from mx.decision import Deliver
from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.keep import CannotKeep, Kept
from mx.disposition.quota import WithinQuota
from mx.envelope import Recipient
from tenants.directory import Standing
from tenants.queue.notices import PassedOn, Undelivered
from tenants.quotas import Place
from tenants.storage.database import DatabaseUnavailable
from tests.contracts.disposing import examined, result_of, standing

COPY = Copy(Recipient("a@acme.example"), standing(), Deliver())


class Behind:
    """Keeps everything."""

    def __init__(self) -> None:
        self.kept = 0

    async def keep(
        self,
        message: ExaminedMessage,
        queued: Sequence[Copy],
        held: Mapping[str, Sequence[Copy]],
        owed: Sequence[Undelivered] = (),
    ) -> Kept:
        self.kept += 1
        return Kept({}, {})

    async def owe(self, message: ExaminedMessage, tenant_id: int, owed: Sequence[Undelivered], held: int) -> None:
        self.kept += 1

    async def owe_success(self, message: ExaminedMessage, standing: Standing, owed: Sequence[PassedOn]) -> None:
        self.kept += 1


class Fullness:
    """Quotas of which one place is full."""

    def __init__(self, full: Place | None) -> None:
        self._full = full

    async def is_full(self, tenant_id: int, place: Place) -> bool:
        if self._full is None:
            raise DatabaseUnavailable("away")
        return place is self._full


@pytest.mark.parametrize("full", [Place.QUEUE, Place.QUARANTINE])
def test_only_what_goes_into_the_full_place_is_not_kept(full: Place) -> None:
    """A full quarantine does not stop the queue, nor the other way round."""
    behind = Behind()
    keeping = WithinQuota(behind, Fullness(full))  # type: ignore[arg-type]
    into_queue = keeping.keep(examined("a@acme.example"), [COPY], {})
    into_quarantine = keeping.keep(examined("a@acme.example"), [], {"infected": [COPY]})
    refused, kept = (into_queue, into_quarantine) if full is Place.QUEUE else (into_quarantine, into_queue)
    with pytest.raises(CannotKeep, match=f"the tenant's {full.name.lower()} is full"):
        result_of(refused)
    result_of(kept)
    assert behind.kept == 1


def test_a_database_that_is_away_keeps_nothing() -> None:
    """The sender comes back."""
    with pytest.raises(CannotKeep, match="away"):
        result_of(WithinQuota(Behind(), Fullness(None)).keep(examined("a@acme.example"), [COPY], {}))  # type: ignore[arg-type]


def test_what_is_owed_goes_through() -> None:
    """A report about a message that is held already takes no room."""
    behind = Behind()
    keeping = WithinQuota(behind, Fullness(Place.QUARANTINE))  # type: ignore[arg-type]
    result_of(keeping.owe(examined("a@acme.example"), 1, (), 5))
    result_of(keeping.owe_success(examined("a@acme.example"), COPY.standing, ()))
    assert behind.kept == 2
