"""A visit gives views their values, and refuses what names nothing."""

import pytest

from portal.rendering import make_environment
from portal.sessions import Cookies
from portal.visit import ROLE_ACCESS, Access, PageRefused, Surroundings, Visit, go_to, parse_number
from tenants.customers.accounts import Role
from tests.servers.portal_world import BASE_URL, PortalWorld


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("0", 0),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, None),
        ("", None),
        ("-1", None),
        ("٣", None),
        ("1e3", None),
    ],
)
def test_a_number_is_ascii_digits_that_a_row_could_have(text: str, number: int | None) -> None:
    """Everything else names nothing."""
    assert parse_number(text) == number


def test_every_role_has_its_access() -> None:
    """Each step of power opens at least as much."""
    assert set(ROLE_ACCESS) == set(Role)
    ordered = [ROLE_ACCESS[role] for role in Role]
    assert ordered == sorted(ordered, reverse=True)
    assert min(ordered) > Access.ANYONE


def test_going_on_is_by_get() -> None:
    """303, so that loading again does not repeat a POST."""
    answer = go_to("/quarantine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/quarantine")


def test_nobody_is_refused_where_somebody_is_needed(world: PortalWorld) -> None:
    """Without a visitor there is no `who`, and a path value that is no number is 404."""
    around = Surroundings(world.database, world.sealed, make_environment(), BASE_URL, world.clock)
    visit = Visit(around, world.clock.now, {"held": "x"}, {}, {}, Cookies({}, False), "", None)
    assert visit.access is Access.ANYONE
    with pytest.raises(PageRefused) as nobody:
        _ = visit.who
    assert nobody.value.status == 403
    with pytest.raises(PageRefused) as nothing:
        visit.number("held")
    assert nothing.value.status == 404
