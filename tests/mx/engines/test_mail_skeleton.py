"""The skeleton as octets: what it carries, what it shows, and its bounds. What clamd finds in it: beside this file."""

import base64
import email
import email.policy
import time
from dataclasses import replace

from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import walk
from mx.artifact import Artifact
from mx.engines.mail_skeleton import (
    MOST_OCTETS,
    MOST_PAGE_OCTETS,
    READING,
    carriable,
    carrying,
    skeleton_of,
)
from tests.contracts.engine import Octets, artifact
from tests.contracts.mail import base64_part, message, text_part

HEADER = b"Received: from a.example by b.example\r\nFrom: a@sender.example\r\nSubject: x\r\n"
PAGE = b"Content-Type: text/html\r\n\r\n<html><p>Good morning.</p></html>"


def artifacts_of(raw: bytes) -> list[Artifact]:
    anatomy = walk(raw, Budget(time.process_time), DEEP_READERS)
    return [
        replace(one, content=Octets(content.raw))
        for one, content in zip(anatomy.artifacts, anatomy.contents, strict=True)
    ]


def skeleton(raw: bytes) -> tuple[Artifact, bytes]:
    """The skeleton of a message that carries what it may, and its octets."""
    artifacts = artifacts_of(raw)
    keys = carriable(artifacts)
    made = skeleton_of(artifacts, [each for each in artifacts if each.number in keys])
    assert made is not None
    return made, b"".join(made.content.chunks())


def test_a_skeleton_has_the_message_but_its_attachments() -> None:
    """It stands in the place of the message."""
    attachment = b"\0binary\xff" * 50
    raw = message(text_part(b"Good morning.\r\n"), base64_part(attachment, b"bill.pdf"), header=HEADER)
    made, octets = skeleton(raw)
    assert (made.number, made.reading) == (0, READING)
    assert HEADER in octets and b"\r\n\r\n" in octets and b"Good morning." in octets
    assert b'filename="bill.pdf"' in octets
    assert attachment not in octets and base64_part(attachment)[-50:-10] not in octets


def test_what_it_carries_is_there_octet_for_octet() -> None:
    """As a mail program takes it apart; CR, LF and NUL included."""
    text = b"first\r\nsecond\nthird\0 \xff\r\n" * 100
    page = b"<p>\r\n" * 500
    raw = message(base64_part(text, b"a.txt", b"text/plain"), base64_part(page, b"a.html", b"text/html"), header=HEADER)
    mail = email.message_from_bytes(skeleton(raw)[1], policy=email.policy.default)
    assert [part.get_payload(decode=True) for part in mail.iter_parts()][:2] == [text, page]
    assert [part.get_filename() for part in mail.iter_parts()] == ["a.txt", "a.html", None]


def test_a_text_is_shown_with_both_line_ends() -> None:
    """A pattern of two lines fits in one of them."""
    octets = skeleton(message(text_part(b"one\r\ntwo"), header=HEADER))[1]
    assert b"one\r\ntwo" in octets and b"one\ntwo" in octets


def test_nothing_in_a_message_is_part_of_its_structure() -> None:
    """Names and texts that would end a field or a part; the boundary is not known to who writes a message."""
    hostile = b'x".html\r\n\r\n--=_'
    name = b'a";=?(\\\xe2\x80\x8b.html'
    raw = message(base64_part(hostile, name, b"text/html"), text_part(hostile), header=HEADER)
    made, octets = skeleton(raw)
    mail = email.message_from_bytes(octets, policy=email.policy.default)
    carried, text, seen = mail.iter_parts()
    assert (carried.get_payload(decode=True), text.get_payload(decode=True)) == (hostile, hostile)
    assert carried["Content-Disposition"].count('"') == 2
    assert made.sha256 not in octets.decode("utf-8", "replace") and seen["Content-Disposition"] == "form-data"


def test_what_is_shown_is_bounded() -> None:
    """Text that comes late is examined as a part alone."""
    raw = message(text_part(b"x" * 10 * MOST_OCTETS), text_part(b"late"), header=HEADER)
    octets = skeleton(raw)[1]
    assert MOST_OCTETS < len(octets) < MOST_OCTETS + 2000


def test_what_is_carried_is_bounded() -> None:
    """Texts and pages apart; nothing else, and nothing of a message that was not opened."""
    texts = [replace(artifact(b"x" * MOST_OCTETS, number), declared_type="text/plain") for number in (2, 3)]
    pages = [replace(artifact(b"y" * MOST_PAGE_OCTETS, number), declared_type="text/html") for number in (4, 5)]
    others = [replace(artifact(b"z", 6), declared_type="text/calendar"), artifact(b"", 7), artifact(b"m", 8, 0, "zip")]
    opened = [artifact(b"m", 0, None, "message"), artifact(b"h", 1, 0, "headers")]
    assert list(carriable([*opened, *texts, *pages, *others])) == [2, 4]
    assert carriable([opened[0], *texts]) == {}


def test_a_key_is_of_the_octets_as_they_are_carried() -> None:
    """Not their digest: the same octets may be another thing with another name, or outside a mail."""
    opened = [artifact(b"m", 0, None, "message"), artifact(b"h", 1, 0, "headers")]
    page = replace(artifact(b"y", 2), declared_type="text/html")
    others = [replace(page, number=3, name="b.html"), replace(page, number=4, declared_type="text/plain")]
    keys = carriable([*opened, page, *others])
    assert len({*keys.values(), page.sha256}) == 4
    assert carriable([*opened, replace(page, number=9)])[9] == keys[2]


def test_a_message_that_was_not_opened_has_none() -> None:
    """It is shown whole."""
    assert skeleton_of([artifact(b"x", 0, None, "message")], []) is None
    assert skeleton_of([], []) is None


def test_a_canary_is_carried_as_a_page_is() -> None:
    """And not to be seen otherwise."""
    octets = b"".join(carrying(b"canary").chunks())
    assert b"canary" not in octets and base64.b64encode(b"canary") in octets
