"""The words of the results are those of RFC 8601."""

from mx.authentication.questions import Result


def test_the_words_are_the_standards() -> None:
    """Section 2.7."""
    expected = {"none", "neutral", "pass", "fail", "softfail", "policy", "temperror", "permerror"}
    assert {result.value for result in Result} == expected
