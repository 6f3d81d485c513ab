"""What a sender may know of a copy that could not be delivered."""

import pytest

from mx.delivery.contract import CopyResult, NextHopReply, PermanentlyRefused, Stage
from mx.delivery.notices.returning import undelivered
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import AWAY, LATER, OK

TELLING = PermanentlyRefused(
    NextHopReply(550, "5.1.1", "mail.acme.example [10.0.0.7] knows no such user"), Stage.RECIPIENT
)


@pytest.mark.parametrize(
    ("result", "status", "said"),
    [
        (TELLING, "5.1.1", "knows no such user"),
        (LATER, "5.4.7", "Mailbox is busy"),
        (AWAY, "5.4.7", ""),
    ],
)
def test_status_and_diagnostic(result: CopyResult, status: str, said: str) -> None:
    """The server's words without its name and address; of a silent one nothing, least of all our reason."""
    known = undelivered("a@acme.example", result, ["mail.acme.example"], NOW)
    assert (known.recipient, known.status, known.at) == ("a@acme.example", status, NOW)
    assert said in known.diagnostic and bool(said) == bool(known.diagnostic)
    assert "mail.acme" not in known.diagnostic and "10.0.0.7" not in known.diagnostic


def test_what_was_delivered_is_not_reported() -> None:
    """That would be a bug."""
    with pytest.raises(AssertionError):
        undelivered("a@acme.example", OK, [], NOW)
