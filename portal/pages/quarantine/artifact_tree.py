"""The artifacts of a message in the order and depth of their tree, for showing. Pure.

Comes in: recorded artifacts, each naming its parent by number. Goes out: rows in reading order with their depth.

Failure: numbers from a hostile message may repeat, point nowhere or in a circle; every artifact still gets its one
row, those without a way to a root at depth 0.
Limits: as many rows as the caller asks for; the rest is counted, not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tenants.quarantine.message_record import RecordedArtifact

DEEPEST_PLACE = 4


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One artifact and how deep it lies."""

    artifact: RecordedArtifact
    depth: int

    @property
    def true_type(self) -> str:
        """What it is by its own octets, where that is known and is not what the message declares."""
        artifact = self.artifact
        return artifact.true_type if artifact.true_type != artifact.declared_type else ""


def tree_rows(artifacts: Sequence[RecordedArtifact], most: int = 200) -> tuple[tuple[TreeRow, ...], int]:
    """The first `most` rows of the tree, and the number of artifacts left out."""
    children: dict[int | None, list[int]] = {}
    numbers = {artifact.number for artifact in artifacts}
    for place, artifact in enumerate(artifacts):
        parent = artifact.parent if artifact.parent in numbers and artifact.parent != artifact.number else None
        children.setdefault(parent, []).append(place)
    rows: list[TreeRow] = []
    seen: set[int] = set()
    for root in [*children.get(None, ()), *range(len(artifacts))]:
        # The second half of the list catches circles, which hang from no root.
        waiting = [(root, 0)]
        while waiting:
            place, depth = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            if len(rows) < most:
                rows.append(TreeRow(artifacts[place], depth))
            below = children.get(artifacts[place].number, ())
            waiting.extend((child, depth + 1) for child in reversed(below))
    return tuple(rows), len(artifacts) - len(rows)


def place_of(artifacts: Sequence[RecordedArtifact], number: int) -> tuple[str, ...]:
    """The names from below the message down to this artifact, at most the last four; empty for the message itself."""
    by_number = {artifact.number: artifact for artifact in artifacts}
    names: list[str] = []
    place = by_number.get(number)
    while place is not None and place.parent is not None and len(names) < DEEPEST_PLACE:
        names.append(place.name)
        place = by_number.get(place.parent)
    return tuple(reversed(names))
