"""OLE packages: the file, all of its names, and what is none."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.containers.office.ole_package import file_of_native_stream, file_of_package, read_object
from tests.contracts.mail import EICAR
from tests.corpus.formats.compound import ole_package


def test_the_file_and_its_name() -> None:
    """As the stream of an embedded object has it, and as RTF has it."""
    for member in (
        file_of_native_stream(whole(ole_package(EICAR, b"a.com")), "ole-package"),
        file_of_package(whole(ole_package(EICAR, b"a.com")[4:]), "ole-package"),
    ):
        assert member is not None
        assert (member.name, member.content.raw, member.reading) == ("a.com", EICAR, "ole-package")


def test_names_that_differ_are_all_kept() -> None:
    """Label, path, temporary path, and the three wide ones behind the file."""
    temporary = b"C:\\Temp\\third.com\0"
    raw = b"\2\0first.txt\0C:\\x\\second.vbs\0\0\0\3\0" + struct.pack("<I", len(temporary)) + temporary
    raw += struct.pack("<I", 5) + b"inner"
    for name in ("C:\\Temp\\fo\u00fcrth.com", "fifth.txt", "sixth.vbs"):
        raw += struct.pack("<I", len(name)) + name.encode("utf-16-le")
    member = file_of_package(whole(raw), "ole-package")
    assert member is not None
    assert member.content.raw == b"inner"
    assert (member.name, *member.names) == (
        "first.txt",
        "second.vbs",
        "third.com",
        "fo\u00fcrth.com",
        "fifth.txt",
        "sixth.vbs",
    )


def test_a_length_beyond_the_end_gives_what_is_there() -> None:
    raw = ole_package(EICAR)[:-10]
    member = file_of_native_stream(whole(raw), "ole-package")
    assert member is not None
    assert member.content.raw == EICAR[:-10]


@pytest.mark.parametrize("raw", [b"", b"\2\0", b"\1\0a\0b\0\0\0\3\0", b"\2\0a\0b\0\0\0\7\0" + bytes(20)])
def test_another_structure_is_none(raw: bytes) -> None:
    assert file_of_package(whole(raw), "ole-package") is None


def test_an_ole_1_object() -> None:
    """Embedded, and linked with what it points to."""
    embedded = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + struct.pack("<III", 0, 0, 4) + b"data"
    found = read_object(whole(embedded))
    assert found is not None
    assert (found.class_name, found.is_link, found.native.raw) == ("Package", False, b"data")
    linked = struct.pack("<III", 0x501, 1, 5) + b"Word\0" + struct.pack("<I", 4) + b"x:y\0" + struct.pack("<II", 0, 0)
    found = read_object(whole(linked))
    assert found is not None
    assert (found.is_link, found.topic) == (True, "x:y")
    assert read_object(whole(b"PK\3\4 and more than twelve octets")) is None


@given(st.binary(max_size=80), st.integers(0, 20), st.integers(0, 60))
def test_any_octets_at_any_place(octets: bytes, start: int, count: int) -> None:
    """Nothing is read from beyond the stretch."""
    raw = b"\2\0" + octets
    end = min(len(raw), start + count)
    content = Stretch(raw, min(start, end), end)
    for member in (file_of_native_stream(content, "x"), file_of_package(content, "x")):
        assert member is None or (content.start <= member.content.start and member.content.end <= content.end)
    found = read_object(content)
    assert found is None or found.native.end <= content.end
