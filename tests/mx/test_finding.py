"""Severities and outcomes."""

from mx.finding import Severity


def test_severities_are_listed_worst_first() -> None:
    """`judge` takes the first member that is present, so the order of the members is the rule."""
    assert list(Severity) == [
        Severity.INFECTED,
        Severity.PROHIBITED,
        Severity.UNSCANNABLE,
        Severity.ENCRYPTED,
        Severity.PHISHING,
        Severity.SPAM,
        Severity.SUSPICIOUS,
        Severity.ENCRYPTED_MESSAGE,
    ]
