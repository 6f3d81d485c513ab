"""Lines and content come out the same however the octets are split, and as a strict reference reads them."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.smtp.limits import CONTENT_PIECE_OCTETS
from mx.smtp.octets import Flaw, Line, OctetReader

CRLF = b"\r\n"


def reference(octets: bytes) -> tuple[bytes, bool, bytes] | None:
    """The content, whether it has a bare CR or LF, and what is left: read octet by octet from RFC 5321's words.

    None when there is no end of data. Shares no line of code and no method with the reader.
    """
    content = bytearray()
    has_bare = False
    line = bytearray()
    at = 0
    while at < len(octets):
        octet = octets[at]
        is_line_end = octet == 13 and at + 1 < len(octets) and octets[at + 1] == 10
        if is_line_end:
            at += 2
            if bytes(line) == b".":
                return bytes(content), has_bare, octets[at:]
            content += line[1:] if line[:1] == b"." else line
            content += CRLF
            line.clear()
            continue
        if octet in (10, 13):
            has_bare = True
        line.append(octet)
        at += 1
    return None


def read(pieces: Iterable[bytes]) -> tuple[bytes, bool, bytes] | None:
    """The same, by the reader, fed with these pieces."""
    reader = OctetReader()
    reader.begin_content()
    content, has_bare, is_over = b"", False, False
    rest = b""
    for octets in pieces:
        if is_over:
            rest += octets
            continue
        reader.feed(octets)
        while not is_over and (piece := reader.content()) is not None:
            content += piece.octets
            has_bare |= piece.has_bare_line_end
            is_over = piece.is_last
        if is_over:
            rest = bytes(reader._buffer)
    return (content, has_bare, rest) if is_over else None


def octet_by_octet(octets: bytes) -> list[bytes]:
    """Each octet as a segment of its own."""
    return [octets[at : at + 1] for at in range(len(octets))]


def test_five_thousand_random_mixes_end_where_the_reference_says() -> None:
    """CR, LF, dot, NUL and long lines in any mix: same content, same end, whole and one octet a segment."""
    chance = random.Random(5321)
    words = [b"\r", b"\n", b".", b"\0", CRLF, b"\r\n.", b"\r\n.\r\n", b"x", b"..", b"\r\n..", b"y" * 1200]
    ended = 0
    for _ in range(5000):
        mix = b"".join(chance.choices(words, weights=[4, 4, 6, 2, 6, 3, 1, 3, 2, 2, 0.2], k=chance.randint(1, 24)))
        expected = reference(mix)
        assert read([mix]) == expected, mix
        assert read(octet_by_octet(mix)) == expected, mix
        ended += expected is not None
    assert 1000 < ended < 4500  # the mixes show both kinds


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"\0", CRLF, b"ab"]), max_size=40), st.data())
def test_any_split_of_content_reads_the_same(parts: list[bytes], data: st.DataObject) -> None:
    """Where segments begin is nobody's business."""
    octets = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    borders = [0, *cuts, len(octets)]
    pieces = [octets[start:end] for start, end in pairwise(borders)]
    assert read(pieces) == reference(octets)


@pytest.mark.parametrize("tail", [b"\r", b"\r\n", b"\r\n.", b"\r\n.\r", b"\r\n..", b"\r\r\n.", b"\n.", b".", b"x"])
@pytest.mark.parametrize("distance", range(-6, 7))
def test_a_piece_is_never_cut_inside_a_marker(tail: bytes, distance: int) -> None:
    """At the border of a piece, a half CRLF, stuffed dot or end of data waits for the rest of it."""
    first = b"x" * (CONTENT_PIECE_OCTETS + distance - len(tail)) + tail
    for second in (b"\n.\r\nQUIT\r\n", b".\r\n\r\n.\r\n", b"\r\n.\r\n", b"\nz\r\n.\r\n"):
        assert read([first, second]) == reference(first + second)


def test_a_long_line_is_neither_cut_nor_an_end() -> None:
    """A line of a megabyte, then what would be an end of data for a reader that cuts lines."""
    octets = b"z" * 1_000_000 + b".\r\nMAIL FROM:<evil@x.example>\r\n.\r\n"
    assert read([octets]) == (octets[:-3], False, b"")
    assert read([octets[at : at + 65536] for at in range(0, len(octets), 65536)]) == (octets[:-3], False, b"")


def test_content_leaves_the_buffer_as_it_comes() -> None:
    """A large message does not pile up in memory."""
    reader = OctetReader()
    reader.begin_content()
    most = 0
    for _ in range(100):
        reader.feed(b"a line of text\r\n" * 4096)
        while reader.content() is not None:
            pass
        most = max(most, len(reader))
    assert most < 2 * CONTENT_PIECE_OCTETS


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"NOOP\r\n", [b"NOOP"]),
        (b"A\r\n\r\nB\r\nC", [b"A", b"", b"B"]),
        (b"A\nB\r\n", [Flaw.BARE_LF, b"B"]),
        (b"\nB\r\n", [Flaw.BARE_LF, b"B"]),
        (b"\x16\x03\x01", [Flaw.TLS_HANDSHAKE]),
        (b"A\x16\r\n", [b"A\x16"]),
        (b"A\rB\r\n", [b"A\rB"]),
        (b"A\r\r\n", [b"A\r"]),
        (b"A\n\r\n", [Flaw.BARE_LF, b""]),
        (b"x" * 18 + b"\r\nB\r\n", [b"x" * 18, b"B"]),
        (b"x" * 19 + b"\r\nB\r\n", [Flaw.TOO_LONG, b"B"]),
        (b"x" * 20 + b"\r\nB\r\n", [Flaw.TOO_LONG, b"B"]),
        (b"x" * 19 + b"\r\r\nB\r\n", [Flaw.TOO_LONG, b"B"]),
        (b"x" * 5000 + b"\n\r\nB\r\n", [Flaw.BARE_LF, b"", b"B"]),
    ],
)
def test_only_crlf_ends_a_line_and_a_long_one_is_skipped(octets: bytes, expected: list[bytes | Flaw]) -> None:
    """Whole and octet by octet; the limit is 20 octets with the CRLF."""
    for pieces in ([octets], octet_by_octet(octets)):
        reader = OctetReader()
        lines: list[bytes | Flaw] = []
        for piece in pieces:
            reader.feed(piece)
            while (line := reader.line(20)) is not None:
                lines.append(line.flaw or line.octets)
        assert lines == expected


def test_an_endless_line_keeps_no_memory() -> None:
    """What is skipped is forgotten."""
    reader = OctetReader()
    for _ in range(50):
        reader.feed(b"A" * 65536)
        assert reader.line(4096) is None
        assert len(reader) <= 1
    reader.feed(b"\r\nNOOP\r\n")
    assert [reader.line(4096), reader.line(4096)] == [Line(b"", Flaw.TOO_LONG), Line(b"NOOP")]


def test_clear_forgets_what_was_not_read() -> None:
    """After STARTTLS or the end nothing of the old octets is left."""
    reader = OctetReader()
    reader.feed(b"half a li")
    assert reader.line(100) is None
    reader.clear()
    reader.feed(b"NOOP\r\n")
    assert reader.line(100) == Line(b"NOOP")
