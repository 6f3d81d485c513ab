"""PDF syntax: values as any reader would take them, objects wherever they stand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.pdf.syntax import MOST_LEVELS, Reference, find_objects, read_values, values_of
from tests.corpus.formats.documents import pdf, pdf_pages, pdf_stream


def values(text: bytes) -> list[object]:
    return read_values(whole(text), Budget(lambda: 0.0))


def streams(octets: bytes) -> list[tuple[int, bytes]]:
    found = find_objects(whole(octets), Budget(lambda: 0.0))
    return [(one.number, one.stream.raw) for one in found if one.stream is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b"<</A 1/B[2 (x) <4142>]/C 12 0 R/D/Name>>",
            [{"A": 1, "B": [2, b"x", b"AB"], "C": Reference(12), "D": "Name"}],
        ),
        (b"<</#41 1/B#20C /#44>>", [{"A": 1, "B C": "D"}]),
        (b"(a(b)c\\)\\(\\\\\\101\\n\\\r\nd)", [b"a(b)c)(\\A\nd"]),
        (b"(not closed", [b"not closed"]),
        (b"<41 42 4>", [b"AB@"]),
        (b"[1 % comment\n 2]", [[1, 2]]),
        (b"<</A<</B(x)", [{"A": {"B": b"x"}}]),
        (b"<</A 1/A 2>>", [{"A": 1, "A\x002": 2}]),
        (b"<< 1 2 /A 3 >>", [{"A": 3}]),
        (b">> ] 7", [7]),
        (b"", []),
    ],
)
def test_values(text: bytes, expected: list[object]) -> None:
    """Escapes, comments, nesting, what is not closed, names given twice."""
    assert values(text) == expected


def test_a_name_given_twice_has_both_values() -> None:
    """Readers take the first or the last."""
    (dictionary,) = values(b"<</F(a)/F(b)>>")
    assert isinstance(dictionary, dict)
    assert list(values_of(dictionary, "F")) == [b"a", b"b"]
    assert list(values_of(dictionary, "G")) == []


def test_deep_nesting_ends() -> None:
    """A hundred thousand levels, without one of Python's."""
    found = values(b"[" * 100_000 + b"1" + b"]" * 100_000)
    depth = 0
    while found and isinstance(found[0], list):
        found, depth = found[0], depth + 1
    assert depth <= MOST_LEVELS


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw,
        lambda raw: raw.replace(b"endobj", b""),
        lambda raw: raw.replace(b"5 0 obj", b"5%x\n 0\n%y\nobj"),
        lambda raw: raw.replace(b"/Length ", b"/Length 99999 /L "),
        lambda raw: raw.replace(b"/Length 7", b"/Length 3 "),
        lambda raw: raw.replace(b"stream\nCONTENT", b"stream\r\nCONTENT"),
        lambda raw: raw.partition(b"xref")[0],
    ],
    ids=["plain", "no end", "comments", "too long", "too short", "other line end", "no table"],
)
def test_streams_are_found_by_themselves(change: object) -> None:
    """The table of offsets is not needed, and lengths are not believed."""
    raw = pdf(*pdf_pages(), b"<<>>", pdf_stream(b"CONTENT", is_packed=False))
    ((number, content),) = streams(change(raw))  # type: ignore[operator]
    assert number == 5
    assert content.rstrip() == b"CONTENT"


def test_a_length_elsewhere_is_believed_when_it_fits() -> None:
    """So that a stream may hold the word that would end it."""
    inner = b"one endstream two"
    raw = b"1 0 obj\n%d\nendobj\n2 0 obj\n<</Length 1 0 R>>\nstream\n%b\nendstream\nendobj" % (len(inner), inner)
    assert streams(raw) == [(2, inner)]


def test_superseded_objects_are_found() -> None:
    raw = b"1 0 obj\n(old)\nendobj\n1 0 obj\n(new)\nendobj"
    texts = [
        one.text.raw.split(b"endobj")[0].strip() for one in find_objects(whole(raw), Budget(lambda: 0.0)) if one.number
    ]
    assert texts == [b"(old)", b"(new)"]


@pytest.mark.parametrize(
    "piece", [b"1 0 obj<<", b"stream\n", b"endstream ", b"1 0 obj stream endstream ", b"(", b"[", b"obj "]
)
def test_repetition_takes_time_for_its_size_alone(piece: bytes) -> None:
    """A megabyte of anything."""
    raw = piece * ((1 << 20) // len(piece))
    started = time.process_time()
    for one in find_objects(whole(raw), Budget(time.process_time))[:1000]:
        read_values(one.text, Budget(time.process_time))
    assert time.process_time() - started < 5


@given(
    st.lists(
        st.sampled_from(
            [
                b"1 0 obj",
                b"<<",
                b">>",
                b"stream\n",
                b"endstream",
                b"(",
                b")",
                b"/Length 5",
                b"[",
                b"]",
                b" ",
                b"<4",
                b"%",
                b"\\",
            ]
        )
    )
)
def test_pieces_in_any_order(pieces: list[bytes]) -> None:
    """Nothing raises."""
    raw = b"".join(pieces)
    for one in find_objects(whole(raw), Budget(lambda: 0.0)):
        read_values(one.text, Budget(lambda: 0.0))
