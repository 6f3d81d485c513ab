"""What must be true of the queue at every moment of its simulation, by an account that the queue has no part in.

Comes in: what the simulation does (a message arrives, copies are leased, a transfer ends, a node crashes), and after
each the rows as they are in the database. Goes out: nothing, or a Violation that says what must never be.

Limits: times are microseconds since 1970, as the database has them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from tenants.queue.book import DeliveryState
from tests.faults.simulated_parts import Hops, Violation

Key = tuple[str, str]
"""Reverse-path, which is unique to its message, and recipient: one copy."""
LEASE_MICROSECONDS = 120_000_000
_ROWS = "SELECT id, state, next_attempt_at, lease_until, attempts, fence FROM delivery"
_HELD = (
    "SELECT message.reverse_path, held_recipient.address FROM message"
    " JOIN held ON held.transaction_id = message.transaction_id JOIN held_recipient ON held_recipient.held_id = held.id"
)
_OWED = "SELECT count(*) FROM notice"


class Piece(Protocol):
    """A transfer of some copies, under one lease."""

    copies: list[int]
    until: int
    is_over: bool


class Row(NamedTuple):
    """A copy as the database has it."""

    state: str
    next_attempt_at: int
    lease_until: int
    attempts: int
    fence: int


@dataclass(frozen=True, slots=True)
class Queued:
    """A copy that was queued once."""

    key: Key
    expires_at: int


class Oracle:
    """One seed's."""

    def __init__(self, hops: Hops) -> None:
        self.queued: dict[int, Queued] = {}
        self.rows: Mapping[int, Row] = {}
        """As they were after what was done last."""
        self._accidents: Counter[Key] = Counter()
        """For each copy, how often it may have been sent once more."""
        self._leases: dict[int, Piece] = {}
        self._hops = hops

    def note_accident(self, copies: Iterable[int]) -> None:
        """Something that a next hop, or the death of a node, accounts for."""
        for copy in copies:
            self._accidents[self.queued[copy].key] += 1

    def leased(self, piece: Piece, now: int) -> None:
        """These copies' time has come, and nobody else has a living lease on them."""
        for copy in piece.copies:
            if self.rows[copy].next_attempt_at > now:
                raise Violation(f"copy {copy} is leased before its time")
            held = self._leases.get(copy)
            if held is not None and not held.is_over:
                if held.until >= now:
                    raise Violation(f"copy {copy} is leased twice")
                # Its node stood still for longer than the lease, and may send it still.
                self.note_accident([copy])
            self._leases[copy] = piece

    def look(self, session: Session, now: int) -> None:
        """Every copy is where it may be."""
        ask = session.connection().exec_driver_sql
        rows = {number: Row(*rest) for number, *rest in ask(_ROWS)}
        kept: Counter[Key] = Counter((sender, recipient) for sender, recipient in ask(_HELD))
        owed = ask(_OWED).scalar_one()
        self.rows = rows
        if rows.keys() != self.queued.keys():
            raise Violation("a copy is not there any more")
        for number, one in self.queued.items():
            self._look_at(rows[number], one, kept[one.key], now)
        if owed != kept.total():
            raise Violation(f"{kept.total()} copies are undeliverable, and {owed} reports are owed")

    def ended(self, piece: Piece, before: Mapping[int, Row], now: int, *, is_whole: bool) -> None:
        """The transfer's results are settled; not `is_whole`: its node crashed meanwhile."""
        for copy in piece.copies:
            row, is_holder = self.rows[copy], self._leases[copy] is piece
            if not is_holder and row != before[copy]:
                raise Violation(f"copy {copy} was settled under a lease that somebody else has by now")
            if not is_whole or not is_holder:
                continue
            if row.attempts == before[copy].attempts:
                if piece.until >= now:
                    raise Violation(f"copy {copy} was offered, and nothing came of it")
                # Its lease was over, and a node that had it after that gave it back: it may be sent once more.
                self.note_accident([copy])
                continue
            if row.state == DeliveryState.QUEUED and now >= self.queued[copy].expires_at:
                raise Violation(f"copy {copy} is tried beyond its lifetime")

    def _look_at(self, row: Row, one: Queued, held: int, now: int) -> None:
        key, state = one.key, row.state
        if row.lease_until > now + LEASE_MICROSECONDS:
            raise Violation(f"{key} is leased for too long")
        if held != (state == DeliveryState.UNDELIVERABLE):
            raise Violation(f"{key} is {state}, and held {held} times")
        if state == DeliveryState.DELIVERED and not self._hops.taken[key]:
            raise Violation(f"{key} counts as delivered, and nobody has it")
        if state == DeliveryState.UNDELIVERABLE and key not in self._hops.refused and now < one.expires_at:
            raise Violation(f"{key} was given up early")
        if self._hops.taken[key] > 1 + self._accidents[key]:
            raise Violation(f"{key} was sent {self._hops.taken[key]} times after {self._accidents[key]} accidents")
