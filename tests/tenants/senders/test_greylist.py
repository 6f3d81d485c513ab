"""Greylisting's memory: the first try waits, the second is taken, a proven network waits no more."""

from datetime import datetime, timedelta

import pytest

from tenants.senders.greylist import KEPT_FOR, OFTEN, RETRY_WITHIN, WAIT, forget_old, network_of, note_try
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld

SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)


def tried(
    world: CustomerWorld, now: datetime, *, client: str = "203.0.113.9", sender: str = "a@s.example"
) -> timedelta:
    """How long a try has still to wait."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        return note_try(
            session, tenant_id=world.acme.id, client=client, reverse_path=sender, recipient="b@acme.example", now=now
        )


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_network_counts_as_one_client(client: str, network: str) -> None:
    """Large senders come back from a neighbouring address."""
    assert network_of(client) == network


def test_the_first_try_waits_and_the_next_is_taken(world: CustomerWorld) -> None:
    """From a neighbour too; one that comes too soon waits for the rest; from then on nothing waits."""
    assert tried(world, NOW) == WAIT
    assert tried(world, NOW + SECOND) == WAIT - SECOND
    assert tried(world, NOW + WAIT, client="203.0.113.77") == NOTHING
    assert tried(world, NOW + WAIT + SECOND, sender="A@S.example") == NOTHING
    assert tried(world, NOW + WAIT, sender="other@s.example") == WAIT


def test_a_try_that_never_came_back_begins_again(world: CustomerWorld) -> None:
    """As does one that passed long ago."""
    assert tried(world, NOW) == WAIT
    late = NOW + RETRY_WITHIN + SECOND
    assert tried(world, late) == WAIT
    assert tried(world, late + WAIT) == NOTHING
    assert tried(world, late + WAIT + KEPT_FOR + SECOND) == WAIT


def test_a_network_that_has_proved_itself_waits_no_more(world: CustomerWorld) -> None:
    """Whoever it writes for; another network still does."""
    for number in range(OFTEN):
        sender = f"{number}@s.example"
        assert tried(world, NOW, sender=sender) == WAIT
        assert tried(world, NOW + WAIT, sender=sender) == NOTHING
    assert tried(world, NOW + WAIT, sender="new@s.example") == NOTHING
    assert tried(world, NOW + WAIT, sender="new@s.example", client="198.51.100.1") == WAIT


def test_what_counts_no_more_is_forgotten(world: CustomerWorld) -> None:
    """Tries that never came back after two days, what passed after five weeks."""
    tried(world, NOW)
    tried(world, NOW, sender="b@s.example")
    tried(world, NOW + WAIT, sender="b@s.example")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert forget_old(session, NOW + RETRY_WITHIN) == 0
        assert forget_old(session, NOW + RETRY_WITHIN + SECOND) == 1
        assert forget_old(session, NOW + WAIT + KEPT_FOR + SECOND) == 2
