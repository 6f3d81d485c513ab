"""The page that tells what a cell was opening."""

import hashlib
import os

from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.kinds import Kind
from mx.cell.opening import PAGE_OCTETS, Opening, OpeningPage, opening_of
from mx.finding import IN_CELLS

DIGEST = hashlib.sha256(b"x").hexdigest()


def test_a_forked_process_tells_what_it_opens() -> None:
    """What is noted on one side of a fork is read on the other, and nothing once it is cleared."""
    page = OpeningPage()
    assert opening_of(page.read()) is None
    pid = os.fork()
    if pid == 0:
        page.note(DIGEST, "pdf")
        os._exit(0)
    os.waitpid(pid, 0)
    assert opening_of(page.read()) == Opening(DIGEST, "pdf")
    page.clear()
    assert opening_of(page.read()) is None
    page.close()


def test_every_kind_and_engine_can_be_noted() -> None:
    """A word that is longer than its place, or not on the list, would be lost."""
    page = OpeningPage()
    for kind in (*Kind, *IN_CELLS, "rules", "record"):
        page.note(DIGEST, kind)
        assert opening_of(page.read()) == Opening(DIGEST, kind)
    page.close()


@given(st.binary(min_size=PAGE_OCTETS, max_size=PAGE_OCTETS))
def test_other_words_say_nothing(raw: bytes) -> None:
    """A cell in hostile hands may write anything."""
    assert opening_of(raw) is None
