"""Results of one transaction."""

import pytest

from mx.delivery.contract import Delivered, PermanentlyRefused, Stage, TransientlyRefused, Unreachable
from mx.delivery.esmtp.ledger import Ledger, refusal
from mx.delivery.esmtp.replies import RawReply

OK, LATER, NEVER = RawReply(250, (b"ok",)), RawReply(450, (b"later",)), RawReply(550, (b"never",))


def test_each_recipient_keeps_its_own_answer() -> None:
    """The end of data speaks of those only whose RCPT was accepted."""
    ledger = Ledger(3)
    for reply in (OK, LATER, NEVER):
        ledger.take_recipient_reply(reply)
    assert ledger.is_anyone_left
    ledger.deliver(OK, is_normalised=True, offers_dsn=False)
    assert not ledger.is_anyone_left
    assert ledger.results() == (
        Delivered(OK.decoded(), is_normalised=True, offers_dsn=False),
        TransientlyRefused(LATER.decoded(), Stage.RECIPIENT),
        PermanentlyRefused(NEVER.decoded(), Stage.RECIPIENT),
    )


def test_a_result_is_written_once() -> None:
    """Nothing that comes later changes a refusal, or makes it good."""
    ledger = Ledger(1)
    ledger.refuse(NEVER, Stage.MAIL)
    ledger.take_recipient_reply(LATER)
    ledger.deliver(OK)
    ledger.close(Unreachable("cut"))
    assert ledger.results() == (PermanentlyRefused(NEVER.decoded(), Stage.MAIL),)


def test_undecided_copies_are_never_left_out() -> None:
    """Fewer results than recipients is a bug, not an answer."""
    ledger = Ledger(2)
    ledger.take_recipient_reply(NEVER)
    with pytest.raises(AssertionError, match="undecided"):
        ledger.results()


@pytest.mark.parametrize(("reply", "kind"), [(LATER, TransientlyRefused), (NEVER, PermanentlyRefused)])
def test_the_first_digit_decides(reply: RawReply, kind: type) -> None:
    """4 is for now, 5 for good."""
    assert isinstance(refusal(reply, Stage.DATA), kind)


@pytest.mark.parametrize(
    ("first", "last", "final", "is_behind"),
    [
        ("2.1.0 sender", "2.1.5 rcpt", "2.1.5 rcpt", True),
        ("2.1.5 rcpt", "2.1.5 rcpt", "2.1.5 taken", False),
        ("2.1.0 rcpt", "2.1.0 rcpt", "2.0.0 taken", False),
        ("2.1.0 rcpt", "2.1.0 rcpt", "2.1.0 taken", False),
        ("ok", "ok", "ok", False),
    ],
)
def test_answers_are_one_behind_only_where_both_statuses_say_so(
    first: str, last: str, final: str, is_behind: bool
) -> None:
    """A server that is merely odd in one of them is believed."""
    ledger = Ledger(2)
    for text in (first, last):
        ledger.take_recipient_reply(RawReply(250, (text.encode(),)))
    assert ledger.is_one_behind(RawReply(250, (final.encode(),))) is is_behind
