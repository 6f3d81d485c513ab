"""VBA: compression, modules that are listed, hidden, stomped."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import Member, Obstacle, Step, whole
from mx.anatomy.containers.office.vba import READING, decompress, read_projects
from tests.contracts.mail import EICAR
from tests.corpus.formats.compound import macro_project, squeeze

SOURCE = b'Sub AutoOpen()\r\n    x = "' + EICAR + b'"\r\nEnd Sub\r\n'
Streams = dict[tuple[str, ...], bytes]

# MS-OVBA section 3.2: two of the published examples.
NO_COMPRESSION = bytes.fromhex("0119b000616263646566676800696a6b6c6d6e6f70007172737475762e")
MOST = bytes.fromhex("0103b002614500")


def project(source: bytes = SOURCE) -> Streams:
    tree = macro_project(source)
    vba = tree["VBA"]
    assert isinstance(vba, dict)
    return {("Macros", "VBA", name): content for name, content in vba.items()}


def read(streams: Streams) -> list[Step]:
    return list(read_projects({path: whole(octets) for path, octets in streams.items()}, Budget(lambda: 0.0)))


def sources(steps: list[Step]) -> list[bytes]:
    return [step.content.raw for step in steps if isinstance(step, Member) and step.reading == READING]


@pytest.mark.parametrize(
    ("packed", "plain"), [(NO_COMPRESSION, b"abcdefghijklmnopqrstuv."), (MOST, b"a" * 73), (b"", b""), (b"\2abc", b"")]
)
def test_the_published_examples(packed: bytes, plain: bytes) -> None:
    """Nothing to compress, one octet many times; what is no container is empty."""
    assert decompress(whole(packed), Budget(lambda: 0.0)) == plain


@given(st.binary(max_size=9000))
def test_what_was_squeezed_comes_back(content: bytes) -> None:
    assert decompress(whole(squeeze(content)), Budget(lambda: 0.0)) == content


@given(st.binary(max_size=200))
def test_any_octets_end(content: bytes) -> None:
    """And a chunk never gives more than it may."""
    assert len(decompress(whole(b"\1" + content), Budget(lambda: 0.0))) <= 4096 * (len(content) // 2 + 1)


def test_a_listed_module() -> None:
    """In the code page that the project names."""
    (member,) = (step for step in read(project()) if isinstance(step, Member))
    assert (member.name, member.charset) == ("Module1", "cp1252")
    assert SOURCE in member.content.raw


def test_a_module_without_a_directory_is_found_all_the_same() -> None:
    """By the look of its source; in any stream."""
    streams = project()
    del streams["Macros", "VBA", "dir"]
    assert any(SOURCE in source for source in sources(read(streams)))
    hidden = {("x",): b"junk" + squeeze(b'Attribute VB_Name = "M"\r\n' + SOURCE)}
    assert any(SOURCE in source for source in sources(read(hidden)))


def test_a_module_that_the_directory_leaves_out_is_found() -> None:
    streams = project(b"")
    streams["Macros", "VBA", "Other"] = squeeze(b'Attribute VB_Name = "Other"\r\n' + SOURCE)
    assert any(SOURCE in source for source in sources(read(streams)))


def test_empty_modules_are_nothing() -> None:
    """Every workbook with macros has a module for each sheet."""
    assert sources(read(project(b"Option Explicit\r\n' nothing yet\r\n"))) == []


def stomped(source: bytes) -> Streams:
    """A module whose compiled form pushes a constant text."""
    streams = project(source)
    text = b"http://a.example/run.exe"
    compiled = b"\xb9\0" + struct.pack("<H", len(text)) + text
    streams["Macros", "VBA", "Module1"] = compiled + squeeze(b'Attribute VB_Name = "Module1"\r\n' + source)
    listed = decompress(whole(streams["Macros", "VBA", "dir"]), Budget(lambda: 0.0))
    place = listed.index(struct.pack("<HI", 0x31, 4)) + 6
    streams["Macros", "VBA", "dir"] = squeeze(listed[:place] + struct.pack("<I", len(compiled)) + listed[place + 4 :])
    return streams


def test_stomped_macros_are_told() -> None:
    """Compiled code with a text that the source does not have; but not where it has it."""
    found = [step.name for step in read(stomped(b"Sub A()\r\nEnd Sub\r\n")) if isinstance(step, Obstacle)]
    assert found == ["macros.stomped"]
    honest = read(stomped(b'Sub A()\r\nx = "http://a.example/run.exe"\r\nEnd Sub\r\n'))
    assert not [step for step in honest if isinstance(step, Obstacle)]


def test_what_comes_out_is_charged() -> None:
    """Five octets for each four thousand: a small stream may hold much."""
    packed = b"\1" + b"\x03\xb0\x02a\xff\x0f" * 20_000
    with pytest.raises(LimitReached):
        decompress(whole(packed), Budget(lambda: 0.0, Limits(unpacked_octets=1 << 20)))


@given(st.binary(max_size=300), st.integers(0, 60))
def test_a_damaged_directory_never_raises(junk: bytes, place: int) -> None:
    streams = project()
    listed = decompress(whole(streams["Macros", "VBA", "dir"]), Budget(lambda: 0.0))
    streams["Macros", "VBA", "dir"] = squeeze(listed[:place] + junk + listed[place + len(junk) :])
    assert any(SOURCE in source for source in sources(read(streams)))
