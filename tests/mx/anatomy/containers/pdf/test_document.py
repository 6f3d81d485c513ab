"""PDF: files, scripts and actions, in every object of the file."""

import contextlib
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Member, Obstacle, Step, whole
from mx.anatomy.containers.pdf.document import open_pdf
from mx.finding import Severity
from tests.contracts.archives import contents_of, names_of, steps_of
from tests.contracts.mail import EICAR, zipped
from tests.corpus.formats.documents import pdf, pdf_pages, pdf_stream, pdf_with_file

FILE = b"/Type/EmbeddedFile"
CONTENT = zipped(EICAR)


def read(octets: bytes) -> list[Step]:
    return steps_of(open_pdf, octets)


def scripts_of(octets: bytes) -> list[bytes]:
    return [step.content.raw for step in read(octets) if isinstance(step, Member) and step.reading == "pdf-script"]


def packed_objects(*objects: tuple[int, bytes]) -> bytes:
    """An object stream."""
    offsets, body = b"", b""
    for number, text in objects:
        offsets += b"%d %d " % (number, len(body))
        body += text + b" "
    return pdf_stream(offsets + body, b"/Type/ObjStm/N %d/First %d" % (len(objects), len(offsets)))


def test_an_embedded_file_has_all_of_its_names() -> None:
    """In both forms of text, and in every key."""
    spec = b"<</Type/Filespec/F(a.txt)/UF<feff0062002e0063006f006d>/DOS(c.exe)/EF<</F 5 0 R/UF 5 0 R>>>>"
    raw = pdf(*pdf_pages(), spec, pdf_stream(CONTENT, FILE + b"/Subtype/application#2Fzip"))
    (member,) = (step for step in read(raw) if isinstance(step, Member))
    assert {member.name, *member.names} == {"a.txt", "b.com", "c.exe"}
    assert (member.content.raw, member.declared_type, member.reading) == (CONTENT, "application/zip", "pdf-file")


@pytest.mark.parametrize(
    "raw",
    [
        pdf_with_file(CONTENT),
        pdf_with_file(CONTENT).partition(b"xref")[0],
        pdf_with_file(CONTENT) + pdf(*pdf_pages()),
        pdf(*pdf_pages(), packed_objects((9, b"<</EF<</F 5 0 R>>/F(a)>>")), pdf_stream(b"plain words", FILE)),
        pdf(*pdf_pages(), b"<</EF 6 0 R/F 7 0 R>>", pdf_stream(b"plain words"), b"<</F 5 0 R>>", b"(a)"),
        pdf(*pdf_pages(), b"<</#45#46<</F 5 0 R>>/F(a)>>", pdf_stream(b"plain words")),
        pdf(*pdf_pages(), packed_objects((7, b"<</F 5 0 R>>"), (8, b"<</EF 7 0 R/F(a)>>")), pdf_stream(b"plain words")),
    ],
    ids=["plain", "no table", "superseded", "packed specification", "indirect", "escaped name", "packed and indirect"],
)
def test_files_are_found_wherever_they_are_named(raw: bytes) -> None:
    """Or not named at all."""
    assert {CONTENT, b"plain words"} & set(contents_of(read(raw)))
    assert names_of(read(raw)) == set()


@pytest.mark.parametrize(
    "raw",
    [
        pdf(*pdf_pages(b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")),
        pdf(*pdf_pages(b"/OpenAction<</S/JavaScript/JS<6170702e616c6572742831 29>>>")),
        pdf(*pdf_pages(b"/OpenAction<</S/JavaScript/JS<feff006100700070002e0061006c0065007200740028003100 29>>>")),
        pdf(*pdf_pages(b"/OpenAction<</S/JavaScript/J#53 4 0 R>>"), pdf_stream(b"app.alert(1)")),
        pdf(*pdf_pages(b"/AA<</WC<</S/JavaScript/JS 4 0 R>>>>"), b"(app.alert\\(1\\))"),
        pdf(*pdf_pages(), packed_objects((7, b"<</S/JavaScript/JS(app.alert\\(1\\))>>"))),
        pdf(*pdf_pages(), packed_objects((7, b"<</S/JavaScript/JS 8 0 R>>"), (8, b"(app.alert\\(1\\))"))),
        pdf(*pdf_pages(b"/AcroForm<</XFA[(x) 4 0 R]>>"), pdf_stream(b"app.alert(1)")),
    ],
    ids=["text", "hexadecimal", "UTF-16", "stream", "elsewhere", "packed", "packed elsewhere", "form"],
)
def test_scripts_are_shown_as_text(raw: bytes) -> None:
    """However they are written; having one is nothing."""
    assert b"app.alert(1)" in scripts_of(raw)
    assert names_of(read(raw)) == set()


def test_an_action_that_starts_a_program_is_suspicious() -> None:
    found = read(pdf(*pdf_pages(b"/OpenAction<</S/Launch/F(cmd.exe)>>")))
    assert [(step.name, step.severity) for step in found if isinstance(step, Obstacle)] == [
        ("pdf.launch", Severity.SUSPICIOUS)
    ]


def test_streams_that_look_like_files_are_shown() -> None:
    """Whatever they are called; pages, fonts and pictures are not."""
    raw = pdf(*pdf_pages(), pdf_stream(CONTENT), pdf_stream(b"q 1 0 0 1 0 0 cm"), pdf_stream(b"\xff\xd8\xff" * 99))
    assert contents_of(read(raw)) == [CONTENT]


def test_octets_behind_are_shown() -> None:
    assert contents_of(read(pdf(*pdf_pages()) + b"\n" + CONTENT)) == [CONTENT]
    assert contents_of(read(pdf(*pdf_pages()) + b"\n plain words")) == []


def test_ordinary_documents_are_ordinary() -> None:
    assert read(pdf(*pdf_pages())) == []


def test_what_only_begins_like_one_is_an_ambiguity() -> None:
    assert names_of(read(b"%PDF-1.7\nobject of desire")) == {"broken-pdf"}


def test_a_file_that_breaks_off_is_shown_as_far_as_it_goes() -> None:
    """With an ambiguity; one that gives nothing at all is unscannable."""
    packed = zlib.compress(bytes(range(256)) * 40)[:-300]
    raw = pdf_with_file(
        b"", b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (len(packed), packed)
    )
    steps = read(raw)
    assert contents_of(steps)
    assert names_of(steps) == {"broken-pdf"}
    assert not [step for step in steps if isinstance(step, Obstacle)]
    raw = pdf_with_file(b"", pdf_stream(b"\xff" * 99, FILE + b"/Filter/FlateDecode", is_packed=False))
    assert [(step.name, step.severity) for step in read(raw) if isinstance(step, Obstacle)] == [
        ("broken-pdf", Severity.UNSCANNABLE)
    ]


def test_an_encrypted_document_is_handed_on() -> None:
    """A light cell cannot open it, however the word is spelled."""
    crypt = b"/Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"aa" * 32 + b">/U<" + b"bb" * 32 + b">"
    for key in (b"/Encrypt", b"/#45ncryp#74", b"/Encrypt "):
        with pytest.raises(DeeperCellNeeded):
            read(pdf(*pdf_pages(), trailer=key + b"<<" + crypt + b">>"))
    with pytest.raises(DeeperCellNeeded):
        read(pdf(*pdf_pages(), b"<<" + crypt + b">>", trailer=b"/Encrypt 4 0 R"))


def test_objects_that_refer_to_each_other_end() -> None:
    """Specifications, streams and pages in circles."""
    raw = pdf(
        *pdf_pages(), b"<</EF 5 0 R/F 6 0 R>>", b"<</F 4 0 R/EF 5 0 R>>", b"6 0 R", b"<</JS 8 0 R>>", b"<</JS 7 0 R>>"
    )
    assert contents_of(read(raw)) == []


def test_streams_within_streams_cost_no_more_than_a_few_documents() -> None:
    """Each of a thousand claims to reach to the end."""
    count = 1000
    body = b"".join(
        b"%d 0 obj<</Type/EmbeddedFile/Length %d>>stream\n" % (number, (count - number) * 60)
        for number in range(1, count)
    )
    raw = b"%PDF-1.7\n" + body.ljust(count * 60 + 4000, b"x")
    started = time.process_time()
    steps = list(open_pdf(whole(raw), Budget(time.process_time)))
    assert time.process_time() - started < 3
    assert sum(len(content) for content in contents_of(steps)) <= 9 * len(raw)


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6),
    st.integers(0, 900),
)
@settings(max_examples=200, deadline=None)
def test_damage_never_raises(changes: list[tuple[int, bytes]], cut: int) -> None:
    """Whatever is changed or cut off."""
    octets = pdf(
        *pdf_pages(b"/OpenAction<</S/JavaScript/JS 5 0 R>>"),
        packed_objects((7, b"<</EF<</F 6 0 R>>/F(a)>>")),
        pdf_stream(b"app.alert(1)"),
        pdf_stream(CONTENT, FILE),
    )
    for place, change in changes:
        at = place % len(octets)
        octets = octets[:at] + change + octets[at + len(change) :]
    with contextlib.suppress(DeeperCellNeeded):
        read(octets[: len(octets) - cut])
