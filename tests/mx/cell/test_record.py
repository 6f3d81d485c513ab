"""The record that a cell makes of a message."""

import itertools

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.walker import walk
from mx.cell.record import PREVIEW_OCTETS, make_record, words_of_html
from tenants.quarantine.message_record import MessageRecord, RecordedAmbiguity
from tests.contracts.mail import attached, base64_part, message, text_part, zipped

NO_TIME = itertools.repeat(0.0).__next__


def recorded(octets: bytes) -> tuple[MessageRecord, str, str]:
    return make_record(walk(octets, Budget(NO_TIME)))


def test_headers_are_decoded_and_kept_in_order() -> None:
    """Encoded words become text, control characters go, folded lines are joined."""
    record, message_id, subject = recorded(
        b"Subject: =?utf-8?b?R3LDvMOfZQ==?= =?iso-8859-1?q?=E4?=\r\n"
        b"X-Odd: a\x07b\r\n folded\r\nMessage-ID: <1@a>\r\n\r\nx"
    )
    assert record.headers == (("Subject", "Grüßeä"), ("X-Odd", "ab folded"), ("Message-ID", "<1@a>"))
    assert (message_id, subject) == ("<1@a>", "Grüßeä")


def test_the_tree_and_the_ambiguities_are_recorded() -> None:
    """Names, parents and ambiguities are those of the walk."""
    record, _, _ = recorded(attached(zipped(b"x", "in.txt"), b"out.zip").replace(b"--b1--", b""))
    assert [part.true_type for part in record.artifacts][3:5] == ["application/zip", ""]
    assert [(part.number, part.parent, part.name) for part in record.artifacts][3:5] == [
        (3, 0, "out.zip"),
        (4, 3, "in.txt"),
    ]
    assert record.ambiguities == (RecordedAmbiguity("boundary-unclosed", 0),)
    assert record.findings == ()


HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<style>p{}</style><p>Hello <b>you</b><br>there &amp; then</p>"
PREVIEWS = {
    "plain": (b"Subject: x\r\n\r\nhello\r\nyou", "hello\nyou"),
    "plain before HTML": (message(HTML, text_part(b"plain")), "plain"),
    "HTML alone": (message(HTML), "Hello you\nthere & then"),
    "no text": (message(base64_part(b"\0\1")), ""),
    "a charset": (b"Content-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xf2", "ПР"),
    "text of an inner message": (message(b"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\ninner"), ""),
    "control characters": (b"\r\na\x1bb\xc2\x85\tc", "ab\tc"),
}  # fmt: skip


@pytest.mark.parametrize("case", PREVIEWS)
def test_the_preview_is_the_message_s_own_text(case: str) -> None:
    """Plain text first, else the words of the HTML."""
    octets, expected = PREVIEWS[case]
    assert recorded(octets)[0].preview == expected


def test_a_long_text_is_cut() -> None:
    """The preview is bounded in UTF-8 octets, and says that it was cut."""
    record, _, _ = recorded(b"\r\n" + "ä".encode() * PREVIEW_OCTETS)
    assert record.is_preview_cut
    assert len(record.preview.encode()) <= PREVIEW_OCTETS
    assert not recorded(b"\r\nshort")[0].is_preview_cut


def test_a_header_without_end_is_bounded() -> None:
    """At most 500 fields of 4,000 characters."""
    record, _, _ = recorded(b"X: " + b"a" * 100_000 + b"\r\n" + b"Y: b\r\n" * 2000 + b"\r\nx")
    assert len(record.headers) == 500
    assert len(record.headers[0][1]) == 4000


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("", ""),
        ("no tags", "no tags"),
        ("<script>bad()</script>good", "good"),
        ("<SCRIPT src=x>if (a < b) bad()</SCRIPT >good", "good"),
        ("<script>never closed", ""),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a < b", "a"),
        ("&lt;b&gt;", "<b>"),
        ("<" * 1000, ""),
    ],
)
def test_words_of_html(page: str, words: str) -> None:
    """Tags go, scripts and styles go with what they hold, blocks become lines."""
    assert words_of_html(page) == words
