"""Our headers: whole lines, and nothing smuggled into them."""

import re
from datetime import UTC, datetime

import pytest

from mx.artifact import Ambiguity
from mx.decision import Defer, Deliver
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.examination import Examination
from mx.finding import EngineFailed
from mx.trace_headers import headers_on_top, scanned_header
from mx.verdict import Verdict, VerdictKind


def envelope(
    helo: str = "client.example", recipients: tuple[str, ...] = ("u@acme.example",), **changes: object
) -> Envelope:
    values: dict[str, object] = {"address": "192.0.2.1", "port": 1, "helo": helo, "is_esmtp": True, "tls": None}
    values.update(changes)
    utf8 = bool(values.pop("smtputf8", False))
    client = Client(**values)  # type: ignore[arg-type]
    people = tuple(Recipient(address) for address in recipients)
    return Envelope("abc123", client, ReversePath("s@b.example"), people, False, utf8, datetime(2026, 1, 2, tzinfo=UTC))


def examination(verdict: Verdict | None = None) -> Examination:
    return Examination(verdict or Verdict(VerdictKind.CLEAN), (), b"{}", "", "", ("yara/rules-1", "clamd/1.4.6"), 0.1)


def lines(**changes: object) -> bytes:
    scanned = scanned_header(examination(), Deliver(), "mx.example")
    return scanned + headers_on_top(envelope(**changes), examination(), "mx.example")  # type: ignore[arg-type]


def test_a_received_line_tells_who_how_and_when() -> None:
    """The form of RFC 5321 section 4.4."""
    text = lines().decode()
    assert "Received: from client.example ([192.0.2.1])\r\n\tby mx.example (Pratique) with ESMTP id abc123" in text
    assert "for <u@acme.example>;\r\n\tFri, 02 Jan 2026 00:00:00 +0000\r\n" in text
    assert "Pratique-Scanned: clean; by=mx.example;\r\n\tengines=yara/rules-1, clamd/1.4.6\r\n" in text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"is_esmtp": False}, " with SMTP id"),
        ({"tls": "TLSv1.3"}, " with ESMTPS id"),
        ({"smtputf8": True}, " with UTF8SMTP id"),
        ({"smtputf8": True, "tls": "TLSv1.3"}, " with UTF8SMTPS id"),
    ],
)
def test_the_with_word_follows_the_registry(changes: dict[str, object], word: str) -> None:
    """The word says which extensions carried the message."""
    assert word in lines(**changes).decode()


@pytest.mark.parametrize("helo", ["a\r\nX-Evil: 1", "a)\tb", "\xff\u2028", "x" * 5000, "", "a (b) \\"])
def test_a_helo_name_cannot_start_a_header(helo: str) -> None:
    """Every line is one of ours, folded or not, and short enough."""
    raw = lines(helo=helo)
    raw.decode("ascii")
    assert all(re.match(rb"Received:|Pratique-Scanned:|\t", line) for line in raw.split(b"\r\n")[:-1])
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_several_recipients_are_not_told_of_each_other() -> None:
    """A blind copy stays blind (RFC 5321 section 7.2)."""
    assert b"for <" not in lines(recipients=("a@acme.example", "b@acme.example"))
    assert b"\r\n\r\n" not in lines(recipients=('"a\r\n\r\nb"@acme.example',))


def test_an_engine_that_gave_no_answer_is_named() -> None:
    """A marked message says what it was not examined by."""
    verdict = Verdict(VerdictKind.CLEAN, unanswered=(EngineFailed("clamd", "connection refused"),))
    raw = scanned_header(examination(verdict), Deliver(), "mx.example")
    assert raw.startswith(b"Pratique-Scanned: clean; unanswered=clamd; by=mx.example")


def test_a_policy_that_only_reports_says_what_it_would_have_done() -> None:
    """In the copy that it lets pass."""
    raw = scanned_header(examination(Verdict(VerdictKind.SPAM)), Deliver(would="reject"), "mx.example")
    assert raw.startswith(b"Pratique-Scanned: spam; report-only; would=reject; by=mx.example;\r\n")
    assert b"would" not in scanned_header(examination(), Defer("engine-unavailable"), "mx.example")


def test_what_was_taken_out_is_counted() -> None:
    """The verdict is that of what is left."""
    raw = scanned_header(examination(), Deliver(), "mx.example", 2)
    assert raw.startswith(b"Pratique-Scanned: clean; removed=2; by=mx.example;")


def test_each_ambiguity_is_named_once_below_our_name() -> None:
    """One field, each name on a line of its own; no field where nothing is ambiguous."""
    odd = tuple(Ambiguity(name, place) for place, name in enumerate(["bare-lf", "header-nul", "bare-lf"]))
    raw = headers_on_top(envelope(), examination(Verdict(VerdictKind.CLEAN, ambiguities=odd)), "mx.example")
    field = b"MIME-Ambiguity-Results: mx.example;\r\n\tambiguity=bare-lf;\r\n\tambiguity=header-nul\r\n"
    assert raw.startswith(field + b"Received:")
    assert b"MIME-Ambiguity" not in headers_on_top(envelope(), examination(), "mx.example")
