"""What one message may cost."""

from collections.abc import Callable

import pytest

from mx.anatomy.budget import Budget, LimitReached, Limits


def _budget(**limits: int) -> Budget:
    return Budget(lambda: 0.0, Limits(**limits))  # type: ignore[arg-type]


SPENDING: list[tuple[str, Budget, Callable[[Budget], None]]] = [
    ("artifacts", _budget(artifacts=3), Budget.charge_artifact),
    ("octets", _budget(unpacked_octets=3), lambda budget: budget.charge_octets(1)),
    ("readings", _budget(further_readings=3), Budget.charge_reading),
]


@pytest.mark.parametrize(("what", "budget", "spend"), SPENDING)
def test_the_limit_itself_is_allowed(what: str, budget: Budget, spend: Callable[[Budget], None]) -> None:
    """Three of three are spent, the fourth is refused and names the limit."""
    for _ in range(3):
        spend(budget)
    with pytest.raises(LimitReached) as reached:
        spend(budget)
    assert (reached.value.what, reached.value.is_final) == (what, True)


def test_time_is_counted_from_the_start() -> None:
    """The clock's own zero does not matter."""
    now = [100.0]
    budget = Budget(lambda: now[0], Limits(cpu_seconds=10))
    now[0] = 109.0
    budget.check_time()
    assert budget.seconds_left == 1.0
    now[0] = 110.5
    with pytest.raises(LimitReached, match="time"):
        budget.check_time()


@pytest.mark.parametrize(
    ("octets_in", "octets_out", "is_bomb"),
    [
        (1, 16 << 20, False),
        (1, (16 << 20) + 1, True),
        (20_000, 20_000_000, False),
        (20_000, 20_000_001, True),
        (0, 1, False),
    ],
)
def test_only_large_and_dense_is_a_bomb(octets_in: int, octets_out: int, is_bomb: bool) -> None:
    """1,000 : 1 counts from 16 MiB on; a bomb ends its own artifact, not the walk."""
    try:
        _budget().check_ratio(octets_in, octets_out)
    except LimitReached as reached:
        assert is_bomb
        assert not reached.is_final
    else:
        assert not is_bomb
