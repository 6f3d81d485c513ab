"""Counts in memory that several processes share."""

import os
import subprocess
import sys

from mx.smtp.tally import PLACES, ROWS, Tally, new_tally

COUNTS = """
import sys
from mx.smtp.tally import Tally
tally = Tally(int(sys.argv[1]))
for _ in range(100):
    tally.add(7, ("kind", "a"), 1)
"""


def test_each_key_has_a_count_of_its_own_in_each_minute() -> None:
    """Any number at a time."""
    tally = Tally()
    assert [tally.add(1, "a", 1), tally.add(1, "a", 5), tally.add(1, "b", 2)] == [1, 6, 2]
    assert tally.add(2, "a", 1) == 1
    assert tally.add(1, "b", 1) == 3


def test_a_count_ends_at_the_most_that_can_be_written() -> None:
    """It does not begin anew."""
    tally = Tally()
    tally.add(1, "a", 2**32 - 2)
    assert [tally.add(1, "a", 1), tally.add(1, "a", 1), tally.add(1, "a", 2**40)] == [2**32 - 1] * 3


def test_a_minute_long_ago_or_yet_to_come_is_another_one() -> None:
    """A clock that was set wrong locks nobody out."""
    tally = Tally()
    assert [tally.add(minute, "a", 1) for minute in (30_000_000, 5, 30_000_000, 2**32 - 1, 0)] == [1] * 5


def test_processes_that_are_given_the_memory_count_together() -> None:
    """One after the other, so that nothing is lost between them; and who has it is not told by where it is mapped."""
    descriptor = new_tally()
    try:
        for _ in range(3):
            subprocess.run([sys.executable, "-c", COUNTS, str(descriptor)], pass_fds=(descriptor,), check=True)
        assert Tally(descriptor).add(7, ("kind", "a"), 1) == 301
        assert Tally(descriptor).add(7, ("kind", "b"), 1) == 1
    finally:
        os.close(descriptor)


def test_few_are_told_too_much_however_many_there_are() -> None:
    """5,000 clients in a minute, each once; nobody is ever told too little."""
    tally = Tally()
    told = [tally.add(1, ("kind", f"192.0.2.{number}"), 1) for number in range(5_000)]
    assert min(told) == 1
    # By chance (5,000 / PLACES) ** ROWS of the last ones, on average less than one of all.
    assert ROWS == 4 and PLACES == 32_768
    assert sum(count > 1 for count in told) <= 20


def test_the_hash_is_of_this_memory_alone() -> None:
    """Who would share somebody else's places cannot find out which they are."""
    first, second = Tally(), Tally()
    first.add(1, "a", 1)
    second.add(1, "a", 1)
    assert first._memory[16:] != second._memory[16:]
