"""Content as it arrives, and messages in chunks through the whole machine."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.smtp.arrival import Arrival, Chunk
from mx.smtp.events import ContentOctets, DataAsked, MessageEnded
from mx.smtp.limits import Limits
from mx.smtp.machine import Session
from mx.smtp.octets import Piece
from mx.smtp.states import State
from tests.contracts.receiving import Driver, Taken

ENVELOPE = b"EHLO c.example\r\nMAIL FROM:<a@s.example>\r\nRCPT TO:<b@valid.example>\r\n"


def chunked(*chunks: bytes) -> bytes:
    """A message in these chunks, as it goes over the wire."""
    last = len(chunks) - 1
    sent = [b"BDAT %d%s\r\n%s" % (len(each), b" LAST" * (number == last), each) for number, each in enumerate(chunks)]
    return b"".join(sent)


def driver(**limits: int) -> Driver:
    """A driver whose session has these limits, with a recipient taken."""
    driving = Driver(Session("mx.example", replace(Limits(), **limits), can_start_tls=True))
    driving.exchange(ENVELOPE)
    return driving


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"x", b""]), min_size=1, max_size=12))
def test_bare_line_ends_are_found_over_any_pieces(pieces: list[bytes]) -> None:
    """A CRLF that lies across two pieces is one."""
    arrival = Arrival(1000)
    for piece in pieces:
        arrival.take_of_chunk(piece, Chunk(1000, is_last=True, state_before=State.OPEN, left=1000))
    content = b"".join(pieces).replace(b"\r\n", b"")
    assert arrival.has_bare_line_ends == (b"\r" in content or b"\n" in content)


def test_what_is_refused_is_counted_and_not_kept() -> None:
    """The first reason counts."""
    arrival = Arrival(3)
    assert arrival.take(Piece(b"ab", has_bare_line_end=False, is_last=False)) == ContentOctets(b"ab")
    assert arrival.take(Piece(b"c\n", has_bare_line_end=True, is_last=True)) is None
    assert (arrival.refusal, arrival.octets, arrival.is_over) == (reply.BARE_LINE_END, 4, True)


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"\r\n.\r\n", b"QUIT\r\n", b".\r\n"]), min_size=1, max_size=6)
)
def test_a_chunk_is_never_read_as_anything_else(chunks: list[bytes]) -> None:
    """Whatever the octets are, the message is what was sent, and what follows is a command."""
    driving = driver()
    heard = driving.exchange(chunked(*chunks) + b"NOOP\r\n")
    assert driving.taken == [Taken("a@s.example", ("b@valid.example",), b"".join(chunks))]
    assert heard.endswith(reply.OK.wire)
    assert heard.count(reply.CHUNK_TAKEN.wire) == len(chunks) - 1


def test_a_refused_chunk_ends_the_transaction_and_excuses_those_behind_it() -> None:
    """Too large in the end: the rest of the pipeline is dropped without counting as errors."""
    driving = driver(message_octets=10, permanent_errors=2)
    heard = driving.exchange(chunked(b"12345", b"123456", b"1", b"2", b"3") + b"NOOP\r\n")
    assert heard == (reply.CHUNK_TAKEN.wire + reply.TOO_LARGE.wire + reply.BAD_SEQUENCE.wire * 3 + reply.OK.wire)
    assert not driving.taken


def test_no_room_for_a_chunk_is_said_at_its_end() -> None:
    """The disk fills while it arrives, or before."""
    session = Session("mx.example", Limits(), can_start_tls=False)
    session.receive(ENVELOPE + b"BDAT 4\r\nabcd" + b"BDAT 2 LAST\r\nef")
    while not isinstance(event := session.next_event(), DataAsked):
        assert event is not None
        session.answer(reply.OK)
    session.answer(reply.START_DATA)
    assert isinstance(session.next_event(), ContentOctets)
    session.refuse_content(reply.DISK_FULL)
    while session.next_event() is not None:
        pass
    assert session.octets_to_send().endswith(reply.DISK_FULL.wire + reply.BAD_SEQUENCE.wire)


@pytest.mark.parametrize("answer", [reply.DISK_FULL, reply.INTERNAL_ERROR])
def test_a_chunk_that_is_not_wanted_is_read_before_the_answer(answer: reply.Reply) -> None:
    """No spool: the octets are dropped, and are no commands."""
    session = Session("mx.example", Limits(), can_start_tls=False)
    session.receive(ENVELOPE + b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
    while not isinstance(session.next_event(), DataAsked):
        session.answer(reply.OK)
    session.answer(answer)
    while (event := session.next_event()) is not None:
        assert not isinstance(event, MessageEnded)
    assert session.octets_to_send().endswith(answer.wire + reply.OK.wire)


def test_draining_ends_between_chunks_not_within_one() -> None:
    """The sender comes back with the whole message."""
    driving = driver()
    driving.exchange(b"BDAT 4\r\nab")
    driving.session.drain()
    assert not driving.is_ended
    assert driving.exchange(b"cd") == reply.CHUNK_TAKEN.wire + reply.SHUTTING_DOWN.wire
