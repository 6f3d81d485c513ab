"""Disguises: each way is found, under the name by which a policy knows it, and honest names in any script are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.disguises import disguises_of, ending_of, plain_form
from mx.anatomy.walker import walk
from mx.finding import Severity
from tests.contracts.mail import attached, zipped
from tests.mx.anatomy.test_true_type import PE

EXECUTABLE = "application/vnd.microsoft.portable-executable"
DISGUISED = [
    ("invoice\u202efdp.exe", {"bidi"}),
    ("\u2067invoice\u2069.js", {"bidi"}),
    ("invoice\uff0eexe", {"homoglyph"}),
    ("invoice\u2024pdf\u2024exe", {"homoglyph", "double-extension"}),
    ("invoice.\u0435\u0445\u0435", {"homoglyph"}),  # Cyrillic letters
    ("invoice.\uff45\uff58\uff45", {"homoglyph"}),  # full-width letters
    ("invoice.lnk.", {"trailing"}),
    ("invoice.exe. . ", {"trailing"}),
    ("invoice.exe\u00a0\u3000", {"trailing"}),
    ("invoice.e\u200bxe", {"trailing"}),
    ("invoice.exe\0.pdf", {"nul"}),
    ("invoice.pdf.exe", {"double-extension"}),
    ("invoice.docx.js", {"double-extension"}),
    ("invoice.pdf" + " " * 60 + ".exe", {"spaces", "double-extension"}),
    ("invoice.pdf" + "\u2800" * 9 + ".scr", {"spaces", "double-extension"}),
]
HONEST = [
    "report.pdf", "Report (final) v2.1.pdf", "setup.exe", "setup-1.2.3.exe", "archive.tar.gz", "jquery.min.js", "a.b.c",
    "Rechnung für März.pdf", "счёт.pdf", "Отчёт за ноябрь.docx", "請求書。最終版.pdf", "见积书．pdf",
    "חשבונית.pdf", "فاتورة.pdf",
    "\u200fחשבונית\u200f.pdf", "invoice .pdf", "photo.JPG", "", "text", "mail.sender.example", "smime.p7m", "x.pdf.p7m",
    "  two  spaces  .txt", "notes.", "letter.doc ", "C:\\temp\\a.doc", "\u2068Anhang\u2069.pdf", "name\0\0\0",
]  # fmt: skip


@pytest.mark.parametrize(("name", "ways"), DISGUISED)
def test_each_way_is_found(name: str, ways: set[str]) -> None:
    """Also where it is one of several names."""
    found = {f"disguise.{way}" for way in ways}
    assert set(disguises_of([name], "application/octet-stream", "")) >= found
    assert set(disguises_of(["report.pdf", name], "", "")) - found <= {"disguise.trailing"}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_is_no_disguise(name: str) -> None:
    """In any script, with dots, blanks and directions where people put them."""
    assert disguises_of([name], "application/octet-stream", "") == []


@pytest.mark.parametrize(
    ("name", "declared_type", "true_type", "is_found"),
    [
        ("invoice.pdf", "application/pdf", EXECUTABLE, True),
        ("photo.jpg", "application/octet-stream", "application/x-ms-shortcut", True),
        ("part 2", "image/png", EXECUTABLE, True),
        ("setup.exe", "image/png", EXECUTABLE, True),
        ("notes.txt", "text/plain", "application/zip", True),
        ("setup.exe", "application/octet-stream", EXECUTABLE, False),
        ("part 2", "application/octet-stream", EXECUTABLE, False),
        ("firmware.bin", "", EXECUTABLE, False),
        ("script.txt", "text/plain", "application/x-shellscript", False),
        ("library.zip", "application/zip", "application/java-archive", False),
        ("report.docx", "application/msword", "application/zip", False),
        ("report.doc", "application/msword", "text/html", False),
        ("report.xls", "application/vnd.ms-excel", "application/rtf", False),
    ],
)
def test_a_program_that_says_it_is_something_to_look_at(
    name: str, declared_type: str, true_type: str, is_found: bool
) -> None:
    """By its name or its declared type; what people do send under another ending is none."""
    assert (disguises_of([name], declared_type, true_type) == ["disguise.type"]) is is_found


def test_a_name_is_read_as_windows_would() -> None:
    """The ending behind dots and blanks; look-alikes as what they look like."""
    assert ending_of("a.pdf.EXE. ") == "exe"
    assert ending_of("none") == ""
    assert plain_form("\u0430\uff0e\uff45x\u200be") == "a.exe"


def test_the_walk_finds_them_at_every_depth() -> None:
    """Suspicious, about the artifact concerned; in the message, in an archive, in every name that a view gives."""
    for octets in (
        attached(PE, "invoice\u202efdp.exe".encode()),
        attached(zipped(PE, "invoice\u202efdp.exe"), b"a.zip"),
        attached(PE, b"x").replace(b'filename="x"', b"filename*=utf-8''invoice%E2%80%AEfdp.exe"),
    ):
        anatomy = walk(octets, Budget(lambda: 0.0))
        assert [(found.name, found.severity) for found in anatomy.findings] == [("disguise.bidi", Severity.SUSPICIOUS)]
        assert anatomy.artifacts[anatomy.findings[0].artifact].true_type == EXECUTABLE
    long = walk(attached(PE, b"invoice.pdf" + b" " * 500 + b".exe"), Budget(lambda: 0.0))
    assert {found.name for found in long.findings} == {"disguise.spaces", "disguise.type"}


@given(st.lists(st.text(max_size=400), max_size=4), st.sampled_from(["", EXECUTABLE, "application/zip"]))
def test_any_names_will_do(names: list[str], true_type: str) -> None:
    """Each disguise once, whatever the names."""
    found = disguises_of(names, "image/png", true_type)
    assert len(found) == len(set(found))
