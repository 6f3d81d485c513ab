"""What other parsers extract is among our artifacts: a short run; `make fuzz` does the long one."""

import pytest

from tests.corpus.index import tricks
from tests.corpus.letter import hide
from tests.differential.comparing import compare
from tests.differential.mutated import Mutated, mutated
from tests.differential.parsers_here import ParsersHere, parsers_here


@pytest.fixture(scope="module")
def here():  # type: ignore[no-untyped-def]
    """The parsers of this machine."""
    with parsers_here() as found:
        yield found


def differences(messages: list[Mutated], here: ParsersHere) -> list[str]:
    return [
        f"{each.message.number} [{each.message.recipe}] {lacking.parser} {lacking.kind} {lacking.octets[:60]!r}"
        for each in compare(messages, here.parsers)
        for lacking in each.lacking
    ]


def test_every_trick_of_the_corpus(here: ParsersHere) -> None:
    """Each trick alone, by every parser."""
    messages = [Mutated(number, hide("x", trick), trick.full_name) for number, trick in enumerate(tricks())]
    assert differences(messages, here) == []


def test_mutated_messages(here: ParsersHere) -> None:
    """Three hundred messages that are different each time the seed is."""
    assert differences(list(mutated(seed=1, count=300)), here) == []


def test_every_parser_was_asked(here: ParsersHere) -> None:
    """Skipped, with the reason, where one cannot be run here; the others were asked all the same."""
    if here.lacking:
        pytest.skip("; ".join(here.lacking))


def test_the_same_seed_makes_the_same_messages() -> None:
    """So that a number names a message for good."""
    first = list(mutated(seed=5, count=40))
    assert first == list(mutated(seed=5, count=40))
    assert [first[30]] == list(mutated(seed=5, count=1, start=30))
