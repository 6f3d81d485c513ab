"""The client machine, as a playbook: what the next hop says, what goes out, what becomes of the copies."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.contract import (
    Delivered,
    PermanentlyRefused,
)
from mx.delivery.esmtp.client import Broken, Client, ContentAsked, Ready, Settled, TlsAsked
from mx.delivery.esmtp.commands import UnsafeEnvelopeError
from tests.contracts.client_play import EHLO, GREETING, MAIL, PLAIN_EHLO, RCPTS, TWO, WIRE, Play
from tests.contracts.octets import transfer


def test_the_envelope_is_one_write_where_pipelining_is_offered() -> None:
    """MAIL, all RCPT and DATA; then the content; then the same connection again."""
    play = Play()
    assert play.events == [Ready()]
    for _ in range(2):
        assert play.begin(transfer(*TWO)) == MAIL + RCPTS + b"DATA\r\n"
        assert play.says(b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n") == b""
        assert play.events[-1] == ContentAsked()
        assert play.send_content() == WIRE
        play.says(b"250 2.0.0 queued as 1\r\n")
        assert play.kinds() == ["delivered", "delivered"]
        assert play.settled().may_reuse
        first = play.settled().results[0]
        assert isinstance(first, Delivered)
        assert first.reply.line == "250 2.0.0 queued as 1"
    assert play.client.transactions == 2


def test_commands_go_one_by_one_where_pipelining_is_not_offered() -> None:
    """Each waits for the reply to the one before."""
    play = Play(PLAIN_EHLO)
    assert play.begin(transfer(*TWO)) == b"MAIL FROM:<a@sender.example>\r\n"
    assert play.says(b"250 ok\r\n") == b"RCPT TO:<b@tenant.example>\r\n"
    assert play.says(b"550 no\r\n") == b"RCPT TO:<c@tenant.example>\r\n"
    assert play.says(b"250 ok\r\n") == b"DATA\r\n"
    assert play.says(b"354 go\r\n") == b""
    assert play.send_content() == WIRE
    play.says(b"250 ok\r\n")
    assert play.kinds() == ["never recipient", "delivered"]


@pytest.mark.parametrize(
    ("replies", "kinds", "next_command"),
    [
        ([b"550 no\r\n"], ["never mail"] * 2, b"MAIL"),
        ([b"451 no\r\n"], ["later mail"] * 2, b"MAIL"),
        ([b"250 ok\r\n", b"550 no\r\n", b"450 no\r\n"], ["never recipient", "later recipient"], b"RSET"),
        ([b"250 ok\r\n", b"250 ok\r\n", b"450 no\r\n", b"554 no\r\n"], ["never data", "later recipient"], b"RSET"),
    ],
)
def test_without_pipelining_nothing_is_sent_that_has_no_use(
    replies: list[bytes], kinds: list[str], next_command: bytes
) -> None:
    """No DATA when nobody is left, and RSET only where a transaction is still open there."""
    play = Play(PLAIN_EHLO)
    play.begin(transfer(*TWO))
    play.says(*replies)
    assert play.kinds() == kinds
    assert play.settled().may_reuse
    assert play.begin(transfer())[:4] == next_command


@pytest.mark.parametrize(
    ("replies", "kinds", "is_reset_needed"),
    [
        (b"550 no\r\n503 no\r\n503 no\r\n503 no\r\n", ["never mail"] * 2, False),
        (b"452 no\r\n503 no\r\n503 no\r\n503 no\r\n", ["later mail"] * 2, False),
        (b"250 ok\r\n550 no\r\n450 no\r\n503 no\r\n", ["never recipient", "later recipient"], True),
        (b"250 ok\r\n250 ok\r\n450 no\r\n451 no\r\n", ["later data", "later recipient"], True),
        (b"250 ok\r\n250 ok\r\n550 no\r\n554 no\r\n", ["never data", "never recipient"], True),
    ],
)
def test_refusals_in_a_pipeline_stay_with_their_recipient(
    replies: bytes, kinds: list[str], is_reset_needed: bool
) -> None:
    """503 to the commands behind a refused MAIL says nothing new; the connection is used again."""
    play = Play()
    play.begin(transfer(*TWO))
    assert play.says(replies) == b""
    assert play.kinds() == kinds
    assert play.settled().may_reuse
    again = play.begin(transfer(*TWO))
    assert again == (b"RSET\r\n" if is_reset_needed else b"") + MAIL + RCPTS + b"DATA\r\n"
    play.says(b"250 reset\r\n" if is_reset_needed else b"", b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    play.send_content()
    play.says(b"250 ok\r\n")
    assert play.kinds() == ["delivered", "delivered"]


@pytest.mark.parametrize("final", [b"250 taken nothing\r\n", b"554 no valid recipients\r\n"])
def test_a_lone_dot_ends_data_that_is_accepted_for_nobody(final: bytes) -> None:
    """The content stays here, and no copy counts as delivered, whatever the answer (RFC 2920 section 3.1)."""
    play = Play()
    play.begin(transfer(*TWO))
    assert play.says(b"250 ok\r\n550 no\r\n550 no\r\n354 go\r\n") == b".\r\n"
    play.says(final)
    assert play.kinds() == ["never recipient", "never recipient"]
    assert play.begin(transfer())[:4] == b"RSET"


def test_mixed_recipients_are_answered_each_for_itself() -> None:
    """The content goes for those that were accepted."""
    play = Play()
    play.begin(transfer("a@t.example", "b@t.example", "c@t.example"))
    play.says(b"250 ok\r\n450 later\r\n250 ok\r\n550 no\r\n354 go\r\n")
    play.send_content()
    play.says(b"250 ok\r\n")
    assert play.kinds() == ["later recipient", "delivered", "never recipient"]


@pytest.mark.parametrize(
    ("final", "result", "may_reuse"),
    [
        (b"550 5.7.1 no\r\n", "never end-of-data", True),
        (b"451 no\r\n", "later end-of-data", True),
        (b"421 no\r\n", "later end-of-data", False),
        (b"354 what\r\n", "perhaps", False),
        (b"nonsense\r\n", "perhaps", False),
        (b"250 ok\r\n550 no\r\n", "delivered", False),
        (b"550 no\r\n250 ok\r\n", "never end-of-data", False),
        (b"250 ok\r\n2", "delivered", False),
    ],
)
def test_the_first_answer_to_the_end_of_data_counts(final: bytes, result: str, may_reuse: bool) -> None:
    """Two answers, nonsense and 421 end the connection."""
    play = Play()
    play.begin(transfer())
    play.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    play.send_content()
    play.says(final)
    assert play.kinds() == [result]
    assert play.settled().may_reuse is may_reuse


@pytest.mark.parametrize(
    ("replies", "kinds"),
    [
        (b"", ["unreachable", "unreachable"]),
        (b"250 ok\r\n550 no\r\n", ["never recipient", "unreachable"]),
        (b"250 ok\r\n250 ok\r\n450 no\r\n354 go\r\n", ["unreachable", "later recipient"]),
    ],
)
def test_a_cut_before_the_end_of_data_leaves_copies_unreachable(replies: bytes, kinds: list[str]) -> None:
    """What was refused by then stays refused; nothing can have been taken."""
    play = Play()
    play.begin(transfer(*TWO))
    play.says(replies)
    play.lose()
    assert play.kinds() == kinds
    assert not play.settled().may_reuse


def test_a_cut_after_the_end_of_data_says_that_the_copy_may_have_been_taken() -> None:
    """A refusal of another recipient is not touched by it."""
    play = Play()
    play.begin(transfer(*TWO))
    play.says(b"250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n")
    play.send_content()
    play.lose("no answer in time")
    assert play.kinds() == ["perhaps", "never recipient"]


@pytest.mark.parametrize(
    ("replies", "kinds", "is_unheard"),
    [
        (b"421 bye\r\n", ["later mail"] * 2, True),
        (b"250 ok\r\n421 bye\r\n", ["later recipient"] * 2, False),
        (b"250 ok\r\n550 no\r\n421 bye\r\n", ["never recipient", "later recipient"], False),
        (b"250 ok\r\n250 ok\r\n250 ok\r\n421 bye\r\n", ["later data"] * 2, False),
    ],
)
def test_421_ends_the_transaction_at_once(replies: bytes, kinds: list[str], is_unheard: bool) -> None:
    """The replies behind it will never come; to the first command it may mean that the connection was over already."""
    play = Play()
    play.begin(transfer(*TWO))
    play.says(replies)
    assert play.kinds() == kinds
    assert play.settled().is_unheard is is_unheard
    assert not play.settled().may_reuse


def test_a_cut_before_any_answer_is_told_apart() -> None:
    """Only then may a kept connection be replaced by a fresh one."""
    for replies, is_unheard in ((b"", True), (b"2", True), (b"250 ok\r\n", False)):
        play = Play()
        play.begin(transfer())
        play.says(replies)
        play.lose()
        assert play.settled().is_unheard is is_unheard


@pytest.mark.parametrize(
    "replies",
    [b"354 go\r\n", b"250 ok\r\n354 go\r\n", b"250 ok\r\n250 ok\r\n250 ok\r\n", b"hello\r\n", b"250-a\r\n550 b\r\n"],
)
def test_nonsense_in_the_envelope_is_never_an_acceptance(replies: bytes) -> None:
    """A 3xx to MAIL or RCPT, a 2xx to DATA, and what is no reply."""
    play = Play()
    play.begin(transfer())
    play.says(replies)
    assert play.kinds() == ["unreachable"]
    assert not play.settled().may_reuse


@pytest.mark.parametrize(
    ("early", "result"), [(b"552 too large\r\n", "never end-of-data"), (b"250 ok\r\n", "unreachable")]
)
def test_an_answer_before_the_end_of_data_is_a_refusal_or_nonsense(early: bytes, result: str) -> None:
    """A 250 that comes before the dot was sent promises nothing."""
    play = Play()
    play.begin(transfer())
    play.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    play.says(early)
    assert play.kinds() == [result]
    assert not play.settled().may_reuse


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        ([b"554 go away\r\n"], "greeting was answered 554"),
        ([b"421 busy\r\n"], "greeting was answered 421"),
        ([b"HTTP/1.1 400 Bad Request\r\n"], "no SMTP reply"),
        ([GREETING, b"421 busy\r\n"], "ehlo was answered 421"),
        ([GREETING, b"500 what\r\n", b"500 what\r\n"], "helo was answered 500"),
        ([GREETING + b"220 again\r\n", EHLO], "not sent yet"),
        ([GREETING + EHLO], "not sent yet"),
        ([GREETING, b"500 what\r\n250 ok\r\n"], "not sent yet"),
        ([GREETING, PLAIN_EHLO, b"250 ok\r\n"], "nobody asked"),
        ([GREETING, EHLO, b"421 4.4.2 timeout\r\n"], "nobody asked"),
    ],
)
def test_a_connection_that_does_not_open_is_broken(opening: list[bytes], reason: str) -> None:
    """Also one that says something while nothing is asked of it."""
    client = Client("mx.example", wants_tls=True)
    for octets in opening:
        client.receive(octets)
    events = []
    while (event := client.next_event()) is not None:
        events.append(event)
    assert isinstance(events[-1], Broken)
    assert reason in events[-1].reason
    assert client.is_closed


def test_helo_follows_where_ehlo_is_not_known() -> None:
    """Nothing is offered then."""
    client = Client("mx.example", wants_tls=True)
    client.receive(GREETING)
    assert client.octets_to_send() == b"EHLO mx.example\r\n"
    client.receive(b"502 what\r\n")
    assert client.octets_to_send() == b"HELO mx.example\r\n"
    client.receive(b"250 hop.example\r\n")
    assert client.next_event() == Ready()
    assert not client.extensions


def test_tls_is_used_where_it_is_offered_and_what_was_said_before_is_forgotten() -> None:
    """EHLO is said again inside (RFC 3207 section 4.2)."""
    play = Play(b"250-hop.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n", wants_tls=True)
    assert not play.events
    assert play.says(b"220 go\r\n") == b""
    assert play.events == [TlsAsked()]
    play.client.tls_started()
    assert play.says() == b"EHLO mx.example\r\n"
    assert play.says(b"250-hop.example\r\n250 STARTTLS\r\n") == b""
    assert play.events == [TlsAsked(), Ready()]
    assert "PIPELINING" not in play.client.extensions


@pytest.mark.parametrize("wants_tls", [True, False])
def test_without_tls_the_connection_goes_on_in_the_clear(wants_tls: bool) -> None:
    """Not wanted, or offered and then refused: opportunistic."""
    play = Play(b"250-hop.example\r\n250 STARTTLS\r\n", wants_tls=wants_tls)
    if wants_tls:
        play.says(b"454 not now\r\n")
    assert play.events == [Ready()]


@pytest.mark.parametrize(
    "octets", [[b"220 go\r\n250 injected\r\n"], [b"220 go\r\n", b"250 injected\r\n"], [b"220 go\r\n2"]]
)
def test_octets_before_the_handshake_are_never_read_inside_it(octets: list[bytes]) -> None:
    """Response injection ends the connection."""
    play = Play(b"250-hop.example\r\n250 STARTTLS\r\n", wants_tls=True)
    play.says(*octets)
    if octets == [b"220 go\r\n"]:
        return
    assert isinstance(play.events[-1], Broken)
    assert Ready() not in play.events


def test_a_message_that_needs_smtputf8_is_refused_where_it_is_not_offered() -> None:
    """Without a word to the next hop; the connection stays."""
    play = Play()
    assert play.begin(transfer("ü@tenant.example", is_smtputf8=True)) == b""
    result = play.settled().results[0]
    assert isinstance(result, PermanentlyRefused)
    assert result.reply.line.startswith("550 5.6.7")
    assert play.begin(transfer(is_smtputf8=True)) == MAIL + b"RCPT TO:<b@tenant.example>\r\nDATA\r\n"


def test_an_unsafe_address_is_refused_before_an_octet_goes_out() -> None:
    """A bug of ours raises; the connection is not touched by it."""
    play = Play()
    with pytest.raises(UnsafeEnvelopeError):
        play.client.begin(transfer("b@x>\r\nRSET"))
    assert play.client.octets_to_send() == b""
    assert play.begin(transfer())


def test_misuse_is_told() -> None:
    """Two transactions at a time, content that nobody asked for."""
    play = Play()
    with pytest.raises(AssertionError):
        play.client.content_sent()
    with pytest.raises(AssertionError):
        play.client.content()
    play.begin(transfer())
    with pytest.raises(AssertionError):
        play.client.begin(transfer())


def test_quit_is_said_only_between_transactions() -> None:
    """After it nothing is read."""
    play = Play()
    play.client.quit()
    assert play.says(b"nonsense\r\n") == b"QUIT\r\n"
    assert play.events == [Ready()]
    busy = Play()
    busy.begin(transfer())
    busy.client.quit()
    assert b"QUIT" not in busy.says()


@given(st.lists(st.integers(0, 200), max_size=8))
def test_any_split_of_the_replies_ends_alike(cuts: list[int]) -> None:
    """Where the network cuts changes nothing."""
    replies = b"250 ok\r\n250-ok\r\n250 ok\r\n550 no\r\n354 go\r\n"
    play = Play()
    play.begin(transfer(*TWO))
    edges = [0, *sorted(min(cut, len(replies)) for cut in cuts), len(replies)]
    play.says(*(replies[start:end] for start, end in itertools.pairwise(edges)))
    assert play.events[-1] == ContentAsked()
    play.send_content()
    play.says(*(bytes([octet]) for octet in b"250 ok\r\n"))
    assert play.kinds() == ["delivered", "never recipient"]


SAID = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"220 a\r\n", b"250 a\r\n", b"250-a\r\n", b"354 a\r\n", b"421 a\r\n", b"450 a\r\n", b"550 a\r\n"]),
)


@given(st.lists(SAID, max_size=12), st.lists(SAID, max_size=3))
def test_nothing_that_a_next_hop_says_makes_a_delivery_of_a_cut(said: list[bytes], after: list[bytes]) -> None:
    """Each recipient gets one result, and `Delivered` only after the content was sent and answered 2xx."""
    play = Play()
    play.begin(transfer(*TWO))
    for octets in said:
        play.says(octets)
        if play.events[-1] == ContentAsked():
            play.send_content()
            final = b"".join(after)
            play.says(*after)
            break
    else:
        final = b""
    play.lose()
    assert len(play.settled().results) == 2
    assert sum(isinstance(event, Settled) for event in play.events) == 1
    if any(isinstance(result, Delivered) for result in play.settled().results):
        assert final.startswith(b"250")


def test_what_requires_tls_is_refused_where_no_certificate_was_verified() -> None:
    """Nothing is sent, and the connection is good for other mail."""
    play = Play(b"250-hop.example\r\n250-PIPELINING\r\n250 REQUIRETLS\r\n")
    assert play.begin(replace(transfer(*TWO), requires_tls=True)) == b""
    assert play.kinds() == ["never mail"] * 2
    assert play.settled().may_reuse
    play.client.is_tls_verified = True
    assert b" REQUIRETLS\r\n" in play.begin(replace(transfer(*TWO), requires_tls=True))
