"""Replies of a next hop, whole and in pieces."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.esmtp.replies import (
    MOST_LINE_OCTETS,
    MOST_LINES,
    MOST_TEXT,
    RawReply,
    RemoteProtocolError,
    ReplyReader,
)

REPLIES = (
    b"220 hello\r\n250-hop.example\r\n250-PIPELINING\r\n250 SIZE 1000\r\n250\r\n"
    b"550-5.1.1 no such user\r\n550 5.1.1 here\r\n421 bye\n"
)
READ = (
    RawReply(220, (b"hello",)),
    RawReply(250, (b"hop.example", b"PIPELINING", b"SIZE 1000")),
    RawReply(250, (b"",)),
    RawReply(550, (b"5.1.1 no such user", b"5.1.1 here")),
    RawReply(421, (b"bye",)),
)


def read(*pieces: bytes) -> tuple[RawReply, ...]:
    """All replies in these pieces."""
    reader, replies = ReplyReader(), []
    for piece in pieces:
        reader.receive(piece)
        while (reply := reader.next_reply()) is not None:
            replies.append(reply)
    return tuple(replies)


def test_replies_are_read_whole_or_octet_by_octet() -> None:
    """One line, several lines, a bare code and a lone LF."""
    assert read(REPLIES) == READ
    assert read(*(REPLIES[at : at + 1] for at in range(len(REPLIES)))) == READ


@given(st.lists(st.integers(0, len(REPLIES)), max_size=12))
def test_any_split_gives_the_same_replies(cuts: list[int]) -> None:
    """Where the network cuts changes nothing."""
    edges = [0, *sorted(cuts), len(REPLIES)]
    assert read(*(REPLIES[start:end] for start, end in itertools.pairwise(edges))) == READ


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"hello\r\n", "no SMTP reply"),
        (b"\r\n", "no SMTP reply"),
        (b"100 continue\r\n", "no SMTP reply"),
        (b"25 ok\r\n", "no SMTP reply"),
        (b"2500 ok\r\n", "no SMTP reply"),
        (b"250_ok\r\n", "no SMTP reply"),
        (b"250-one\r\n550 two\r\n", "different codes"),
        (b"2" * (MOST_LINE_OCTETS + 1), "line without end"),
        (b"250-x\r\n" * (MOST_LINES + 1), "reply without end"),
    ],
)
def test_what_is_no_reply_is_told(octets: bytes, reason: str) -> None:
    """Nonsense and replies without end stop the reading."""
    with pytest.raises(RemoteProtocolError, match=reason):
        read(octets)


@given(st.binary(max_size=300))
def test_no_octets_break_the_reader(octets: bytes) -> None:
    """Anything is a reply, the beginning of one, or nonsense that is told."""
    try:
        for reply in read(octets):
            reply.decoded()
    except RemoteProtocolError:
        pass


@pytest.mark.parametrize(
    ("raw", "enhanced", "text"),
    [
        (RawReply(250, (b"2.0.0 Ok",)), "2.0.0", "Ok"),
        (RawReply(550, (b"5.1.1 no such", b"5.1.1 user")), "5.1.1", "no such user"),
        (RawReply(550, (b"4.1.1 no such user",)), "", "4.1.1 no such user"),
        (RawReply(550, (b"5.1.1",)), "5.1.1", ""),
        (RawReply(250, (b"2.0.0.1 is an address",)), "", "2.0.0.1 is an address"),
        (RawReply(451, (b"a\x00b\x1b[1m\xc3\xa9",)), "", "a?b?[1m??"),
        (RawReply(250, (b"",)), "", ""),
    ],
)
def test_a_reply_is_decoded_with_its_enhanced_code(raw: RawReply, enhanced: str, text: str) -> None:
    """A class that contradicts the code does not count; what is not printable ASCII is replaced."""
    reply = raw.decoded()
    assert (reply.code, reply.enhanced, reply.text) == (raw.code, enhanced, text)


def test_the_text_of_a_reply_is_bounded() -> None:
    """A next hop cannot fill the trace."""
    assert len(RawReply(250, (b"x" * 4000,) * 3).decoded().text) == MOST_TEXT


def test_a_reader_knows_when_more_has_come() -> None:
    """A part of a line and a part of a reply count."""
    reader = ReplyReader()
    assert reader.is_empty
    for octets in (b"250 ok\r\n2", b"50-a\r\n"):
        reader.receive(octets)
        reader.next_reply()
        assert not reader.is_empty
