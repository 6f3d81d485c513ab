"""Documents that carry the virus: Office, PDF, RTF, OneNote, Outlook's containers, S/MIME."""

import base64
import zlib
from collections.abc import Iterator

from tests.contracts.mail import EICAR, attached, base64_part, gzipped, message, text_part
from tests.corpus.case import Case, Expect, hidden
from tests.corpus.formats import documents as made
from tests.corpus.formats.asn1 import enveloped_message, signed_message
from tests.corpus.formats.compound import compound, macro_file, macro_project, ole_package, with_package
from tests.corpus.formats.zips import Member, zip_of, zipped

ROOM = "document"
PACKED = gzipped(EICAR)
"""The virus as a document carries it, so that its octets stand nowhere as they are."""
MACRO = b'Sub AutoOpen()\r\n    x = "' + EICAR.replace(b'"', b'""') + b'"\r\nEnd Sub\r\n'


def cases() -> Iterator[Case]:
    """All of them."""
    for name, content in (*_office(), *_pdf(), *_outlook()):
        yield hidden(ROOM, name, attached(content, b"document.bin"))
    yield from _mime_of_outlook()
    yield from _locked()


def _office() -> Iterator[tuple[str, bytes]]:
    part = b"word/embeddings/oleObject1.bin"
    yield "docx-embedded-object", made.ooxml(more={part: with_package(PACKED)})
    yield "docx-embedded-package", made.ooxml(more={b"word/embeddings/a.zip": PACKED})
    yield "docx-any-part", made.ooxml(more={b"docProps/thumbnail.jpeg": PACKED})
    yield "docx-part-without-relation", made.ooxml(more={b"x/y.bin": PACKED})
    yield "docm-macro", made.ooxml(more={b"word/vbaProject.bin": macro_file(MACRO)})
    yield "docm-macro-under-another-name", made.ooxml(more={b"word/theme/theme1.xml": macro_file(MACRO)})
    yield (
        "xlsm-macro",
        made.ooxml(b"xl/workbook.xml", b"spreadsheetml.sheet", {b"xl/vbaProject.bin": macro_file(MACRO)}),
    )
    yield (
        "pptx-embedded-object",
        made.ooxml(
            b"ppt/presentation.xml", b"presentationml.presentation", {b"ppt/embeddings/o.bin": with_package(PACKED)}
        ),
    )
    yield "docx-in-docx", made.ooxml(more={b"word/embeddings/a.docx": made.ooxml(more={part: with_package(PACKED)})})
    yield "docx-behind-picture", b"\xff\xd8\xff\xe0" + b"\0" * 500 + made.ooxml(more={part: with_package(PACKED)})
    yield "odt-object", made.opendocument({b"Object 1": with_package(PACKED)})
    yield "odt-any-part", made.opendocument({b"Pictures/a.png": PACKED})
    yield "doc-embedded-object", made.word_file({"ObjectPool": {"_1": {"\1Ole10Native": ole_package(PACKED)}}})
    yield "doc-macro", made.word_file({"Macros": macro_project(MACRO)})
    yield "doc-any-stream", made.word_file({"Hidden": PACKED})
    yield "doc-stream-larger", made.word_file({"Hidden": PACKED + b"\0" * 9000})
    yield (
        "doc-object-in-object",
        made.word_file({"ObjectPool": {"_1": {"\1Ole10Native": ole_package(with_package(PACKED))}}}),
    )
    yield "doc-octets-behind", made.word_file() + PACKED
    yield "doc-embedded-zip-in-contents", compound({"CONTENTS": PACKED, "Workbook": b"\x09\x08" + b"\0" * 99})
    yield "rtf-package", made.rtf(ole_package(PACKED))
    yield "rtf-package-upper-case", made.rtf(ole_package(PACKED)).upper().replace(b"\\RTF1", b"\\rtf1")
    yield "rtf-ole-object", made.rtf(with_package(PACKED))
    yield "rtf-spaces-between-digits", _spaced(made.rtf(ole_package(PACKED)))
    yield "rtf-groups-between-digits", made.rtf(ole_package(PACKED)).replace(b"\r\n", b"{\\*\\x y}\r\n")
    yield "rtf-control-words-between-digits", made.rtf(ole_package(PACKED)).replace(b"\r\n", b"\\par\r\n")
    yield "rtf-binary-object", b"{\\rtf1{\\object\\objemb{\\*\\objdata\\bin%d %b}}}" % (len(PACKED), PACKED)
    yield "rtf-short-mark", made.rtf(ole_package(PACKED)).replace(b"{\\rtf1", b"{\\rt")
    yield "rtf-not-closed", made.rtf(ole_package(PACKED)).rstrip(b"}")
    yield "onenote-file", made.onenote(PACKED)
    yield "onenote-stored-twice", made.onenote(b"harmless") + made.onenote(PACKED)
    yield "web-archive", _web_archive()


def _spaced(raw: bytes) -> bytes:
    head, mark, digits = raw.partition(b"\\objdata ")
    return head + mark + b" \t\r\n".join(digits[at : at + 3] for at in range(0, len(digits) - 3, 3)) + b"}}}"


def _web_archive() -> bytes:
    return message(base64_part(b"ActiveMime" + b"\0" * 40 + zlib.compress(PACKED), b"editdata.mso"), boundary=b"mht")


def _pdf() -> Iterator[tuple[str, bytes]]:
    embedded = b"/Type/EmbeddedFile"
    yield "pdf-file", made.pdf_with_file(PACKED)
    yield "pdf-file-not-packed", made.pdf_with_file(b"", made.pdf_stream(PACKED, embedded, is_packed=False))
    for name, filters, octets in (
        ("hex", b"/ASCIIHexDecode", PACKED.hex().encode() + b">"),
        ("85", b"/ASCII85Decode", base64.a85encode(PACKED) + b"~>"),
        ("hex-of-flate", b"[/ASCIIHexDecode/FlateDecode]", zlib.compress(PACKED).hex().encode() + b">"),
        ("short-names", b"[/AHx/Fl]", zlib.compress(PACKED).hex().encode() + b">"),
        ("run-length", b"/RunLengthDecode", _run_length(PACKED)),
        ("escaped-filter-name", b"/#46late#44ecode", zlib.compress(PACKED)),
    ):
        stream = made.pdf_stream(octets, embedded + b"/Filter" + filters, is_packed=False)
        yield "pdf-file-" + name, made.pdf_with_file(b"", stream)
    wrong = made.pdf_stream(PACKED, embedded).replace(b"/Length ", b"/Length 1 /L ")
    yield "pdf-wrong-length", made.pdf_with_file(b"", wrong)
    yield "pdf-header-late", b"x" * 900 + made.pdf_with_file(PACKED)
    yield "pdf-no-header", made.pdf_with_file(PACKED)[15:]
    yield "pdf-no-table", made.pdf_with_file(PACKED).partition(b"xref\n")[0]
    yield "pdf-table-wrong", made.pdf_with_file(PACKED).replace(b"00000 n", b"00009 f")
    yield "pdf-no-end-mark", made.pdf_with_file(PACKED).replace(b"%%EOF\n", b"")
    yield "pdf-octets-behind", made.pdf(*made.pdf_pages()) + PACKED
    yield "pdf-attachment-annotation", made.pdf(
        *made.pdf_pages()[:2],
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[<</Type/Annot/Subtype/FileAttachment"
        b"/Rect[0 0 9 9]/FS 4 0 R>>]>>",
        b"<</Type/Filespec/F(file.com)/EF<</F 5 0 R>>>>", made.pdf_stream(PACKED, embedded),
    )  # fmt: skip
    yield "pdf-stream-nothing-names", made.pdf(*made.pdf_pages(), made.pdf_stream(PACKED))
    yield "pdf-second-revision", made.pdf_with_file(PACKED) + made.pdf(*made.pdf_pages())
    yield "pdf-rich-media", made.pdf(*made.pdf_pages(), made.pdf_stream(PACKED, b"/Subtype/application#2Fx"))
    yield "pdf-in-pdf", made.pdf_with_file(made.pdf_with_file(PACKED))
    yield (
        "pdf-script",
        made.pdf(*made.pdf_pages(b"/OpenAction<</S/JavaScript/JS 4 0 R>>"), made.pdf_stream(b"x='%b'" % EICAR)),
    )
    yield "pdf-object-stream", _pdf_object_stream()
    yield "pdf-in-zip", zipped(made.pdf_with_file(PACKED), "a.pdf")


def _run_length(octets: bytes) -> bytes:
    pieces = (octets[at : at + 128] for at in range(0, len(octets), 128))
    return b"".join(bytes([len(piece) - 1]) + piece for piece in pieces) + b"\x80"


def _pdf_object_stream() -> bytes:
    """The file's specification stands packed in an object stream, the file in a stream of its own."""
    inner = b"<</Type/Filespec/F(file.com)/EF<</F 5 0 R>>>>"
    packed = made.pdf_stream(b"4 0 " + inner, b"/Type/ObjStm/N 1/First 4")
    names = b"/Names<</EmbeddedFiles<</Names[(file.com) 4 0 R]>>>>"
    return made.pdf(*made.pdf_pages(names), packed, made.pdf_stream(PACKED, b"/Type/EmbeddedFile"))


def _outlook() -> Iterator[tuple[str, bytes]]:
    yield "tnef", made.tnef(PACKED)
    yield "tnef-in-tnef", made.tnef(made.tnef(PACKED), b"winmail.dat")
    yield "tnef-checksum-wrong", made.tnef(PACKED)[:-2] + b"\0\0"
    yield "tnef-cut", made.tnef(PACKED)[:-2]
    yield "tnef-octets-behind", made.tnef(PACKED) + b"\0" * 99
    yield "tnef-two-attachments", made.tnef(b"harmless") + made.tnef(PACKED)[6:]
    yield "msg", made.outlook_message(PACKED)
    yield "msg-in-msg", made.outlook_message(made.outlook_message(PACKED), "inner.msg")
    yield "msg-in-zip", zipped(made.outlook_message(PACKED), "letter.msg")
    yield "smime-opaque", signed_message(attached(PACKED))
    yield "smime-opaque-indefinite", signed_message(attached(PACKED), is_indefinite=True)
    yield "smime-opaque-in-pem", _pem(signed_message(attached(PACKED)))
    yield "smime-opaque-in-pieces", signed_message(attached(PACKED), pieces=40)
    yield "smime-opaque-twice", signed_message(message(_smime(signed_message(attached(PACKED)))))


def _pem(der: bytes) -> bytes:
    return b"-----BEGIN PKCS7-----\n" + base64.encodebytes(der) + b"-----END PKCS7-----\n"


def _smime(der: bytes, media_type: bytes = b"application/pkcs7-mime; smime-type=signed-data") -> bytes:
    return base64_part(der, b"smime.p7m", media_type)


def _mime_of_outlook() -> Iterator[Case]:
    tnef_part = base64_part(made.tnef(PACKED), b"winmail.dat", b"application/ms-tnef")
    yield hidden(ROOM, "tnef-as-outlook-sends-it", message(text_part(), tnef_part))
    whole = b"From: a@sender.example\r\nMIME-Version: 1.0\r\n" + _smime(signed_message(attached(PACKED)))
    yield hidden(ROOM, "smime-as-whole-message", whole)
    old = whole.replace(b"pkcs7-mime", b"x-pkcs7-mime")
    yield hidden(ROOM, "smime-under-its-old-name", old)
    yield hidden(ROOM, "smime-with-wrong-type", whole.replace(b"signed-data", b"enveloped-data"))
    opaque = message(text_part(), _smime(signed_message(attached(PACKED))))
    yield hidden(ROOM, "smime-as-a-part", opaque)


def _locked() -> Iterator[Case]:
    info = (
        b"\4\0\4\0@\0\0\0<?xml version='1.0'?><encryption xmlns='http://schemas.microsoft.com/office/2006/encryption'/>"
    )
    package = {"EncryptionInfo": info, "EncryptedPackage": b"\0" * 8 + b"\xaa" * 5000}
    yield hidden("locked-document", "ooxml", attached(compound(package), b"a.docx"), Expect.BLOCKED)
    old = b"\xec\xa5\xc1\0" + b"\0" * 6 + b"\x00\x01" + b"\0" * 600
    yield hidden(
        "locked-document",
        "doc",
        attached(compound({"WordDocument": old, "1Table": b"\1\0\1\0" + b"\xaa" * 99})),
        Expect.BLOCKED,
    )
    crypt = b"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"aa" * 32 + b">/U<" + b"bb" * 32 + b">>>"
    crypt += b"/ID[<" + b"00" * 16 + b"><" + b"00" * 16 + b">]"
    locked = made.pdf(*made.pdf_pages(), made.pdf_stream(b"\xaa" * 99), trailer=crypt)
    yield hidden("locked-document", "pdf", attached(locked, b"a.pdf"), Expect.BLOCKED)
    odt = b'<manifest:encryption-data manifest:checksum="x"/>'
    manifest = (
        b"<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'>" + odt + b"</manifest:file-entry>"
    )
    kind = Member(b"application/vnd.oasis.opendocument.text", b"mimetype", method=0)
    listed = Member(manifest + b"</manifest:manifest>", b"META-INF/manifest.xml")
    locked = zip_of(kind, Member(b"\xaa" * 400, b"content.xml", method=0), listed)
    yield hidden("locked-document", "odt", attached(locked, b"a.odt"), Expect.BLOCKED)
    inner = message(
        text_part(), base64_part(enveloped_message(), b"smime.p7m", b"application/pkcs7-mime"), base64_part(PACKED)
    )
    yield hidden(ROOM, "virus-beside-smime-enveloped", inner)
