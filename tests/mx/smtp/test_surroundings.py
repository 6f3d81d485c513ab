"""A peer of whom nothing is known may do nothing that others may not."""

from mx.smtp.surroundings import STRANGER


def test_a_stranger_is_neither_trusted_nor_early() -> None:
    """The default of every connection."""
    assert not STRANGER.is_trusted
    assert not STRANGER.is_early
    assert STRANGER.source is None
