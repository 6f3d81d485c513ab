"""The two ways of having no records."""

from mx.authentication import questions
from mx.names.failures import DnsFailed, NoSuchName


def test_they_are_told_apart() -> None:
    """One may be over in a minute, the other is an answer; authentication means the first."""
    assert not issubclass(NoSuchName, DnsFailed) and not issubclass(DnsFailed, NoSuchName)
    assert questions.DnsFailed is DnsFailed
