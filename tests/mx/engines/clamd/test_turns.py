"""Whose question goes out, by a clock of our own."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mx.engines.clamd.turns import PATIENCE_SECONDS, Turn, Turns


class Line:
    """Turns, and who has one."""

    def __init__(self, quick: int = 2, most: int = 4) -> None:
        self.clock = Clock()
        self.turns = Turns(self.clock, quick, most)
        self.asking: dict[str, Deferred[Turn]] = {}

    def ask(self, *names: str) -> None:
        for name in names:
            self.asking[name] = Deferred.fromCoroutine(self.turns.take())

    def answer(self, name: str) -> None:
        self.turns.give_back(self.asking.pop(name).result)

    @property
    def under_way(self) -> str:
        return "".join(name for name, asking in self.asking.items() if asking.called)


def test_so_many_at_once_and_the_others_in_order() -> None:
    """First come, first served."""
    line = Line()
    line.ask(*"abcd")
    assert line.under_way == "ab"
    line.answer("b")
    assert line.under_way == "ac"
    line.answer("c")
    assert line.under_way == "ad"
    line.answer("a")
    line.answer("d")
    assert not line.clock.getDelayedCalls()


def test_a_slow_one_holds_nobody_up() -> None:
    """After a while it counts no longer, and not before."""
    line = Line()
    line.ask(*"abcd")
    line.clock.advance(PATIENCE_SECONDS * 0.9)
    assert line.under_way == "ab"
    line.clock.advance(PATIENCE_SECONDS * 0.2)
    assert line.under_way == "abcd"
    assert not line.clock.getDelayedCalls()


def test_one_who_comes_later_finds_the_place_of_a_slow_one_free() -> None:
    """Nobody had waited for it until then."""
    line = Line()
    line.ask(*"ab")
    line.clock.advance(PATIENCE_SECONDS * 2)
    line.ask("c")
    assert line.under_way == "abc"


def test_slow_ones_are_counted_in_all() -> None:
    """So many and no more, until one of them is over."""
    line = Line()
    line.ask(*"abcdefg")
    line.clock.pump([PATIENCE_SECONDS * 1.1] * 5)
    assert line.under_way == "abcd"
    line.answer("a")
    assert line.under_way == "bcde"
    line.clock.pump([PATIENCE_SECONDS * 1.1] * 5)
    assert line.under_way == "bcde"
    line.answer("b")
    line.answer("c")
    assert line.under_way == "defg"


def test_quick_ones_pass_beside_slow_ones() -> None:
    """With all but one place taken by slow ones, mail goes on, one at a time."""
    line = Line()
    line.ask(*"abcd")
    line.clock.advance(PATIENCE_SECONDS * 1.1)
    line.answer("d")
    line.clock.advance(PATIENCE_SECONDS * 1.1)
    for name in "efgh":
        line.ask(name)
        assert line.under_way == "abc" + name
        line.answer(name)


def test_who_gives_up_leaves_the_line() -> None:
    """And takes nobody's turn with him."""
    line = Line()
    line.ask(*"abcd")
    line.asking.pop("c").addErrback(lambda _cancelled: None).cancel()
    line.answer("a")
    assert line.under_way == "bd"


def test_a_turn_that_is_given_back_at_once_goes_to_the_next() -> None:
    """A daemon that refuses connections: however long the line, and without a call within a call for each."""
    line, refused = Line(1, 1), list[int]()

    async def ask(number: int) -> None:
        turn = await line.turns.take()
        refused.append(number)
        line.turns.give_back(turn)

    line.ask("a")
    asking = [Deferred.fromCoroutine(ask(number)) for number in range(3000)]
    line.answer("a")
    assert refused == list(range(3000))
    assert all(each.called for each in asking)
