"""Archives that begin anywhere."""

import pytest

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.containers.embedded import CAB, RAR, SEVEN_ZIP, ZIP, stretches_from


@pytest.mark.parametrize(
    ("magic", "octets"),
    [(SEVEN_ZIP, b"7z\xbc\xaf\x27\x1c"), (RAR, b"Rar!\x1a\x07\1"), (CAB, b"MSCF\0\0\0\0"), (ZIP, b"PK\3\4")],
)
def test_finds_every_place_within_the_stretch(magic: object, octets: bytes) -> None:
    """And none outside it."""
    base = octets + b"MZ" + octets + b"x" + octets
    found = stretches_from(Stretch(base, 1, len(base) - 1), magic, Budget(lambda: 0.0))  # type: ignore[arg-type]
    assert [stretch.start for stretch in found] == [len(octets) + 2]


def test_places_are_charged() -> None:
    """A file full of magics ends soon."""
    budget = Budget(lambda: 0.0, Limits(further_readings=5))
    with pytest.raises(LimitReached, match="readings"):
        list(stretches_from(Stretch(b"PK\3\4" * 99, 0, 396), ZIP, budget))
