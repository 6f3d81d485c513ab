"""One piece of a large message a round."""

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from mx.smtp.reading_turns import Place, ReadingTurns


@dataclass
class Loop:
    """A reactor's rounds: what is asked for within one is done in the next. Twisted's `Clock` does it in the same."""

    asked: list[Callable[..., object]] = field(default_factory=list)
    now: float = 0.0

    def seconds(self) -> float:
        """What the test says."""
        return self.now

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """Without delay alone."""
        assert delay == 0
        self.asked.append(callable)
        return Clock().callLater(0, callable)

    def round(self) -> None:
        """Do what was asked for before."""
        asked, self.asked = self.asked, []
        for call in asked:
            call()


def test_one_reads_in_each_round_of_the_loop() -> None:
    """In the order of the line; and nothing is left scheduled when nobody waits."""
    loop, read = Loop(), list[str]()
    turns = ReadingTurns(loop)
    places = {name: Place(turns, lambda _, name=name: read.append(name)) for name in ("a1", "a2", "b1")}  # type: ignore[misc]
    for name, place in places.items():
        place.wait(name[0])
        place.wait(name[0])
    assert read == [] and turns.waiting == 3
    for expected in (["a1"], ["a1", "b1"], ["a1", "b1", "a2"]):
        loop.round()
        assert read == expected
    assert loop.asked == [] and not any(place.is_waiting for place in places.values())


def test_who_has_gone_is_not_called() -> None:
    """The one behind it is, in the same round."""
    loop, read = Loop(), list[str]()
    turns = ReadingTurns(loop)
    gone, left = (Place(turns, lambda _, name=name: read.append(name)) for name in ("gone", "left"))  # type: ignore[misc]
    gone.wait("a")
    left.wait("a")
    gone.leave()
    gone.leave()
    assert turns.waiting == 1
    loop.round()
    assert read == ["left"]


def test_one_that_waits_again_in_its_turn_has_it_in_the_next_round() -> None:
    """As a session does whose next piece is there already."""
    loop, waited = Loop(), list[float]()

    def again(seconds: float) -> None:
        waited.append(seconds)
        place.wait("a")

    place = Place(ReadingTurns(loop), again)
    place.wait("a")
    for rounds in (1, 2, 3):
        loop.now += 0.5
        loop.round()
        assert waited == [0.5] * rounds
