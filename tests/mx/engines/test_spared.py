"""What need not be shown: what was examined elsewhere, and what lies in it; never the message itself."""

from dataclasses import replace

from mx.artifact import Artifact
from mx.engines.spared import left_over
from tests.contracts.engine import artifact


def tree() -> list[Artifact]:
    """A message of a text and a zip with a file in it."""
    return [
        artifact(b"message", 0, None, "message"),
        artifact(b"headers", 1, 0, "headers"),
        artifact(b"text", 2, 0, "part"),
        artifact(b"zip", 3, 0, "part"),
        artifact(b"file", 4, 3, "zip-member"),
    ]


def numbers_left(*spared: bytes) -> list[int]:
    digests = {artifact(octets).sha256 for octets in spared}
    return [each.number for each in left_over(tree(), digests)]


def test_a_part_is_spared_with_all_that_lies_in_it() -> None:
    """The others are shown."""
    assert numbers_left(b"zip") == [0, 1, 2]
    assert numbers_left(b"text", b"zip") == [0, 1]
    assert numbers_left(b"file") == [0, 1, 2, 3]


def test_what_changed_is_shown() -> None:
    """Nothing is spared for its place or its name."""
    assert numbers_left() == numbers_left(b"another zip") == [0, 1, 2, 3, 4]


def test_the_message_itself_is_never_spared() -> None:
    """Whatever digests are listed: with it everything would be."""
    assert numbers_left(b"message") == [0, 1, 2, 3, 4]


def test_the_same_octets_elsewhere_are_spared_too() -> None:
    """They are the same octets."""
    twice = [*tree(), replace(artifact(b"zip", 5, 0, "swept"))]
    assert [each.number for each in left_over(twice, {artifact(b"zip").sha256})] == [0, 1, 2]
