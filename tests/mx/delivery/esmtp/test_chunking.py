"""Messages over BDAT: any octets, exactly as they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.contract import Delivered, NextHopReply
from mx.delivery.esmtp.chunking import octets_over_bdat
from mx.delivery.esmtp.client import ContentAsked
from mx.delivery.esmtp.dot_stuffing import ONE_WRITE_OCTETS, has_bare_line_ends
from tests.contracts.client_play import CONTENT, EHLO, HEADERS, MAIL, RCPTS, TWO, Play
from tests.contracts.octets import Octets, transfer

CHUNKING = EHLO.replace(b"250-PIPELINING", b"250-CHUNKING\r\n250-PIPELINING")
WHOLE = HEADERS + CONTENT


@given(st.binary(max_size=30), st.lists(st.binary(max_size=30) | st.sampled_from([b"\r\n.", b"\r", b"\n"]), max_size=6))
def test_any_octets_go_out_as_they_are(headers: bytes, pieces: list[bytes]) -> None:
    """Nothing is stuffed or added; the size is that of the octets."""
    content = b"".join(pieces)
    command, _, sent = b"".join(octets_over_bdat(headers, Octets(*pieces))).partition(b"\r\n")
    assert command == b"BDAT %d LAST" % len(headers + content)
    assert sent == headers + content


def test_a_long_message_goes_out_in_pieces() -> None:
    """Memory stays flat; the command comes first."""
    pieces = [b"x" * ONE_WRITE_OCTETS, b"y"]
    assert list(octets_over_bdat(b"A: b\r\n", Octets(*pieces))) == [
        b"BDAT %d LAST\r\nA: b\r\n" % (ONE_WRITE_OCTETS + 7),
        *pieces,
    ]


def test_bdat_takes_the_place_of_data_where_chunking_is_offered() -> None:
    """The envelope without DATA; the chunk once a recipient is taken; the connection again."""
    play = Play(CHUNKING)
    for _ in range(2):
        assert play.begin(transfer(*TWO)) == MAIL + RCPTS
        assert play.says(b"250 ok\r\n250 ok\r\n550 no\r\n") == b""
        assert play.events[-1] == ContentAsked()
        assert play.send_content() == b"BDAT %d LAST\r\n%b" % (len(WHOLE), WHOLE)
        play.says(b"250 2.0.0 queued\r\n")
        assert play.kinds() == ["delivered", "never recipient"]
        assert play.settled().may_reuse


def test_no_chunk_is_sent_when_nobody_is_taken() -> None:
    """The next transaction begins with RSET."""
    play = Play(CHUNKING)
    play.begin(transfer(*TWO))
    assert play.says(b"250 ok\r\n550 no\r\n450 no\r\n") == b""
    assert play.kinds() == ["never recipient", "later recipient"]
    assert play.begin(transfer(*TWO)).startswith(b"RSET\r\n")


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"554 no\r\n", "never end-of-data"), (b"451 no\r\n", "later end-of-data")]
)
def test_a_refused_chunk_leaves_a_transaction_to_reset(answer: bytes, kind: str) -> None:
    """RFC 3030 section 2: after a failed BDAT only RSET may follow."""
    play = Play(CHUNKING)
    play.begin(transfer("b@tenant.example"))
    play.says(b"250 ok\r\n250 ok\r\n")
    play.send_content()
    play.says(answer)
    assert play.kinds() == [kind]
    assert play.begin(transfer("b@tenant.example")).startswith(b"RSET\r\n")


def test_bare_line_ends_are_refused_where_chunking_is_not_offered() -> None:
    """As Exchange Online does, and nothing is sent."""
    play = Play()
    assert play.begin(transfer(*TWO, content=b"a\nb", has_bare_line_ends=True)) == b""
    assert play.kinds() == ["never mail"] * 2
    assert "5.6.11" in str(play.settled().results[0])
    assert play.settled().may_reuse


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"x", b"\r\n.\r\n"]), max_size=8))
def test_bare_line_ends_are_found_across_pieces(pieces: list[bytes]) -> None:
    """Of the whole content, however it is cut."""
    rest = b"".join(pieces).replace(b"\r\n", b"")
    assert has_bare_line_ends(Octets(*pieces)) == (b"\r" in rest or b"\n" in rest)


@pytest.mark.parametrize("may_normalise", [True, False])
def test_a_next_hop_with_chunking_gets_the_octets_as_they_are(may_normalise: bool) -> None:
    """Whatever the policy would allow."""
    play = Play(b"250-hop.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
    play.begin(replace(transfer(content=b"A: b\n\nx\r", has_bare_line_ends=True), may_normalise=may_normalise))
    play.says(b"250 ok\r\n250 ok\r\n")
    assert play.send_content().endswith(HEADERS + b"A: b\n\nx\r")
    play.says(b"250 taken\r\n")
    (result,) = play.settled().results
    assert isinstance(result, Delivered) and not result.is_normalised and result.note == ""


def test_where_the_policy_says_so_bare_line_ends_are_made_whole() -> None:
    """For a next hop without CHUNKING; dots are stuffed after that, and the result says what was done."""
    play = Play(b"250-hop.example\r\n250 PIPELINING\r\n")
    play.begin(replace(transfer(content=b"A: b\n.\nMAIL FROM:<x>\n", has_bare_line_ends=True), may_normalise=True))
    play.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert play.send_content() == HEADERS + b"A: b\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"
    play.says(b"250 taken\r\n")
    (result,) = play.settled().results
    assert isinstance(result, Delivered) and result.is_normalised and "made CRLF" in result.note
    play.begin(transfer())
    play.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    play.send_content()
    play.says(b"250 taken\r\n")
    assert play.settled().results == (Delivered(NextHopReply(250, "", "taken"), offers_dsn=False),)
