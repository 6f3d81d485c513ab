"""Outlook messages: bodies, attachments, messages within."""

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, whole
from mx.anatomy.containers.office.outlook_message import property_of, read_messages
from tests.contracts.mail import EICAR

Streams = dict[tuple[str, ...], bytes]
COMPRESSED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def stream(number: int, form: int) -> str:
    return f"__substg1.0_{number:04X}{form:04X}"


def members_of(streams: Streams) -> list[Member]:
    return list(read_messages({path: whole(octets) for path, octets in streams.items()}, Budget(lambda: 0.0)))


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


ATTACHMENT = "__attach_version1.0_#00000000"
WITHIN = (ATTACHMENT, stream(0x3701, 0x000D))
ATTACHED: Streams = {
    (ATTACHMENT, stream(0x3701, 0x0102)): EICAR,
    (ATTACHMENT, stream(0x3704, 0x001E)): b"HARMLE~1.TXT\0",
    (ATTACHMENT, stream(0x3707, 0x001F)): wide("h\u00e4rmless.com\0"),
    (ATTACHMENT, stream(0x370E, 0x001F)): wide("Application/X-Com"),
}


def test_every_body_is_shown() -> None:
    """Plain, HTML, compressed RTF; the header and the subject as texts for passwords."""
    members = members_of(
        {
            (stream(0x0037, 0x001F),): wide("Subject"),
            (stream(0x007D, 0x001E),): b"X-Header: value\r\n",
            (stream(0x1000, 0x001F),): wide("the password is \u00e4"),
            (stream(0x1013, 0x0102),): b"<html>",
            (stream(0x1009, 0x0102),): COMPRESSED,
        }
    )
    found = {member.content.raw: (member.declared_type, member.reading) for member in members}
    assert found == {
        b"Subject": ("", "headers"),
        b"X-Header: value\r\n": ("", "headers"),
        "the password is \u00e4".encode(): ("text/plain", "body"),
        b"<html>": ("text/html", "body"),
        b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n": ("text/rtf", "body"),
    }


def test_an_attachment_has_all_of_its_names() -> None:
    (member,) = members_of(ATTACHED)
    assert (member.content.raw, member.declared_type) == (EICAR, "application/x-com")
    assert {member.name, *member.names} == {"h\u00e4rmless.com", "HARMLE~1.TXT"}


def test_an_attachment_without_a_name_is_shown() -> None:
    (member,) = members_of(
        {
            (ATTACHMENT, stream(0x3701, 0x0102)): EICAR,
            (ATTACHMENT, stream(0x3703, 0x001F)): wide(".com"),
        }
    )
    assert (member.name, member.content.raw) == ("attachment.com", EICAR)


def test_a_message_within_is_read_like_the_first() -> None:
    """It lies in a storage of the attachment, and has attachments of its own."""
    inner = {(*WITHIN, *path): content for path, content in ATTACHED.items()}
    inner[*WITHIN, stream(0x1000, 0x001F)] = wide("inner")
    assert {member.content.raw for member in members_of(inner)} == {EICAR, b"inner"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__substg1.0_37010102", (0x3701, 0x0102)),
        ("__SUBSTG1.0_3701001f", (0x3701, 0x001F)),
        ("__substg1.0_37011102", None),
        ("WordDocument", None),
        ("", None),
    ],
)
def test_which_streams_are_properties(name: str, expected: tuple[int, int] | None) -> None:
    """By their names, in either case."""
    assert property_of(name) == expected
