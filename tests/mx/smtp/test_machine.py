"""The SMTP machine holds every dialog, reads any split alike, and leaves content only at its true end."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx import reply
from mx.smtp.events import DataAsked, MailGiven, MessageEnded, RecipientGiven, SessionEnded
from mx.smtp.limits import Limits
from mx.smtp.machine import Session
from mx.smtp.states import State
from mx.smtp.xclient import Claim
from tests.contracts.dialogs import Dialog, dialogs, hold
from tests.contracts.receiving import Driver, Taken

ENVELOPE = b"EHLO c.example\r\nMAIL FROM:<a@s.example>\r\nRCPT TO:<b@valid.example>\r\nDATA\r\n"
# What follows STARTTLS in the same segment is an attack, in the next one it is TLS: the only split that matters.
SPLIT_MATTERS = {"injection_behind_starttls"}


def driver(**limits: int) -> Driver:
    """A driver whose session has these limits."""
    return Driver(Session("mx.example", replace(Limits(), **limits), can_start_tls=True))


@pytest.mark.parametrize("dialog", dialogs(), ids=lambda dialog: dialog.name)
def test_a_dialog_is_held(dialog: Dialog) -> None:
    """Every file of tests/dialogs, line by line."""
    driving = Driver()
    hold(dialog, driving.exchange, lambda: driving.is_ended, lambda: len(driving.taken))


@pytest.mark.parametrize(
    "dialog", [each for each in dialogs() if each.name not in SPLIT_MATTERS], ids=lambda dialog: dialog.name
)
def test_a_dialog_reads_the_same_whole_and_octet_by_octet(dialog: Dialog) -> None:
    """Same events, same replies, same messages."""
    line_by_line, chopped = Driver(), Driver()
    expected = b"".join(line_by_line.exchange(step.octets) for step in dialog.steps if step.mark in ("C:", "C>"))
    heard = b"".join(chopped.exchange(dialog.octets[at : at + 1]) for at in range(len(dialog.octets)))
    assert (chopped.events, chopped.taken, heard) == (line_by_line.events, line_by_line.taken, expected)


COMMANDS = st.sampled_from(
    [
        b"EHLO c.example\r\n",
        b"MAIL FROM:<a@s.example>\r\n",
        b"MAIL FROM:<full@s.example>\r\n",
        b"RCPT TO:<b@valid.example>\r\n",
        b"RCPT TO:<b@other.example>\r\n",
        b"DATA\r\n",
        b"\r\n.\r\n",
        b"text\r\n",
        b"\n.\n",
        b"\r",
        b".",
        b"RSET\r\n",
        b"NOOP\r\n",
        ENVELOPE,
        b"A" * 5000,
        b"BDAT 6 LAST\r\nNOOP\r\n",
        b"BDAT 3\r\n\r\n.",
        b"BDAT 0 LAST\r\n",
        b"BDAT 70000\r\n",
        b"QUIT\r\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(COMMANDS | st.binary(max_size=6), max_size=20), st.data())
def test_any_split_of_any_stream_gives_the_same_events(parts: list[bytes], data: st.DataObject) -> None:
    """Whole, and cut anywhere."""
    octets = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=10)))
    borders = [0, *cuts, len(octets)]
    whole, split = Driver(), Driver()
    heard = whole.exchange(octets)
    pieces = [octets[start:end] for start, end in pairwise(borders)]
    assert b"".join(split.exchange(piece) for piece in pieces) == heard
    assert (split.events, split.taken, split.is_ended) == (whole.events, whole.taken, whole.is_ended)


def test_a_pipelined_transaction_is_answered_in_order() -> None:
    """RFC 2920: all at once, two messages, then the end."""
    driving = driver()
    rest = ENVELOPE.partition(b"\r\n")[2]
    heard = driving.exchange(ENVELOPE + b"one\r\n.\r\n" + rest + b"two\r\n.\r\nQUIT\r\n")
    codes = [line[:3] for line in heard.split(b"\r\n") if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"250", b"354", b"250", b"221"]
    recipients = ("b@valid.example",)
    assert driving.taken == [Taken("a@s.example", recipients, b"one\r\n"), Taken("a@s.example", recipients, b"two\r\n")]
    assert driving.is_ended


def test_nothing_is_read_while_a_question_is_open() -> None:
    """Commands behind a question wait for its answer."""
    session = Session("mx.example", Limits(), can_start_tls=False)
    session.receive(ENVELOPE)
    assert isinstance(session.next_event(), MailGiven)
    assert session.next_event() is None
    assert session.buffered_octets > 0
    session.answer(reply.SENDER_OK)
    assert isinstance(session.next_event(), RecipientGiven)
    session.answer(reply.RECIPIENT_OK)
    assert isinstance(session.next_event(), DataAsked)
    session.answer(reply.DISK_FULL)
    assert session.next_event() is None
    assert session.state is State.OPEN
    assert session.octets_to_send().endswith(reply.DISK_FULL.wire)


def test_an_answer_without_a_question_is_a_bug() -> None:
    """It raises, and the transport ends the session."""
    with pytest.raises(RuntimeError):
        Session("mx.example", Limits(), can_start_tls=False).answer(reply.OK)


def test_a_message_over_the_limit_is_read_to_its_end_and_refused() -> None:
    """What is behind it is a command again."""
    driving = driver(message_octets=1000)
    heard = driving.exchange(ENVELOPE + b"x" * 300_000 + b"\r\nRSET\r\n.\r\nNOOP\r\n")
    assert heard.endswith(reply.START_DATA.wire + reply.TOO_LARGE.wire + reply.OK.wire)
    assert driving.taken == []


@pytest.mark.parametrize(("letters", "taken"), [(996, 1), (997, 1), (998, 0)])
def test_the_limit_counts_the_message_without_its_stuffed_dots(letters: int, taken: int) -> None:
    """A dot, the letters and CRLF: 1,000 octets are within a limit of 1,000."""
    driving = driver(message_octets=1000)
    driving.exchange(ENVELOPE + b".." + b"x" * letters + b"\r\n.\r\n")
    assert len(driving.taken) == taken


def test_recipients_over_the_limit_are_put_off() -> None:
    """452, which is no error; those before are kept."""
    driving = driver(recipients=100, permanent_errors=5)
    heard = driving.exchange(b"EHLO c\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<b@valid.example>\r\n" * 150)
    assert heard.count(reply.TOO_MANY_RECIPIENTS.wire) == 50
    heard = driving.exchange(b"DATA\r\nx\r\n.\r\n")
    assert heard == reply.START_DATA.wire + reply.message_taken("id").wire
    assert len(driving.taken[0].recipients) == 100


def test_a_refused_message_is_no_error_of_the_client() -> None:
    """Content may be refused for good any number of times: only commands count."""
    driving = driver(permanent_errors=3)
    driving.exchange(b"EHLO c\r\n")
    envelope = ENVELOPE.partition(b"\r\n")[2]
    for _ in range(10):
        assert driving.exchange(envelope + b"a\nb\r\n.\r\n").endswith(reply.BARE_LINE_END.wire)
    assert not driving.is_ended


def test_content_refused_by_the_driver_is_read_to_its_end() -> None:
    """A full disk in the middle of the content: 452 at the end, nothing asked."""
    driving = driver()
    driving.exchange(ENVELOPE + b"x" * 70_000)
    driving.session.refuse_content(reply.DISK_FULL)
    driving.session.refuse_content(reply.INTERNAL_ERROR)
    assert driving.exchange(b"\r\n.\r\nNOOP\r\n") == reply.DISK_FULL.wire + reply.OK.wire
    assert driving.taken == []


def test_an_answer_of_421_ends_the_session() -> None:
    """Whatever was asked."""
    session = Session("mx.example", Limits(), can_start_tls=False)
    session.receive(b"EHLO c\r\nMAIL FROM:<>\r\nRSET\r\n")
    assert isinstance(session.next_event(), MailGiven)
    session.answer(reply.SHUTTING_DOWN)
    assert session.next_event() == SessionEnded()
    assert session.next_event() is None
    session.receive(b"NOOP\r\n")
    assert session.octets_to_send().endswith(reply.SHUTTING_DOWN.wire)
    session.answer(reply.OK)
    session.end(reply.BYE)
    assert session.octets_to_send() == b""


def test_draining_ends_an_idle_session_at_once() -> None:
    """A transaction without content has promised nothing."""
    for opening in (b"", ENVELOPE[: ENVELOPE.index(b"DATA")]):
        driving = driver()
        driving.exchange(opening)
        driving.session.drain()
        assert driving.exchange(b"") == reply.SHUTTING_DOWN.wire
        assert driving.is_ended


@pytest.mark.parametrize("content", [b"x\r\n", b"a\nb\r\n"])
def test_draining_lets_a_message_come_to_its_end(content: bytes) -> None:
    """Its answer comes first, then 421."""
    driving = driver()
    driving.exchange(ENVELOPE)
    driving.session.drain()
    assert driving.exchange(content) == b""
    answer = reply.BARE_LINE_END if b"\nb" in content else reply.message_taken("id")
    assert driving.exchange(b".\r\n") == answer.wire + reply.SHUTTING_DOWN.wire
    assert driving.is_ended


def test_draining_while_a_message_is_being_decided_waits_for_the_answer() -> None:
    """The promise reaches the client."""
    driving = driver()
    session = driving.session
    driving.exchange(ENVELOPE)
    session.receive(b".\r\n")
    while not isinstance(session.next_event(), MessageEnded):
        pass
    session.drain()
    assert session.octets_to_send() == b""
    session.answer(reply.message_taken("id"))
    assert session.octets_to_send() == reply.message_taken("id").wire + reply.SHUTTING_DOWN.wire


def test_starttls_without_a_certificate_is_not_offered() -> None:
    """Neither in EHLO nor when asked for."""
    driving = Driver(Session("mx.example", Limits(), can_start_tls=False))
    assert b"STARTTLS" not in driving.exchange(b"EHLO c.example\r\n")
    assert driving.exchange(b"STARTTLS\r\n") == reply.NOT_OFFERED.wire


def test_what_is_asked_to_be_told_goes_with_the_transaction() -> None:
    """RET and ENVID of the message, NOTIFY and ORCPT of each recipient; the next transaction asks for itself."""
    driving = driver()
    driving.exchange(b"EHLO c\r\nMAIL FROM:<a@s.example> RET=FULL ENVID=x1\r\n")
    driving.exchange(b"RCPT TO:<b@valid.example> NOTIFY=NEVER\r\nRCPT TO:<c@valid.example>\r\n")
    assert driving.session.parameters.dsn.words == "RET=FULL ENVID=x1"
    assert [recipient.dsn.words for recipient in driving.session.recipients] == ["NOTIFY=NEVER", ""]
    driving.exchange(b"RSET\r\nMAIL FROM:<a@s.example>\r\n")
    assert driving.session.parameters.dsn.words == ""


def test_requiretls_is_offered_and_taken_behind_the_handshake() -> None:
    """Inside TLS alone."""
    driving = driver()
    heard = driving.exchange(b"EHLO c\r\n") + driving.exchange(b"STARTTLS\r\n")
    assert b"REQUIRETLS" not in heard
    assert b"250 REQUIRETLS\r\n" in driving.exchange(b"EHLO c\r\n")
    assert driving.exchange(b"MAIL FROM:<a@s.example> REQUIRETLS\r\n") == reply.SENDER_OK.wire
    assert driving.session.parameters.requires_tls


def test_a_trusted_peer_speaks_for_a_client() -> None:
    """The session begins anew, and what the claim says counts from then on; it is not taken inside a transaction."""
    session = Session("mx.example", Limits(), can_start_tls=False, can_xclient=True)
    driving = Driver(session)
    assert b"XCLIENT NAME ADDR PORT PROTO HELO\r\n" in driving.exchange(b"EHLO peer.example\r\n")
    heard = driving.exchange(b"XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=77 HELO=c.example PROTO=SMTP\r\n")
    assert heard == reply.banner("mx.example").wire
    assert (session.state, session.claim) == (State.NEW, Claim("192.0.2.7", 77, False, "c.example"))
    assert driving.exchange(b"XCLIENT ADDR=nonsense\r\n") == reply.BAD_ARGUMENTS.wire
    driving.exchange(b"EHLO c\r\nMAIL FROM:<a@s.example>\r\n")
    assert driving.exchange(b"XCLIENT ADDR=192.0.2.8\r\n") == reply.BAD_SEQUENCE.wire
    assert session.claim.address == "192.0.2.7"
