"""The judge's own judgement: what arrived, against what was sent."""

import smtplib

import pytest

from tests.corpus.clean import signed
from tests.corpus.judge import Fate, Judgement, fate_of, report
from tests.corpus.receiving import HOST, Receiver

SENT = b"Subject: x\r\n\r\nx\r\n"
ADDED = b"Pratique-Scanned: x\r\nReceived: from a\r\n by b\r\n"
SIGNED = next(iter(signed.cases())).content


@pytest.mark.parametrize(
    ("expect", "code", "arrived", "fate"),
    [
        ("infected", 550, [], Fate.CAUGHT),
        ("infected", 250, [], Fate.CAUGHT),
        ("infected", 250, [SENT], Fate.MISSED),
        ("blocked", 550, [ADDED + SENT], Fate.MISSED),
        ("infected", 451, [], Fate.ERROR),
        ("clean", 451, [], Fate.ERROR),
        ("clean", 550, [], Fate.BLOCKED),
        ("clean", 250, [], Fate.BLOCKED),
        ("clean", 250, [SENT], Fate.PASSED),
        ("clean", 250, [ADDED + SENT], Fate.PASSED),
        ("clean", 250, [SENT, SENT], Fate.CHANGED),
        ("clean", 250, [ADDED + SENT + b"\r\n"], Fate.CHANGED),
        ("clean", 250, [b"X: y" + SENT], Fate.CHANGED),
        ("clean", 250, [ADDED + SENT.replace(b"x", b"y")], Fate.CHANGED),
    ],
)
def test_fate(expect: str, code: int, arrived: list[bytes], fate: Fate) -> None:
    """Put off is an error, never a catch."""
    assert fate_of({"expect": expect}, SENT, code, arrived) is fate


def test_a_missing_last_line_end_may_be_added() -> None:
    """Over DATA it cannot be left out."""
    assert fate_of({"expect": "clean"}, SENT[:-2], 250, [SENT]) is Fate.PASSED


def test_a_signature_that_no_longer_verifies_is_seen() -> None:
    """Even where all octets are as they were, such as when a field on top is in the way."""
    row = {"expect": "clean", "signed": "dkim"}
    assert fate_of(row, SIGNED, 250, [SIGNED]) is Fate.PASSED
    assert fate_of(row, SIGNED, 250, [b"From: another@sender.example\r\n" + SIGNED]) is Fate.BROKEN


def test_the_receiver_takes_content_as_it_is() -> None:
    """Dots at the beginning of lines included."""
    content = b"Subject: x\r\n\r\n.\r\n..\r\n.x\r\n"
    with Receiver() as receiver:
        with smtplib.SMTP(HOST, receiver.port) as client:
            client.sendmail("a@b.example", ["c@d.example"], content)
            client.sendmail("e@b.example", ["c@d.example"], SENT)
        assert receiver.taken == {"a@b.example": [content], "e@b.example": [SENT]}


def test_the_last_line_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for scripts."""
    assert report([Judgement("a", "room", Fate.CAUGHT, ""), Judgement("b", "room", Fate.PASSED, "")])
    assert not report([Judgement("a", "room", Fate.MISSED, "250 ok")])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("corpus: 1 messages, caught 0, passed 0, missed 1, ")
