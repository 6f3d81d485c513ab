"""Scenario: two nodes share one PostgreSQL and one bucket, and each of these fails in its turn while mail comes in.

1. Senders write to both nodes; a third of the letters is for a server that is away, so that they must be stored.
2. A node is killed with all its processes and started anew; PostgreSQL is restarted, loses its connections, and is
   frozen for 3 s. In the end the server that was away comes back.
3. Every letter that was answered 250 arrives as it was, and none stands in the queue twice.

`python -m tests.faults.many_nodes` does the same for longer, and judges the times.
"""

import pytest

from tests.faults.many_nodes import run
from tests.servers.program import ServerMissing

pytestmark = pytest.mark.system


def test_nothing_is_lost_when_a_node_or_the_database_fails() -> None:
    """One fault of each kind."""
    try:
        outcome = run(rounds=4, letters=120, frozen_seconds=3.0, seed=4)
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
    account = outcome.account
    assert (account.lost, account.damaged, outcome.rows_twice) == (0, 0, 0)
    assert account.delivered == account.taken >= 120
    assert account.duplicates <= 8, "one for each sender that a kill may have found in the middle"
