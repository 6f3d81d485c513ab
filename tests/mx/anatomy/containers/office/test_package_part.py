"""Parts of Office packages: relations, manifests, macro sheets."""

import time

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, whole
from mx.anatomy.containers.office.package_part import READING, open_package_part
from mx.finding import Severity
from tests.contracts.archives import steps_of

KINDS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def relation(kind: bytes, target: bytes, mode: bytes = b' TargetMode="External"') -> bytes:
    return b'<Relationships><Relationship Id="r1" Type="%b%b" Target="%b"%b/></Relationships>' % (
        KINDS,
        kind,
        target,
        mode,
    )


@pytest.mark.parametrize(
    ("part", "name", "severity"),
    [
        (relation(b"attachedTemplate", b"http://a.example/x.dotm"), "document.remote-template", Severity.SUSPICIOUS),
        (relation(b"attachedTemplate", b"\\\\a.example\\x.dotm"), "document.remote-template", Severity.SUSPICIOUS),
        (relation(b"oleObject", b"mhtml:http://a.example/x.html!x"), "document.remote-object", Severity.SUSPICIOUS),
        (relation(b"frame", b"https://a.example/"), "document.remote-object", Severity.SUSPICIOUS),
        (relation(b"frame", b"https://a.example/").replace(b'"', b"'"), "document.remote-object", Severity.SUSPICIOUS),
        (b"<manifest:file-entry><manifest:encryption-data a='b'/>", "encrypted.opendocument", Severity.ENCRYPTED),
        (b"<manifest><encryption-data/></manifest>", "encrypted.opendocument", Severity.ENCRYPTED),
    ],
)
def test_what_a_part_gives_away(part: bytes, name: str, severity: Severity) -> None:
    found = [step for step in steps_of(open_package_part, part) if isinstance(step, Obstacle)]
    assert found == [Obstacle(name, severity)]


@pytest.mark.parametrize(
    "part",
    [
        relation(b"hyperlink", b"https://a.example/"),
        relation(b"image", b"https://a.example/a.png"),
        relation(b"externalLinkPath", b"https://a.example/book.xlsx"),
        relation(b"attachedTemplate", b"file:///C:\\Users\\a\\Normal.dotm"),
        relation(b"oleObject", b"embeddings/oleObject1.bin", b""),
        b"<manifest:file-entry manifest:full-path='/'/>",
        b"",
    ],
)
def test_what_ordinary_documents_have_is_nothing(part: bytes) -> None:
    """Links that people click, pictures, other workbooks, templates on the author's own disk."""
    assert steps_of(open_package_part, part) == []


def test_formulas_of_a_macro_sheet_are_shown_as_macros() -> None:
    sheet = b'<?xml version="1.0"?><xm:macrosheet xmlns:xm="x"><row><c><f>EXEC(&quot;calc&quot;)</f></c>'
    sheet += b'<c><f t="x">HALT()</f></c></row></xm:macrosheet>'
    (member,) = (step for step in steps_of(open_package_part, sheet) if isinstance(step, Member))
    assert (member.reading, member.content.raw) == (READING, b'Excel 4 macros\nEXEC("calc")\nHALT()')


@pytest.mark.parametrize("piece", [b"<Relationship ", b"<f>", b"<f ", b"<", b"encryption-data ", b'Type="/frame" '])
def test_repetition_takes_time_for_its_size_alone(piece: bytes) -> None:
    """A megabyte of anything."""
    part = b"<macrosheet " + piece * ((1 << 20) // len(piece))
    started = time.process_time()
    for _ in open_package_part(whole(part), Budget(time.process_time)):
        pass
    assert time.process_time() - started < 5
