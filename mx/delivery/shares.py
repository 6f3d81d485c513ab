"""What one tenant may take of the service: recipients and messages in a minute, and room for mail that waits.

Stands before the call-outs: what is over a tenant's share costs no question to its server, and no scan.

Comes in: a recipient whose domain is taken. Goes out: the reply to RCPT.
Failure: database away: 451. A 451 from here is the tenant's, and never counts against the client.
Limits: as set; 0 is no limit. The processes of a machine count together (`mx/smtp/tally.py`), machines do not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from mx import reply
from mx.reply import Reply
from mx.smtp.tally import Tally
from mx.smtp.traffic import Rates
from tenants.directory import Standing
from tenants.quotas import Place, Quotas
from tenants.storage.database import DatabaseUnavailable


class Verifying(Protocol):
    """What is needed of `CallOuts`."""

    async def answer(self, standing: Standing, address: str) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Share:
    """A tenant's, for each minute; 0 is no limit."""

    messages: int = 0
    recipients: int = 0


class _Kind(Enum):
    MESSAGE = auto()
    RECIPIENT = auto()


class Shares:
    """Answers RCPT for recipients of domains that are taken, within their tenant's share."""

    def __init__(
        self,
        behind: Verifying,
        quotas: Quotas,
        share: Share,
        seconds: Callable[[], float],
        tally: Tally | None = None,
    ) -> None:
        self._behind, self._quotas, self._share = behind, quotas, share
        self._rates = Rates(seconds, tally)

    async def answer(self, standing: Standing, address: str, *, is_first: bool) -> Reply:
        """The reply to RCPT; `is_first` tells that it is the transaction's first recipient."""
        tenant_id, share = standing.tenant_id, self._share
        if is_first and not self._rates.takes(_Kind.MESSAGE, tenant_id, share.messages):
            return reply.TENANT_RATE
        if not self._rates.takes(_Kind.RECIPIENT, tenant_id, share.recipients):
            return reply.TENANT_RATE
        try:
            if await self._quotas.is_full(tenant_id, Place.QUEUE):
                return reply.TENANT_FULL
        except DatabaseUnavailable:
            return reply.DIRECTORY_UNAVAILABLE
        return await self._behind.answer(standing, address)
