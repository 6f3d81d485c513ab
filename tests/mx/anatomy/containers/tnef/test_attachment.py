"""TNEF, as Outlook writes it and as others break it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Member, Step
from mx.anatomy.containers.tnef.attachment import open_tnef
from tests.contracts.archives import contents_of, names_of, steps_of
from tests.contracts.mail import EICAR

START = b"\x78\x9f\x3e\x22\1\0"
VERSION = 0x90060008
RENDERING, TITLE, CONTENT = 0x90020006, 0x80100001, 0x800F0006
ATTACHMENT, PROPERTIES, BODY = 0x90050006, 0x90030006, 0x800C0002


def attribute(number: int, value: bytes, level: int = 2, checksum: int | None = None) -> bytes:
    """One attribute: level, type and number, length, value, checksum."""
    told = sum(value) & 0xFFFF if checksum is None else checksum
    head = struct.pack("<BHHI", level, number >> 16, number & 0xFFFF, len(value))
    return head + value + struct.pack("<H", told)


def properties(*values: tuple[int, int, bytes]) -> bytes:
    """A list of properties: type, number, value of any length."""
    packed = b"".join(
        struct.pack("<HHII", form, number, 1, len(value)) + value + bytes(-len(value) % 4)
        for form, number, value in values
    )
    return struct.pack("<I", len(values)) + packed


def tnef(*attributes: bytes) -> bytes:
    return START + attribute(VERSION, b"\0\0\1\0", level=1) + b"".join(attributes)


def one(steps: list[Step]) -> Member:
    (member,) = (step for step in steps if isinstance(step, Member))
    return member


LONG = (0x001F, 0x3707, "häßlich.com\0".encode("utf-16-le"))
ATTACHED = tnef(
    attribute(RENDERING, bytes(14)),
    attribute(TITLE, b"HASSLI~1.COM\0"),
    attribute(CONTENT, EICAR),
    attribute(ATTACHMENT, properties(LONG, (0x001E, 0x370E, b"Application/X-Com\0"))),
)


def test_an_attachment_has_all_of_its_names() -> None:
    """The short one of its title, and the long one of its properties."""
    member = one(steps_of(open_tnef, ATTACHED))
    assert {member.name, *member.names} == {"HASSLI~1.COM", "häßlich.com"}
    assert (member.declared_type, member.content.raw) == ("application/x-com", EICAR)
    assert names_of(steps_of(open_tnef, ATTACHED)) == set()


ODD = {
    "wrong checksum": (tnef(attribute(RENDERING, bytes(14)), attribute(CONTENT, EICAR, checksum=1)), "tnef-checksum"),
    "garbage before": (tnef(b"garbage!!", attribute(CONTENT, EICAR)), "broken-tnef"),
    "garbage behind": (tnef(attribute(CONTENT, EICAR), b"garbage " * 4), "broken-tnef"),
    "cut off": (tnef(attribute(CONTENT, EICAR + b"more")[:-4]), "broken-tnef"),
}


@pytest.mark.parametrize("case", ODD)
def test_attachments_are_found_whatever_is_wrong(case: str) -> None:
    """The oddity says what it was."""
    octets, name = ODD[case]
    steps = steps_of(open_tnef, octets)
    assert any(content.startswith(EICAR) for content in contents_of(steps))
    assert name in names_of(steps)


def test_attachments_need_no_rendering_before_them() -> None:
    """And one that is given twice has both contents."""
    assert contents_of(steps_of(open_tnef, tnef(attribute(CONTENT, EICAR)))) == [EICAR]
    twice = tnef(attribute(RENDERING, bytes(14)), attribute(CONTENT, b"x"), attribute(CONTENT, EICAR))
    assert contents_of(steps_of(open_tnef, twice)) == [b"x", EICAR]


def test_bodies_are_members() -> None:
    """Plain, Unicode, HTML, and RTF without its packing."""
    rtf = struct.pack("<II", 0, 9) + b"MELA" + bytes(4) + b"{\\rtf1 x}"
    told = properties((0x001F, 0x1000, "grüße\0".encode("utf-16-le")), (0x0102, 0x1013, b"<p>x"), (0x0102, 0x1009, rtf))
    steps = steps_of(open_tnef, tnef(attribute(BODY, b"plain", level=1), attribute(PROPERTIES, told, level=1)))
    assert contents_of(steps) == [b"plain", "grüße".encode(), b"<p>x", b"{\\rtf1 x}"]


def test_an_object_begins_behind_its_interface() -> None:
    """A message within is TNEF again."""
    inner = tnef(attribute(CONTENT, EICAR))
    octets = tnef(attribute(ATTACHMENT, properties((0x000D, 0x3701, bytes(16) + inner))))
    assert contents_of(steps_of(open_tnef, octets))[0] == inner


def test_a_mere_signature_is_odd() -> None:
    """Nothing can be within."""
    assert names_of(steps_of(open_tnef, START)) == {"broken-tnef"}
    assert contents_of(steps_of(open_tnef, START + b"and some text that is none")) == []


@given(st.binary(min_size=1, max_size=6), st.integers(0, len(ATTACHED)))
def test_mutated_streams_raise_nothing(change: bytes, place: int) -> None:
    """Whatever octets are changed."""
    steps_of(open_tnef, ATTACHED[:place] + change + ATTACHED[place + len(change) :])
