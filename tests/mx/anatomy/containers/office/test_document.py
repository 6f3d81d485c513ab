"""OLE documents: what is carried in them, and what is broken about them."""

import contextlib
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Locked, Member, Obstacle, Stretch, whole
from mx.anatomy.containers.office.document import open_ole
from mx.finding import Severity
from tests.contracts.archives import contents_of, names_of, steps_of
from tests.contracts.mail import EICAR, zipped
from tests.corpus.formats.compound import Tree, compound, macro_file, macro_project, ole_package, shuffled, with_package
from tests.corpus.formats.documents import outlook_message, word_file

MACRO = b"Sub AutoOpen()\r\nShell Environ(1)\r\nEnd Sub\r\n"
INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
LARGE = random.Random(1).randbytes(8000)
SLIDES = "PowerPoint Document"


def slide_object(octets: bytes, promised: int | None = None) -> bytes:
    """One packed object of a presentation."""
    packed = struct.pack("<I", len(octets) if promised is None else promised) + zlib.compress(octets)
    return b"\x10\0\x11\x10" + struct.pack("<I", len(packed)) + packed


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        ({"ObjectPool": {"_1": {"\1Ole10Native": ole_package(EICAR)}}}, EICAR),
        ({"\1Ole10Native": b"\x44\0\0\0" + EICAR}, EICAR),
        ({"x": {"Package": b"anything"}}, b"anything"),
        ({"any": zipped(EICAR)}, zipped(EICAR)),
        ({SLIDES: bytes(99) + slide_object(macro_file(MACRO))}, macro_file(MACRO)),
        ({SLIDES: b"\0\0\x11\x10" + struct.pack("<I", 1536) + with_package(EICAR)[:1536]}, with_package(EICAR)[:1536]),
    ],
    ids=["package", "native data", "carrier", "file", "slide object", "plain slide object"],
)
@pytest.mark.parametrize("form", [compound, lambda tree: shuffled(compound(tree))], ids=["plain", "shuffled"])
def test_what_is_carried_is_shown(tree: Tree, wanted: bytes, form: object) -> None:
    """In one piece and in pieces."""
    steps = steps_of(open_ole, form(tree))  # type: ignore[operator]
    assert wanted in contents_of(steps)
    assert names_of(steps) == set()


def test_a_stream_in_pieces_is_shown_whole() -> None:
    """No scan of the document's own octets would see it."""
    content = bytes(range(256)) * 40
    assert content in contents_of(steps_of(open_ole, shuffled(compound({"x": content}))))
    assert content not in contents_of(steps_of(open_ole, compound({"x": content})))


def test_macros_are_shown_as_source() -> None:
    """Of the document, and of a bare project."""
    for octets in (word_file({"Macros": macro_project(MACRO)}), macro_file(MACRO)):
        sources = [
            step for step in steps_of(open_ole, octets) if isinstance(step, Member) and step.reading == "macro-source"
        ]
        assert [MACRO in source.content.raw for source in sources] == [True]


def test_a_message_of_outlook() -> None:
    members = [step for step in steps_of(open_ole, outlook_message(EICAR)) if isinstance(step, Member)]
    assert [(member.name, member.content.raw) for member in members if member.reading == "msg-attachment"] == [
        ("file.com", EICAR)
    ]


def test_files_of_an_installer_have_their_names() -> None:
    """Two letters are packed into each character."""
    packed = chr(0x3800 + 10 + (11 << 6)) + chr(0x4800 + 12)
    steps = steps_of(open_ole, compound({packed: b"cabinet"}, INSTALLER))
    assert [(step.name, step.content.raw) for step in steps if isinstance(step, Member)] == [("ABC", b"cabinet")]


def test_octets_behind_are_shown() -> None:
    assert zipped(EICAR) in contents_of(steps_of(open_ole, word_file() + zipped(EICAR)))
    assert contents_of(steps_of(open_ole, word_file() + bytes(1000))) == []


def test_an_object_from_elsewhere_is_suspicious() -> None:
    """A link that opens by itself (CVE-2017-0199)."""
    moniker = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + "http://a.example".encode("utf-16-le")
    found = [
        step for step in steps_of(open_ole, compound({"\1Ole": bytes(40) + moniker})) if isinstance(step, Obstacle)
    ]
    assert [(step.name, step.severity) for step in found] == [("document.remote-object", Severity.SUSPICIOUS)]


ENCRYPTED: list[Tree] = [
    {"EncryptedPackage": b"x", "EncryptionInfo": b"x"},
    {"\x09DRMContent": b"x"},
    {"Workbook": struct.pack("<HHH", 0x809, 2, 0x600) + struct.pack("<HH", 0x2F, 54) + bytes(54)},
    {"WordDocument": b"\xec\xa5" + bytes(9) + b"\1" + bytes(600)},
    {"Current User": bytes(12) + b"\xdf\xc4\xd1\xf3" + bytes(20)},
]


@pytest.mark.parametrize("tree", ENCRYPTED)
def test_an_encrypted_document_is_handed_on(tree: Tree) -> None:
    """A light cell cannot open it; a deep one makes it a step that waits for passwords."""
    with pytest.raises(DeeperCellNeeded):
        steps_of(open_ole, compound(tree))

    def unlock(content: Stretch, budget: Budget) -> Locked:
        return Locked(lambda passwords: iter((Obstacle(str(passwords)),)))

    steps = list(open_ole(whole(compound(tree)), Budget(lambda: 0.0), unlock))
    assert any(isinstance(step, Locked) for step in steps)


def test_what_cannot_be_unpacked_is_unscannable() -> None:
    """A packed object that breaks off; but not one that only lacks the mark of its end."""
    broken = slide_object(LARGE)[:-400]
    steps = steps_of(open_ole, compound({SLIDES: bytes(5000) + broken}))
    assert names_of(steps) == {"broken-ole"}
    assert [step.severity for step in steps if isinstance(step, Obstacle)] == [Severity.UNSCANNABLE]
    unmarked = zlib.compressobj()
    packed = unmarked.compress(LARGE) + unmarked.flush(zlib.Z_SYNC_FLUSH)
    raw = b"\x10\0\x11\x10" + struct.pack("<II", len(packed) + 4, len(LARGE)) + packed
    steps = steps_of(open_ole, compound({SLIDES: bytes(5000) + raw}))
    assert LARGE in contents_of(steps)
    assert names_of(steps) == set()


def test_what_only_begins_like_one_is_an_ambiguity() -> None:
    """No directory, no document: a plain artifact."""
    assert steps_of(open_ole, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600)
    assert names_of(steps_of(open_ole, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and text")) == {"broken-ole"}


def test_ordinary_documents_are_ordinary() -> None:
    """Nothing is found in them."""
    assert steps_of(open_ole, word_file()) == []


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 6000))
@settings(max_examples=200, deadline=None)
def test_damage_never_raises(changes: list[tuple[int, int]], cut: int) -> None:
    """Whatever is changed."""
    octets = bytearray(word_file({"Macros": macro_project(MACRO), "O": {"\1Ole10Native": ole_package(EICAR * 70)}}))
    for place, value in changes:
        octets[place % len(octets)] = value
    with contextlib.suppress(DeeperCellNeeded):
        steps_of(open_ole, bytes(octets[: len(octets) - cut]))
