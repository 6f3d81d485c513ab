"""What the tests of disposition stand on: next hops and a storage in memory that fail as told, and examined messages.

`NextHopsInMemory` implements `mx.delivery.contract.Forwarding`, `KeepingInMemory` `mx.disposition.keep.Keeping`. Both
write what was asked of them into one list of steps, so that a test can see what came first.
"""

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mx.delivery.contract import (
    CopyResult,
    Delivered,
    NextHopReply,
    PermanentlyRefused,
    Stage,
    Transfer,
    TransientlyRefused,
    Unreachable,
)
from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.keep import CannotKeep, Kept
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.examination import Examination
from mx.finding import Finding, Severity
from mx.spool import Spool
from mx.verdict import Verdict, VerdictKind
from tenants.directory import Standing, Status
from tenants.domains.routes import Route
from tenants.policies.policy import Policy
from tenants.quarantine.message_record import MessageRecord
from tenants.queue.notices import PassedOn, Undelivered
from tests.contracts.customer_world import NOW

OK = Delivered(NextHopReply(250, "2.0.0", "Ok: queued as 4711"))
LATER = TransientlyRefused(NextHopReply(450, "4.2.1", "Mailbox is busy"), Stage.RECIPIENT)
NEVER = PermanentlyRefused(NextHopReply(550, "5.1.1", "No such user"), Stage.RECIPIENT)
AWAY = Unreachable("connection refused")
MESSAGE = b"Subject: Invoice\r\nFrom: author@supplier.example\r\n\r\nGood morning.\r\n"
EICAR_FOUND = Finding("yara", "EICAR-Test-File", 0, Severity.INFECTED)
Result = TypeVar("Result")


@dataclass
class NextHopsInMemory:
    """Every recipient's next hop answers as `answers` says, and takes everything else."""

    answers: Mapping[str, CopyResult] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    transfers: list[tuple[tuple[Route, ...], Transfer]] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    """What each transfer brought, headers on top included."""
    seconds: list[float] = field(default_factory=list)
    """How long each transfer might take."""

    async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        self.steps.append("forward")
        self.seconds.append(seconds)
        self.transfers.append((tuple(routes), transfer))
        self.contents.append(transfer.headers_on_top + b"".join(transfer.content.chunks()))
        return tuple(self.answers.get(recipient, OK) for recipient in transfer.recipients)

    @property
    def offered(self) -> list[str]:
        """Every recipient whose copy was offered to a next hop."""
        return [recipient for _, transfer in self.transfers for recipient in transfer.recipients]

    @property
    def taken(self) -> list[str]:
        """Those whose copy a next hop took."""
        return [recipient for recipient in self.offered if isinstance(self.answers.get(recipient, OK), Delivered)]


@dataclass
class KeepingInMemory:
    """Keeps rows in a list; each call to it can be made to fail, before or after anything was forwarded."""

    steps: list[str] = field(default_factory=list)
    fails_before: bool = False
    """Fails while nothing has been forwarded."""
    fails_after: bool = False
    """Fails once something has been forwarded."""
    rows: list[tuple[str, str]] = field(default_factory=list)
    """Recipient, and `queue` or the reason it is held for; the number of a row is its place plus one."""

    messages: list[ExaminedMessage] = field(default_factory=list)
    """What was kept, as it was to be kept."""
    owed: list[Undelivered] = field(default_factory=list)
    """What the sender is owed to know."""
    owed_success: list[PassedOn] = field(default_factory=list)

    async def keep(
        self,
        message: ExaminedMessage,
        queued: Sequence[Copy],
        held: Mapping[str, Sequence[Copy]],
        owed: Sequence[Undelivered] = (),
    ) -> Kept:
        self._begin(owed)
        self.messages.append(message)
        numbers = {copy.recipient: self._add(copy, "queue") for copy in queued}
        return Kept(
            numbers, {reason: [self._add(copy, reason) for copy in group][-1] for reason, group in held.items()}
        )

    async def owe(self, message: ExaminedMessage, tenant_id: int, owed: Sequence[Undelivered], held: int) -> None:
        assert self.rows[held - 1]
        self._begin(owed)

    async def owe_success(self, message: ExaminedMessage, standing: Standing, owed: Sequence[PassedOn]) -> None:
        self._begin(())
        self.owed_success += owed

    def _begin(self, owed: Sequence[Undelivered]) -> None:
        self.steps.append("keep")
        if self.fails_after if "forward" in self.steps else self.fails_before:
            raise CannotKeep("no space left on device")
        self.owed += owed

    def _add(self, copy: Copy, where: str) -> int:
        self.rows.append((copy.recipient.address, where))
        return len(self.rows)


def standing(host: str = "mail.acme.example", **changes: Any) -> Standing:
    """A domain of tenant 1 with one route; without a host, with none."""
    values: dict[str, Any] = {
        "tenant_id": 1,
        "domain": "acme.example",
        "routes": (Route("smtp", host, 25),) if host else (),
    }
    return Standing(**({"status": Status.ACCEPTED} | values | changes))


def spooled(content: bytes = MESSAGE) -> Spool:
    """A frozen spool in memory."""
    spool = Spool()
    spool.write(content)
    spool.freeze()
    return spool


def envelope_for(*addresses: str, transaction: str = "0" * 22) -> Envelope:
    """An envelope for these recipients."""
    client = Client("203.0.113.9", 40000, "mail.supplier.example", True, "TLSv1.3")
    recipients = tuple(map(Recipient, addresses))
    return Envelope(transaction, client, ReversePath("author@supplier.example"), recipients, False, False, NOW)


def examination(kind: VerdictKind = VerdictKind.CLEAN, *findings: Finding, subject: str = "Invoice") -> Examination:
    """What was found out about a message."""
    record = MessageRecord(preview="Good morning.\n").to_json()
    return Examination(Verdict(kind, findings), (), record, "<1@supplier.example>", subject, ("yara/1.0",), 0.25)


def examined(*addresses: str, result: Examination | None = None, content: bytes = MESSAGE) -> ExaminedMessage:
    """An examined message for these recipients."""
    spool = spooled(content)
    return ExaminedMessage(envelope_for(*addresses), spool, spool, b"Received: x\r\n", result or examination())


async def never_examined(octets: Spool, seconds: float, policy: Policy) -> Examination:
    """Examines nothing a second time: for what is not to be cleaned."""
    raise AssertionError("nothing was to be examined again")


def result_of(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine gives that waits for nothing."""
    ended: list[Any] = []
    Deferred.fromCoroutine(coroutine).addBoth(ended.append)
    (result,) = ended
    if isinstance(result, Failure):
        result.raiseException()
    return result  # type: ignore[no-any-return]
