"""A trial: senders at work on a running gateway, a next hop of changing moods, and the account at the end.

Every letter is of a size that follows from its mark, so that a copy can be told from its digest alone. One recipient's
server is there in all moods by turns; the other's is away until the end, so that what goes to it must be stored.
"""

import hashlib
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from tests.faults.node import AWAY, THERE, lost
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter
from tests.servers.moody_hop import Mood, MoodyHop
from tests.servers.program import wait_until
from tests.servers.senders import Senders

SIZES = (300, 1_000, 4_000, 4_000, 20_000, 100_000, 600_000)
MOOD_SECONDS = 3.0
MOODS = (Mood.UP, Mood.CUTTING, Mood.UP, Mood.SLOW, Mood.AWAY)
"""Away after slow, so that answers are due when connections are cut."""
ARRIVAL_SECONDS = 300.0
LINE = "All quiet, and nothing to report but the weather, which was fair again.\r\n"


def letter_of(mark: str) -> bytes:
    """The letter of this mark, of one of the sizes."""
    size = SIZES[int(hashlib.sha256(mark.encode()).hexdigest(), 16) % len(SIZES)]
    return letter(mark, LINE * (size // len(LINE) + 1))


def recipient_of(number: int) -> str:
    """Every third letter is for the server that is away."""
    return THERE if number % 3 else AWAY


@contextmanager
def moods_by_turns(hop: MoodyHop) -> Iterator[None]:
    """Each mood for a few seconds, again and again; up at the end."""
    ended = threading.Event()

    def turn() -> None:
        for mood in itertools.cycle(MOODS):
            hop.turn(mood)
            if ended.wait(MOOD_SECONDS):
                return

    turning = threading.Thread(target=turn, daemon=True)
    turning.start()
    try:
        yield
    finally:
        ended.set()
        turning.join()
        hop.turn(Mood.UP)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the letters that were answered 250."""

    taken: int
    delivered: int
    lost: int
    damaged: int
    duplicates: int
    by_hop: int
    """Of these, how many follow a copy that a server took without saying so: no program that sends can avoid those."""
    faults: int

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self))


def account(one: Gateway, senders: Senders, there: MoodyHop, away: MoodyHop, faults: int) -> Account:
    """Both servers are up: waits until everything has arrived, or is known to be lost."""
    for hop in (there, away):
        hop.turn(Mood.UP)
    marks = tuple(senders.taken)
    one.do("queue", "retry", "--all")

    def is_settled() -> bool:
        return all(there.copies[mark] or away.copies[mark] for mark in marks) or not one.ask("accounted")

    wait_until(is_settled, "every letter has arrived, or nothing is left to arrive", ARRIVAL_SECONDS)
    copies = {mark: there.copies[mark] + away.copies[mark] for mark in marks}
    damaged = [mark for mark in marks if _digests(mark, there, away) - {hashlib.sha256(letter_of(mark)).hexdigest()}]
    return Account(
        taken=len(marks),
        delivered=sum(count > 0 for count in copies.values()),
        lost=len(lost(one, marks, there, away)),
        damaged=len(damaged),
        duplicates=sum(max(0, count - 1) for count in copies.values()),
        by_hop=sum(min(max(0, count - 1), there.unanswered[mark]) for mark, count in copies.items()),
        faults=faults,
    )


def _digests(mark: str, *hops: MoodyHop) -> set[str]:
    return set().union(*(hop.digests.get(mark, set()) for hop in hops))
