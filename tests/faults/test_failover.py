"""PostgreSQL's standby takes over, in short."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.failover import Outcome, failover, url_of
from tests.faults.trial import Account
from tests.servers.program import ServerMissing

pytestmark = pytest.mark.system


def test_the_standby_takes_over_and_nothing_is_lost() -> None:
    """The node finds it by itself."""
    try:
        outcome = failover(letters=60, senders=4, away_seconds=1.0)
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
    # How soon it is back is judged by the script: this suite shares its machine.
    assert replace(outcome, back_seconds=0.0).is_good, str(outcome)


def test_what_is_no_success() -> None:
    """Each in turn."""
    good = Outcome(Account(5, 5, 0, 0, 1, 1, 1), 0, 4.0, Counter({"451": 3}))
    assert good.is_good
    for worse in (
        replace(good, rows_twice=1),
        replace(good, back_seconds=6.0),
        replace(good, answers=Counter({"550": 1})),
        replace(good, account=replace(good.account, lost=1)),
    ):
        assert not worse.is_good


def test_the_url_is_what_postgresql_takes() -> None:
    """And nothing of ours."""
    assert url_of("mail").startswith("postgresql://pratique@/mail")
