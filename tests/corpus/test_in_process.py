"""The whole corpus by the default policy: nothing hidden is delivered, nothing clean is stopped."""

import collections
from collections.abc import Mapping, Sequence

import pytest

from tests.corpus.case import Case
from tests.corpus.in_process import InProcess
from tests.corpus.index import all_cases, pairs

ROOMS = (
    "type", "boundary", "header-end", "encoding", "line-ends", "body", "structure", "archive", "password", "bomb",
    "unread", "document", "locked-document", "text", "nul", "script", "html", "charset", "card", "clean-program",
    "clean-shape", "clean-header", "clean-text", "clean-charset", "clean-file", "clean-document", "clean-private",
    "clean-signed",
)  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> InProcess:
    """One judge for all."""
    return InProcess()


@pytest.fixture(scope="module")
def by_room() -> Mapping[str, Sequence[Case]]:
    """All cases by their class."""
    rooms: dict[str, list[Case]] = collections.defaultdict(list)
    for case in all_cases():
        rooms[case.room].append(case)
    return rooms


def test_every_class_is_judged(by_room: Mapping[str, Sequence[Case]]) -> None:
    """A new class needs its name here."""
    assert set(by_room) == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_message_of_this_class_is_misjudged(
    room: str, by_room: Mapping[str, Sequence[Case]], judge: InProcess
) -> None:
    """Hidden: refused. Clean: delivered, marked at most."""
    judged = [judge.judge(case) for case in by_room[room]]
    assert [each.line for each in judged if not each.is_right] == []


def test_two_tricks_together_hide_no_more_than_one(judge: InProcess) -> None:
    """A thousand pairs, others each time the seed is changed; `make corpus` sends them through the program."""
    judged = [judge.judge(case) for case in pairs(1000, seed=7)]
    assert [each.line for each in judged if not each.is_right] == []
