"""The verdict cache: never an answer of other signatures, of another engine, or of another class."""

from hypothesis import given
from hypothesis import strategies as st

from mx.engines.answer import Alert, Clean
from mx.engines.verdict_cache import UNVERSIONED_SECONDS, VERSIONED_SECONDS, VerdictCache
from mx.finding import Severity


def test_an_answer_is_remembered_with_its_class() -> None:
    """*encrypted* stays encrypted, and is not made *infected* or *clean*."""
    cache = VerdictCache()
    for number, severity in enumerate(Severity):
        cache.remember("clamd", "1", str(number), Alert("Name", severity), 0)
    for number, severity in enumerate(Severity):
        assert cache.look_up("clamd", "1", str(number), 1) == Alert("Name", severity)


def test_other_signatures_forget_what_the_old_ones_said() -> None:
    """A false positive that was mended, and what only new signatures know; also where they were taken back."""
    for other in ("2", ""):
        cache = VerdictCache()
        cache.remember("clamd", "1", "digest", Alert("False.Positive", Severity.INFECTED), 0)
        assert cache.look_up("clamd", other, "digest", 0) is None
        assert cache.look_up("clamd", "1", "digest", 0) is None, "it is gone for good"
        assert len(cache) == 0


def test_each_engine_has_its_own_answers() -> None:
    """And each content."""
    cache = VerdictCache()
    cache.remember("clamd", "1", "digest", Clean(), 0)
    assert cache.look_up("icap", "1", "digest", 0) is None
    assert cache.look_up("clamd", "1", "other", 0) is None


def test_answers_grow_old() -> None:
    """Those of an engine that does not say which signatures it has do so soon."""
    for signatures, seconds in (("1", VERSIONED_SECONDS), ("", UNVERSIONED_SECONDS)):
        cache = VerdictCache()
        cache.remember("clamd", signatures, "digest", Clean(), 100)
        assert cache.look_up("clamd", signatures, "digest", 99.9 + seconds) == Clean()
        assert cache.look_up("clamd", signatures, "digest", 100 + seconds) is None


def test_what_was_not_asked_for_longest_goes_first() -> None:
    """The cache is bounded; with no entries it keeps nothing."""
    cache = VerdictCache(2)
    for digest in ("a", "b"):
        cache.remember("clamd", "1", digest, Clean(), 0)
    cache.look_up("clamd", "1", "a", 0)
    cache.remember("clamd", "1", "c", Clean(), 0)
    assert [cache.look_up("clamd", "1", digest, 0) for digest in "abc"] == [Clean(), None, Clean()]
    none = VerdictCache(0)
    none.remember("clamd", "1", "a", Clean(), 0)
    assert none.look_up("clamd", "1", "a", 0) is None


_WORDS = st.sampled_from(["a", "b", "c"])
_ANSWERS = st.one_of(st.just(Clean()), st.builds(Alert, _WORDS, st.sampled_from(Severity)))


@given(st.lists(st.tuples(_WORDS, _WORDS, _WORDS, st.one_of(st.none(), _ANSWERS))))
def test_never_is_anything_told_but_the_last_that_was_said(
    steps: list[tuple[str, str, str, Clean | Alert | None]],
) -> None:
    """Of this engine, with these signatures, about these octets; nothing is always possible."""
    cache, said = VerdictCache(3), dict[tuple[str, str], tuple[str, Clean | Alert]]()
    for engine, signatures, digest, answer in steps:
        if answer is None:
            told = cache.look_up(engine, signatures, digest, 0)
            assert told is None or said[engine, digest] == (signatures, told)
        else:
            cache.remember(engine, signatures, digest, answer, 0)
            said[engine, digest] = (signatures, answer)
