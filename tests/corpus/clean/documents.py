"""Harmless documents that are odd: repaired, signed twice, protected, of other programs, under other names."""

import struct
import zlib
from collections.abc import Iterator

from tests.contracts import locked_office
from tests.corpus.case import Case, clean
from tests.corpus.clean.attachments import MIME
from tests.corpus.clean.programs import TEXT, encoded, leaf, multipart
from tests.corpus.formats import documents as made
from tests.corpus.formats.compound import compound, macro_file, macro_project, ole_package, shuffled
from tests.corpus.formats.locked import locked_pdf

SAYS = b"The password is secret.\r\n"
_RELATIONS = (
    b'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
)
_RELATIONS += b'%b" Target="%b" TargetMode="External"/></Relationships>'


def cases() -> Iterator[Case]:
    """All of them."""
    for name, content in (*_office(), *_others(), *_pdf()):
        attached = encoded(content, b"application/octet-stream", name.encode())
        yield clean("document", name, MIME + multipart(b"mixed", b"bound", leaf(TEXT), attached))
    for name, content in _opened():
        attached = encoded(content, b"application/octet-stream", name.encode())
        yield clean("document", name, MIME + multipart(b"mixed", b"bound", leaf(SAYS), attached))


def _office() -> Iterator[tuple[str, bytes]]:
    yield "in-pieces.doc", shuffled(made.word_file({"Data": bytes(range(256)) * 40}))
    yield "padded.doc", made.word_file() + bytes(3000)
    yield "with-slack.doc", made.word_file() + b"left over from an older version of the document".ljust(512, b"\0")
    yield (
        "package.doc",
        made.word_file({"ObjectPool": {"_1": {"\1Ole10Native": ole_package(b"harmless", b"notes.txt")}}}),
    )
    yield "read-only.xls", locked_office.workbook(b"harmless", "VelvetSweatshop")
    packer = zlib.compressobj()
    packed = packer.compress(macro_file(b"Sub A()\r\nEnd Sub\r\n")) + packer.flush(zlib.Z_SYNC_FLUSH)
    raw = b"\x10\0\x11\x10" + struct.pack("<II", len(packed) + 4, len(macro_file(b"Sub A()\r\nEnd Sub\r\n"))) + packed
    yield "macro.ppt", compound({"PowerPoint Document": bytes(5000) + raw})
    start = b'Private Sub Workbook_Open()\r\n    Range("A1").Select\r\nEnd Sub\r\n'
    workbook = (b"xl/workbook.xml", b"spreadsheetml.sheet")
    yield "starts-itself.xlsm", made.ooxml(*workbook, {b"xl/vbaProject.bin": macro_file(start)})
    report = b'Private Sub Document_Open()\r\n    Set x = CreateObject("Excel.Application")\r\nEnd Sub\r\n'
    yield "reaches-out.doc", made.word_file({"Macros": macro_project(report)})
    sheet = b'<xm:macrosheet xmlns:xm="x"><c><f>RETURN()</f></c></xm:macrosheet>'
    yield "excel-4.xlsm", made.ooxml(*workbook, {b"xl/macrosheets/sheet1.xml": sheet})
    for kind, target in ((b"hyperlink", b"https://a.example/"), (b"image", b"https://a.example/a.png")):
        part = {b"word/_rels/document.xml.rels": _RELATIONS % (kind, target)}
        yield f"{kind.decode()}-elsewhere.docx", made.ooxml(more=part)
    part = {b"word/_rels/settings.xml.rels": _RELATIONS % (b"attachedTemplate", b"file:///C:\\Templates\\Letter.dotm")}
    yield "own-template.docx", made.ooxml(more=part)
    part = {
        b"word/_rels/settings.xml.rels": _RELATIONS % (b"attachedTemplate", b"https://intranet.example/Letter.dotm")
    }
    yield "template-of-the-intranet.docx", made.ooxml(more=part)
    yield "docx-named.doc", made.ooxml()
    yield "html-named.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>"
    yield "csv-named.xls", b"a\tb\r\n1\t2\r\n"
    yield "rtf-named.doc", b"{\\rtf1\\ansi Good morning.}"
    yield "empty.doc", b""


def _others() -> Iterator[tuple[str, bytes]]:
    picture = b"{\\rtf1{\\pict\\jpegblip\\picw99 " + (b"\xff\xd8\xff" + bytes(range(256))).hex().encode() * 3 + b"}}"
    yield "picture.rtf", picture
    yield "theme.rtf", b"{\\rtf1{\\*\\themedata " + made.ooxml().hex().encode() + b"}{\\*\\template Normal.dotm} Hello}"
    yield "letter-with-letter.msg", made.outlook_message(made.outlook_message(b"harmless", "a.txt"), "b.msg")
    yield "pictures.one", made.onenote(b"\x89PNG\r\n\x1a\n" + bytes(200)) + made.onenote(b"\xff\xd8\xff" + bytes(200))
    yield "cut.one", made.onenote(b"harmless" * 99)[:-300]
    yield (
        "page.mht",
        MIME + multipart(b"related", b"mht", leaf(TEXT, b"text/html"), encoded(b"\x89PNG", b"image/png", b"a.png")),
    )
    yield (
        "installer.msi",
        compound(
            {chr(0x3800 + 10 + (11 << 6)): b"harmless cabinet"}, bytes.fromhex("84100c0000000000c000000000000046")
        ),
    )
    yield "thumbs.db", compound({"1": b"\x0c\0\0\0" + b"\xff\xd8\xff" * 400, "Catalog": bytes(64)})
    yield "flat.xml", b'<?xml version="1.0"?><pkg:package xmlns:pkg="x"><pkg:part pkg:name="/a"/></pkg:package>'


def _pdf() -> Iterator[tuple[str, bytes]]:
    plain = made.pdf(*made.pdf_pages())
    yield "saved-twice.pdf", plain + made.pdf(*made.pdf_pages()).partition(b"\n")[2]
    yield "junk-before.pdf", b"\r\n\r\nX-Printer: yes\r\n" + plain
    yield "mail-footer-behind.pdf", plain + b"\r\n--\r\nThis message was checked.\r\n"
    yield "table-wrong.pdf", plain.replace(b"00000 n", b"00007 n")
    yield "not-closed.pdf", plain.partition(b"xref")[0]
    yield (
        "cut-stream.pdf",
        made.pdf(
            *made.pdf_pages(),
            made.pdf_stream(zlib.compress(bytes(range(256)) * 9)[:-40], b"/Filter/FlateDecode", is_packed=False),
        ),
    )
    yield "many-objects.pdf", made.pdf(*made.pdf_pages(), *[b"<</A 1>>"] * 3000)
    yield "protected.pdf", locked_pdf(b"harmless")
    yield "invoice.pdf", made.pdf_with_file(b"<?xml version='1.0'?><rsm:CrossIndustryInvoice/>")
    script = b'/AcroForm<</Fields[<</AA<</C<</S/JavaScript/JS(AFSimple_Calculate\\("SUM"\\))>>>>>>]>>'
    yield "calculating-form.pdf", made.pdf(*made.pdf_pages(script))
    yield "link.pdf", made.pdf(*made.pdf_pages(), b"<</S/URI/URI(https://a.example/)>>")
    yield "drawing.ai", made.pdf(*made.pdf_pages(), made.pdf_stream(b"%!PS-Adobe-3.0\nshowpage\n"))
    yield "text-named.pdf", b"This was meant to be a document, object by object.\r\n"
    yield "cut.pdf", made.pdf(*made.pdf_pages(), made.pdf_stream(bytes(range(256)) * 40))[:600]


def _opened() -> Iterator[tuple[str, bytes]]:
    """Encrypted, with the password beside it."""
    yield "with-password.docx", locked_office.standard(made.ooxml(), "secret")
    yield "with-password.xls", locked_office.workbook(b"harmless", "secret")
    yield "with-password.pdf", locked_pdf(b"harmless", b"secret")
