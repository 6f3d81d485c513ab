"""How far an engine looks, by an engine that does not look far."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mx.artifact import Content
from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.reach import COUNTS_SECONDS, DOUBTFUL_SECONDS, EASY_OCTETS, Reach
from mx.finding import Severity

MEBIBYTE = 1 << 20


class ShortSighted:
    """Finds EICAR in what is at most so large, and says of the rest what it is told."""

    def __init__(self, sees: int, of_the_rest: Answer) -> None:
        self.sees, self.of_the_rest, self.asked = sees, of_the_rest, list[int]()

    async def ask(self, content: Content) -> Answer:
        self.asked.append(content.octets)
        assert sum(map(len, content.chunks())) == content.octets
        return Alert("EICAR", Severity.INFECTED) if content.octets <= self.sees else self.of_the_rest


class Reaches(SynchronousTestCase):
    """On a clock of its own."""

    def setUp(self) -> None:
        self.now = 0.0
        self.engine = ShortSighted(4 * MEBIBYTE, Clean())
        self.reach = Reach(self.engine.ask, (5 * MEBIBYTE,), lambda: self.now)

    def obstacle(self, octets: int) -> TooLarge | NoAnswer | None:
        return self.successResultOf(Deferred.fromCoroutine(self.reach.obstacle(octets)))

    def test_what_is_small_needs_no_canary(self) -> None:
        """Most artifacts are."""
        assert self.obstacle(0) is self.obstacle(EASY_OCTETS) is None
        assert self.engine.asked == []

    def test_one_canary_shows_how_far_it_looks_for_an_hour(self) -> None:
        """It is as large as what is asked about, or larger."""
        for octets in (3 * MEBIBYTE, 4 * MEBIBYTE, 2 * MEBIBYTE + 1):
            assert self.obstacle(octets) is None
        assert self.engine.asked == [4 * MEBIBYTE]
        self.now += COUNTS_SECONDS
        assert self.obstacle(3 * MEBIBYTE) is None
        assert self.engine.asked == [4 * MEBIBYTE] * 2

    def test_clean_of_a_canary_is_not_believed_of_anything(self) -> None:
        """Nor is its word that the canary is beyond its limits."""
        answers = [Clean(), TooLarge(), Alert("Heuristics.Limits", Severity.UNSCANNABLE)]
        for answer in answers:
            self.engine.of_the_rest = answer
            assert self.obstacle(4 * MEBIBYTE + 1) == TooLarge()
            self.now += COUNTS_SECONDS
        assert self.engine.asked == [5 * MEBIBYTE] * len(answers), "never more than the engine's own limit"

    def test_no_answer_about_a_canary_is_none_about_the_artifact(self) -> None:
        """And it is asked again the next time."""
        self.engine.of_the_rest, self.engine.sees = NoAnswer("away"), 0
        assert self.obstacle(5 * MEBIBYTE) == self.obstacle(5 * MEBIBYTE) == NoAnswer("away")
        assert len(self.engine.asked) == 4, "a far one and a near one each time"

    def test_an_engine_that_fails_on_far_canaries_alone_does_not_look_so_far(self) -> None:
        """Or its messages would be deferred for ever; it is asked again soon."""
        self.engine.of_the_rest = NoAnswer("the service sent the octets back")
        assert self.obstacle(5 * MEBIBYTE) == self.obstacle(5 * MEBIBYTE) == TooLarge()
        assert len(self.engine.asked) == 3
        self.now += DOUBTFUL_SECONDS
        self.engine.sees = 5 * MEBIBYTE
        assert self.obstacle(5 * MEBIBYTE) is None

    def test_what_is_larger_than_the_last_limit_is_too_large(self) -> None:
        """Nobody is asked."""
        assert self.obstacle(5 * MEBIBYTE + 1) == TooLarge()
        assert self.engine.asked == []

    def test_beyond_the_first_limit_everything_needs_a_canary(self) -> None:
        """It goes another way there, and that one may not work at all."""
        self.reach = Reach(self.engine.ask, (1000, MEBIBYTE), lambda: self.now)
        assert self.obstacle(1000) is None
        assert self.engine.asked == []
        assert self.obstacle(1001) is None
        assert len(self.engine.asked) == 1
