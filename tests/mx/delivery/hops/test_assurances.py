"""What is kept of what DNSSEC says, and who waits for it."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mx.delivery.hops.assurances import BELIEVED_SECONDS, MOST_ASKED, MOST_BELIEVED, Assurances
from mx.delivery.hops.dane import Assurance, NotSecure, Place

MAIL = Place("", "mail.acme.example", 25)
FOUND = Assurance(True, "mail.acme.example")


class Slow:
    """A `Dane` that answers when it is told to."""

    is_possible = True

    def __init__(self) -> None:
        self.asked: list[Place] = []
        self.answers: list[Deferred[Assurance]] = []

    async def assurance(self, place: Place) -> Assurance:
        self.asked.append(place)
        self.answers.append(Deferred())
        return await self.answers[-1]


class World:
    """On a clock."""

    def __init__(self) -> None:
        self.clock, self.slow = Clock(), Slow()
        self.assurances = Assurances(self.clock, self.slow)  # type: ignore[arg-type]

    def ask(self, place: Place = MAIL) -> Sequence[object]:
        """Where the result will be."""
        results: list[object] = []
        Deferred.fromCoroutine(self.assurances.of(place, 5.0)).addBoth(
            lambda result: results.append(str(result.value) if isinstance(result, Failure) else result)
        )
        return results


def test_an_answer_is_everybodys_and_is_kept_for_a_while() -> None:
    """Then it is asked for anew."""
    world = World()
    results = [world.ask() for _ in range(100)]
    world.slow.answers[0].callback(FOUND)
    assert results == [[FOUND]] * 100 and world.ask() == [FOUND]
    assert world.slow.asked == [MAIL]
    world.clock.advance(BELIEVED_SECONDS)
    assert world.ask() == [] and world.slow.asked == [MAIL, MAIL]


def test_a_failure_is_not_kept() -> None:
    """It says nothing of the next moment."""
    world = World()
    waiting = world.ask()
    world.slow.answers[0].errback(NotSecure("no answer"))
    assert waiting == ["no answer"]
    again = world.ask()
    world.slow.answers[1].callback(FOUND)
    assert again == [FOUND]


def test_a_resolver_that_is_silent_takes_few_threads_and_ends_no_wait_well() -> None:
    """Whatever the number of hosts."""
    world = World()
    places = [Place("", f"{number}.example", 25) for number in range(9)]
    waiting = [world.ask(place) for place in places]
    assert world.slow.asked == places[:MOST_ASKED]
    world.clock.advance(5.0)
    assert [one for [one] in waiting] == [
        f"whether {place.host} has TLSA records could not be looked up in time" for place in places
    ]
    for answer in world.slow.answers[:MOST_ASKED]:
        assert answer.called
    fresh = world.ask()
    world.slow.answers[-1].callback(FOUND)
    assert fresh == [FOUND]


def test_what_is_kept_is_bounded() -> None:
    """A message names its next hop; nobody can have us remember more than so many."""
    world = World()
    for number in range(MOST_BELIEVED + 1):
        world.ask(Place("", f"{number}.example", 25))
        world.slow.answers[-1].callback(FOUND)
    world.ask(Place("", "0.example", 25))
    assert len(world.slow.asked) == MOST_BELIEVED + 2


def test_without_a_resolver_there_is_nothing_to_ask() -> None:
    """A name that the route itself has is sure all the same."""
    world = World()
    world.slow.is_possible = False
    assert world.ask() == [Assurance(is_name_sure=True)]
    assert world.ask(Place("acme.example", "mail.acme.example", 25)) == [Assurance(is_name_sure=False)]
    assert world.slow.asked == []
