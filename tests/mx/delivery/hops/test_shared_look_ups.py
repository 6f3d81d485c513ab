"""Who waits for which look-up, and what ends one."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mx.delivery.hops.shared_look_ups import SharedLookUps
from mx.names.failures import DnsFailed


class Slow:
    """A look-up that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.answers: list[Deferred[tuple[str, ...]]] = []

    async def hosts(self, name: str) -> tuple[str, ...]:
        """Waits."""
        self.asked.append(name)
        self.answers.append(Deferred(lambda _: self.given_up.append(name)))
        return await self.answers[-1]


class World:
    """Look-ups on a clock."""

    def __init__(self) -> None:
        self.clock, self.slow = Clock(), Slow()
        self.shared = SharedLookUps(self.slow.hosts, self.clock)

    def ask(self, host: str, seconds: float = 5.0) -> list[object]:
        """Where the result will be."""
        results: list[object] = []
        Deferred.fromCoroutine(self.shared.answer(host, seconds)).addBoth(
            lambda result: results.append(result.type.__name__ if isinstance(result, Failure) else result)
        )
        return results


def test_one_question_answers_all_that_wait_for_it() -> None:
    """Each host for itself; who comes later asks anew."""
    world = World()
    results = [world.ask("a.example") for _ in range(100)]
    world.ask("b.example")
    assert world.slow.asked == ["a.example", "b.example"]
    world.slow.answers[0].callback(("8.8.8.8",))
    assert results == [[("8.8.8.8",)]] * 100
    world.ask("a.example")
    assert world.slow.asked[2:] == ["a.example"]


def test_a_failure_is_everybodys() -> None:
    """And is not kept."""
    world = World()
    results = [world.ask("a.example") for _ in range(3)]
    world.slow.answers[0].errback(DnsFailed("no"))
    assert results == [["DnsFailed"]] * 3
    assert world.ask("a.example") == []
    assert len(world.slow.asked) == 2


def test_each_waits_for_as_long_as_it_will() -> None:
    """The look-up is given up when nobody is left, and not before."""
    world = World()
    short, long = world.ask("a.example", 1.0), world.ask("a.example", 5.0)
    world.clock.advance(1.0)
    assert (short, long, world.slow.given_up) == (["TimeoutError"], [], [])
    world.clock.advance(4.0)
    assert (long, world.slow.given_up) == (["TimeoutError"], ["a.example"])
    assert world.ask("a.example") == []
    assert len(world.slow.asked) == 2
    world.clock.advance(5.0)
    assert not world.clock.getDelayedCalls()


def test_an_answer_that_is_there_at_once_is_given_at_once() -> None:
    """Nothing stays behind."""

    class Quick:
        async def hosts(self, name: str) -> tuple[str, ...]:
            return (name,)

    world = World()
    world.shared = SharedLookUps(Quick().hosts, world.clock)
    assert world.ask("a.example") == [("a.example",)]
    assert world.ask("a.example") == [("a.example",)]
    assert not world.clock.getDelayedCalls()
