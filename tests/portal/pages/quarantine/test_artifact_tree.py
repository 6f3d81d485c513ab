"""The artifact tree shows every artifact once, whatever its numbers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.pages.quarantine.artifact_tree import tree_rows
from tenants.quarantine.message_record import RecordedArtifact


def _artifact(number: int, parent: int | None) -> RecordedArtifact:
    return RecordedArtifact(number, parent, f"part {number}", "text/plain", "part", 1, "00")


@pytest.mark.parametrize(
    ("artifacts", "rows"),
    [
        ([], []),
        ([(0, None)], [(0, 0)]),
        ([(0, None), (1, 0), (2, 1), (3, 0)], [(0, 0), (1, 1), (2, 2), (3, 1)]),
        ([(0, None), (2, 1), (1, 0)], [(0, 0), (1, 1), (2, 2)]),
        ([(0, None), (1, 99)], [(0, 0), (1, 0)]),
        ([(0, 0)], [(0, 0)]),
        ([(1, 2), (2, 1)], [(1, 0), (2, 1)]),
    ],
)
def test_rows_stand_in_reading_order(artifacts: list[tuple[int, int | None]], rows: list[tuple[int, int]]) -> None:
    """Children follow their parent, one deeper; orphans and circles stand at the left."""
    shown, left_out = tree_rows([_artifact(*numbers) for numbers in artifacts])
    assert [(row.artifact.number, row.depth) for row in shown] == rows
    assert left_out == 0


@pytest.mark.parametrize(
    ("declared", "true", "shown"),
    [
        ("text/plain", "application/x-dosexec", "application/x-dosexec"),
        ("", "application/x-dosexec", "application/x-dosexec"),
        ("application/zip", "application/zip", ""),
        ("text/plain", "", ""),
    ],
)
def test_the_true_type_is_shown_where_it_is_another(declared: str, true: str, shown: str) -> None:
    """And known."""
    artifact = RecordedArtifact(1, None, "a", declared, "part", 1, "00", true)
    assert [row.true_type for row in tree_rows([artifact])[0]] == [shown]


@given(st.lists(st.tuples(st.integers(0, 8), st.none() | st.integers(0, 8)), max_size=20))
def test_every_artifact_has_one_row(numbers: list[tuple[int, int | None]]) -> None:
    """Doubled numbers and circles neither lose nor double a row, and it ends."""
    artifacts = [_artifact(*pair) for pair in numbers]
    shown, left_out = tree_rows(artifacts)
    assert left_out == 0
    assert sorted(row.artifact.number for row in shown) == sorted(artifact.number for artifact in artifacts)


def test_a_long_list_is_cut_and_counted() -> None:
    """The first rows are shown and the others counted."""
    shown, left_out = tree_rows([_artifact(number, number - 1 if number else None) for number in range(10_000)], 50)
    assert (len(shown), left_out) == (50, 9950)
