"""What is tried on encrypted archives and documents."""

from mx.anatomy.containers.contract import whole
from mx.anatomy.passwords import MOST_CANDIDATES, candidates


def test_every_word_is_tried_with_and_without_what_stands_around_it() -> None:
    """A password at the end of a sentence is tried without its full stop."""
    found = candidates([(whole(b'The password is "infected2024".'), "utf-8")])
    assert "infected2024" in found
    assert '"infected2024".' in found


def test_the_tenants_own_come_first_and_the_number_is_bounded() -> None:
    """However long the text."""
    many = b" ".join(b"word%d" % number for number in range(10_000))
    found = candidates([(whole(many), "")], ["s3cret"])
    assert found[0] == "s3cret"
    assert len(found) == MOST_CANDIDATES
