"""iCalendar and vCard."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.calendar import open_calendar
from tests.contracts.stepping import contents_of

OCTETS = b"PK\3\4" + bytes(range(200))
CODED = base64.b64encode(OCTETS)


def folded(before: bytes, fold: bytes = b"\r\n ") -> bytes:
    value = before + CODED
    return fold.join(value[at : at + 70] for at in range(0, len(value), 70))


FOUND = {
    "attachment": folded(b"ATTACH;FMTTYPE=application/zip;ENCODING=BASE64;VALUE=BINARY:"),
    "in small letters": folded(b"attach;encoding=base64;value=binary:"),
    "photo": folded(b"PHOTO;ENCODING=b;TYPE=PNG:"),
    "of an item": folded(b"item1.LOGO;ENCODING=B:", b"\n\t"),
    "old form": b"KEY;BASE64:\r\n  " + CODED[:70] + b"\r\n  " + CODED[70:] + b"\r\n",
    "data URL": folded(b"SOUND:data:audio/wav;base64,"),
    "quoted-printable": b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"".join(b"=%02X" % octet for octet in OCTETS),
    "quoted-printable over lines": b"NOTE;ENCODING=QUOTED-PRINTABLE:"
    + b"".join(b"=%02X=\r\n" % octet for octet in OCTETS),
}


@pytest.mark.parametrize("case", FOUND)
def test_finds_the_file(case: str) -> None:
    """Exactly its content is one of the members."""
    assert OCTETS in contents_of(open_calendar, b"BEGIN:VCARD\r\n" + FOUND[case] + b"\r\nEND:VCARD\r\n")


def test_other_properties_are_no_files() -> None:
    """Names, places and descriptions."""
    assert (
        contents_of(open_calendar, b"BEGIN:VEVENT\r\nSUMMARY:base64 for all\r\nLOCATION:here\r\nEND:VEVENT\r\n") == []
    )


@given(
    st.lists(st.sampled_from([b"ENCODING=b", b"BASE64", b":", b";", b"\r\n", b" ", b"A" * 9]), max_size=60).map(
        b"".join
    )
)
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    contents_of(open_calendar, text)


@pytest.mark.parametrize("piece", [b"BASE64", b"BASE64;", b"A;BASE64:B\r\n", b"\r\n ", b"ENCODING=B", b"data:"])
def test_time_is_linear(piece: bytes) -> None:
    """64 KB of anything are read in well under a second."""
    began = time.process_time()
    contents_of(open_calendar, piece * ((1 << 16) // len(piece)))
    assert time.process_time() - began < 1
