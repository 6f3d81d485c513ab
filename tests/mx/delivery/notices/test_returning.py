"""What a sender may know of a copy that could not be delivered."""

import pytest

from mx.delivery.contract import CopyResult, Delivered, NextHopReply, PermanentlyRefused, Stage
from mx.delivery.notices.dsn import MOST_RETURNED_OCTETS, DsnAction, RecipientReport
from mx.delivery.notices.returning import is_returned_whole, relayed, reports_of, undelivered
from mx.dsn_request import Notify, NotifyRequest
from tenants.queue.notices import LeasedNotice, NoticeKind, PassedOn, Undelivered
from tenants.trace.messages import MessageFacts
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import AWAY, LATER, OK

A = "a@acme.example"
SUCCESS = NotifyRequest((Notify.SUCCESS, Notify.FAILURE))
SILENT = Delivered(NextHopReply(250, "2.6.0", "queued on mail.acme.example"), offers_dsn=False)
FAILED = RecipientReport(A, DsnAction.FAILED, "5.1.1", "550", NOW)
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


@pytest.mark.parametrize(
    ("result", "wish", "status"),
    [
        (SILENT, SUCCESS, "2.6.0"),
        (Delivered(NextHopReply(250, "", "ok"), offers_dsn=False), SUCCESS, "2.0.0"),
        (Delivered(NextHopReply(250, "5.0.0", "odd"), offers_dsn=False), SUCCESS, "2.0.0"),
        (OK, SUCCESS, None),
        (SILENT, NotifyRequest(), None),
        (SILENT, NotifyRequest((Notify.NEVER,)), None),
        (SILENT, NotifyRequest((Notify.FAILURE, Notify.DELAY)), None),
        (TELLING, SUCCESS, None),
        (LATER, SUCCESS, None),
        (AWAY, SUCCESS, None),
    ],
)
def test_who_is_owed_a_report_of_success(result: CopyResult, wish: NotifyRequest, status: str | None) -> None:
    """Who asked for it, of a next hop that took the copy and does not offer DSN (RFC 3461 section 5.2.2 b, d, e)."""
    assert relayed(A, wish, result, NOW) == (PassedOn(A, status, NOW) if status else None)


def facts(**changes: object) -> MessageFacts:
    given: dict[str, object] = {
        "transaction": "t", "tenant_id": 1, "received_at": NOW, "client_address": "", "reverse_path": "s@x.example",
        "recipients": (A,), "message_id": "", "subject": "", "octets": 9, "is_eight_bit": False, "is_smtputf8": False,
        "verdict": "clean", "dsn": "RET=FULL",
    }  # fmt: skip
    return MessageFacts(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        ("", ["failed"]),
        ("NOTIFY=SUCCESS", ["relayed"]),
        ("NOTIFY=SUCCESS,FAILURE", ["failed", "relayed"]),
        ("NOTIFY=DELAY", []),
        ("NOTIFY=NEVER", []),
    ],
)
def test_each_copy_is_reported_as_its_recipients_sender_asked(words: str, actions: list[str]) -> None:
    """RFC 3461 section 4.1; addresses are found whatever their case."""
    copies = (Undelivered("A@acme.example", "5.1.1", "550", NOW),)
    taken = (PassedOn("A@acme.example", "2.0.0", NOW),)
    notice = LeasedNotice(NoticeKind.REPORT, 1, "s@x.example", "t", NOW, 0, (), copies, 1, taken)
    reports = reports_of(notice, facts(recipients_dsn=((A, words),)))
    assert [report.action.value for report in reports] == actions


@pytest.mark.parametrize(
    ("report", "changes", "octets", "is_whole"),
    [
        (FAILED, {}, MOST_RETURNED_OCTETS, True),
        (FAILED, {}, MOST_RETURNED_OCTETS + 1, False),
        (FAILED, {"dsn": "RET=HDRS"}, 9, False),
        (FAILED, {"dsn": ""}, 9, False),
        (FAILED, {"verdict": "infected"}, 9, False),
        (FAILED, {"verdict": "unscannable"}, 9, False),
        (FAILED, {"verdict": ""}, 9, False),
        (RecipientReport(A, DsnAction.RELAYED, "2.0.0", "", NOW), {}, 9, False),
    ],
)
def test_what_is_returned_whole(
    report: RecipientReport, changes: dict[str, object], octets: int, *, is_whole: bool
) -> None:
    """What failed, was asked for, is small, and was found clean (RFC 3461 section 4.3)."""
    assert is_returned_whole([report], facts(**changes), octets) is is_whole
