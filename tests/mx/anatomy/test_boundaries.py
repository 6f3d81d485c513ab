"""Multipart bodies, in every reading of their boundary lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.boundaries import split
from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import whole


def parts(body: bytes, boundary: bytes = b"b") -> tuple[list[list[bytes]], list[str]]:
    readings, oddities = split(whole(body), boundary, Budget(lambda: 0.0))
    return [[part.raw for part in reading.parts] for reading in readings], [name.value for name in oddities]


CASES = {
    "two parts": (b"--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n", [[b"one", b"two"]], []),
    "line feeds": (b"--b\none\n--b--\n", [[b"one"]], []),
    "a line end belongs to the part": (b"--b\r\none\r\n\r\n--b--", [[b"one\r\n"]], []),
    "unclosed": (b"--b\r\none\r\n--b\r\ntwo", [[b"one", b"two"]], ["boundary-unclosed"]),
    "nothing": (b"no boundary", [], ["boundary-not-found"]),
    "not at a line's start": (b"x --b\r\n", [[b""]], ["boundary-not-found", "boundary-misplaced"]),
    "empty part": (b"--b\r\n--b\r\n\r\n--b--", [[b"", b""]], []),
    "after the close": (b"--b\r\none\r\n--b--\r\n--b\r\ntwo\r\n--b--", [[b"one", b"two"]], ["parts-after-close"]),
    "padded": (b"--b \r\none\r\n--b--", [[b"one"], []], ["boundary-whitespace"]),
    "longer": (b"--b\r\none\r\n--bc\r\ntwo\r\n--b--", [[b"one\r\n--bc\r\ntwo"], [b"one", b"two"]], ["boundary-prefix"]),
}


@pytest.mark.parametrize("case", CASES)
def test_splits(case: str) -> None:
    """The parts of each reading, the plain one first, and what was odd."""
    body, expected, oddities = CASES[case]
    assert parts(body) == (expected, oddities)


def test_preamble_and_epilogue_are_kept() -> None:
    """What stands before the first line and after the closing one is somebody's text."""
    ((reading,), _) = split(whole(b"before\r\n--b\r\n1\r\n--b--\r\nafter\r\n"), b"b", Budget(lambda: 0.0))
    assert (reading.preamble.raw, reading.epilogue.raw) == (b"before", b"after\r\n")


def test_more_lines_than_artifacts_end_the_walk() -> None:
    """A body of boundary lines alone is not worked through."""
    with pytest.raises(LimitReached, match="artifacts"):
        split(whole(b"--b--\r\n" * 20), b"b", Budget(lambda: 0.0, Limits(artifacts=10)))


@given(st.lists(st.sampled_from([b"--b", b"--", b"\r\n", b"\n", b" ", b"x", b"b"]), max_size=30).map(b"".join))
def test_stretches_lie_in_order(body: bytes) -> None:
    """Never raises; the parts of a reading do not overlap and lie within the body."""
    readings, _ = split(whole(body), b"b", Budget(lambda: 0.0))
    for reading in readings:
        places = [(part.start, part.end) for part in (reading.preamble, *reading.parts, reading.epilogue)]
        flat = [place for pair in places for place in pair]
        assert flat == sorted(flat)
        assert 0 <= flat[0] <= flat[-1] <= len(body)
