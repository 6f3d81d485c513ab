"""Harmless files of many kinds, as people attach them; macros among them that do nothing, and mail nobody may read."""

import bz2
import gzip
import lzma
from collections.abc import Iterator

from tests.contracts.mail import tarred
from tests.corpus.case import Case, clean
from tests.corpus.clean.programs import HTML, TEXT, WHO, encoded, leaf, multipart
from tests.corpus.formats import archives as packed
from tests.corpus.formats import documents as made
from tests.corpus.formats.asn1 import enveloped_message, signed_message
from tests.corpus.formats.compound import compound, macro_file, macro_project, with_package
from tests.corpus.formats.udf import udf_image
from tests.corpus.formats.zips import Member, zip_crypto, zip_of, zipped
from tests.corpus.letter import encode_base64

MIME = WHO + b"MIME-Version: 1.0\r\n"
MACRO = b'Sub Total()\r\n    Range("A1").Value = 3\r\nEnd Sub\r\n'


def cases() -> Iterator[Case]:
    """All of them."""
    for name, content in (*_files(), *_archives(), *_broken()):
        attached = encoded(content, b"application/octet-stream", name.encode())
        yield clean("file", name, MIME + multipart(b"mixed", b"bound", leaf(TEXT), attached))
    for name, letter in _private():
        yield clean("private", name, letter)


def _files() -> Iterator[tuple[str, bytes]]:
    yield "minutes.docx", made.ooxml()
    yield "table.xlsx", made.ooxml(b"xl/workbook.xml", b"spreadsheetml.sheet")
    yield "slides.pptx", made.ooxml(b"ppt/presentation.xml", b"presentationml.presentation")
    yield "with-picture.docx", made.ooxml(more={b"word/media/image1.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 40})
    yield (
        "with-chart.docx",
        made.ooxml(more={b"word/embeddings/Microsoft_Excel_Sheet1.xlsx": made.ooxml(b"xl/workbook.xml")}),
    )
    yield "with-object.docx", made.ooxml(more={b"word/embeddings/oleObject1.bin": with_package(b"harmless text")})
    yield "macro.docm", made.ooxml(more={b"word/vbaProject.bin": macro_file(MACRO)})
    yield (
        "macro.xls",
        compound({"Workbook": b"\x09\x08\x10\0\0\6\5\0" + b"\0" * 500, "_VBA_PROJECT_CUR": macro_project(MACRO)}),
    )
    yield "old.doc", made.word_file()
    yield "minutes.odt", made.opendocument()
    yield "picture.odt", made.opendocument({b"Pictures/1.png": b"\x89PNG\r\n"})
    yield "letter.rtf", b"{\\rtf1\\ansi Good morning.\\par}"
    yield "object.rtf", made.rtf(b"harmless")
    yield "report.pdf", made.pdf(*made.pdf_pages())
    yield "form.pdf", made.pdf(*made.pdf_pages(b"/AcroForm<</Fields[]>>"))
    yield "with-file.pdf", made.pdf_with_file(b"<?xml version='1.0'?><invoice/>")
    yield "script.pdf", made.pdf(*made.pdf_pages(b"/OpenAction<</S/JavaScript/JS(this.zoom=100)>>"))
    yield "note.one", made.onenote(b"harmless text")
    yield "letter.msg", made.outlook_message(b"harmless text", "a.txt")
    yield "meeting.ics", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
    yield "anna.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna\r\nEND:VCARD\r\n"
    yield "letter.eml", MIME + multipart(b"alternative", b"in", leaf(TEXT), leaf(HTML, b"text/html"))
    yield (
        "archive.mbox",
        b"".join(b"From a@b Tue Nov 24 09:00:00 2026\n" + WHO + b"\n" + TEXT + b"\n" for _ in range(5)),
    )
    yield "page.html", HTML + b"<script>document.title = 'x';</script>"
    yield "drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'
    yield "data.json", b'{"a": [1, 2, 3]}'
    yield "data.xml", b"<?xml version='1.0' encoding='utf-16'?><a/>".decode().encode("utf-16")
    yield "picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))
    yield "picture.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 9
    yield "sound.mp3", b"ID3\4\0\0\0\0\0\0" + bytes(range(255, 0, -1)) * 20
    yield "film.mp4", b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20
    yield "program.exe", b"MZ\x90\0" + b"\0" * 56 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0L\1\0\0" + b"\0" * 300
    yield "script.py", b"import base64\nprint(base64.b64decode('aGVsbG8='))\n"
    yield "font.woff2", b"wOF2" + bytes(range(256))
    yield "table.csv", b"a;b\r\n1;2\r\n" * 999
    yield "empty.bin", b""
    yield "zeros.bin", bytes(1 << 20)
    yield "database.sqlite", b"SQLite format 3\0" + bytes(500)


def _archives() -> Iterator[tuple[str, bytes]]:
    readme = b"Read me.\r\n"
    yield "files.zip", zip_of(*(Member(b"%d" % number, b"%d.txt" % number) for number in range(40)))
    yield "nested.zip", zipped(zipped(zipped(readme)))
    yield "folders.zip", zip_of(Member(b"", b"a/", method=0), Member(readme, b"a/readme.txt"))
    yield "streamed.zip", zip_of(Member(readme, has_descriptor=True))
    yield "empty.zip", zip_of()
    yield "zip64.zip", zip_of(Member(readme), zip64=True)
    yield "comment.zip", zip_of(Member(readme), comment=b"made by Anna")
    yield "dense.zip", zipped(bytes(9 << 20))
    yield "opened-by-its-password.zip", _with_password()
    yield "self-extracting.exe", b"MZ" + b"\0" * 4000 + zip_of(Member(readme), shift=4002)
    yield (
        "library.jar",
        zip_of(Member(b"Manifest-Version: 1.0\r\n", b"META-INF/MANIFEST.MF"), Member(b"\xca\xfe\xba\xbe", b"A.class")),
    )
    yield "book.epub", zip_of(Member(b"application/epub+zip", b"mimetype", method=0), Member(HTML, b"a.xhtml"))
    yield "files.tar", tarred(readme)
    yield "files.tgz", gzip.compress(tarred(readme), mtime=0)
    yield "files.tar.bz2", bz2.compress(tarred(readme))
    yield "files.tar.xz", lzma.compress(tarred(readme))
    yield "log.gz", gzip.compress(b"line\n" * 90_000, mtime=0)
    yield "two-members.gz", gzip.compress(readme, mtime=0) * 2
    yield "padded.tgz", gzip.compress(tarred(readme), mtime=0) + b"\0" * 512
    yield "files.7z", packed.seven_zip(readme)
    yield "files.rar", packed.rar5(readme)
    yield "old.rar", packed.rar4(readme)
    yield "files.cab", packed.cab(readme)
    yield "files.lzh", packed.lha(readme)
    yield "firmware.hex", b"".join(b":10%04X00%b00\r\n" % (at & 0xFFF0, b"3C" * 16) for at in range(0, 1 << 18, 16))
    yield "disk.img", udf_image({"readme.txt": readme, "folder/two.txt": readme * 99})
    yield "disk.iso", packed.iso(readme) + bytes(300 << 10)
    yield "package.cpio", packed.cpio(readme)
    yield "package.a", packed.unix_archive(readme)


def _with_password() -> bytes:
    """Its password is a word of the text that goes with it."""
    return zip_of(zip_crypto(b"Read me.\r\n", b"Tuesday", b"readme.txt"))


def _broken() -> Iterator[tuple[str, bytes]]:
    """Files that claim a format and are none: there is nothing in them to hide."""
    yield "broken.zip", b"PK\3\4 this is no zip at all\r\n"
    yield "broken.pdf", b"%PDF-1.4\nthis is no PDF\n"
    yield "broken.gz", b"\x1f\x8b\x08 this is no gzip\r\n"
    yield "broken.rar", b"Rar!\x1a\7\0 this is no RAR"
    yield "broken.7z", b"7z\xbc\xaf\x27\x1c this is no 7z"
    yield "broken.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 this is no document"
    yield "broken.docx", b"This was meant to be a document.\r\n"
    yield "broken.rtf", b"{\\rtf1 not closed"
    yield "broken-winmail.dat", b"\x78\x9f\x3e\x22\0\0"
    yield "cut.png", b"\x89PNG"


def _private() -> Iterator[tuple[str, bytes]]:
    armour = b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + encode_base64(
        b"\xc1\xc0\x4c\3" + b"\xaa" * 267 + b"\xd2\x41\1" + b"\xbb" * 64
    )
    armour += b"=aBcD\r\n-----END PGP MESSAGE-----\r\n"
    signature = b"-----BEGIN PGP SIGNATURE-----\r\n\r\n" + encode_base64(b"\xc2\x75\4\0" + b"\xaa" * 115) + b"=aBcD\r\n"
    signature += b"-----END PGP SIGNATURE-----\r\n"
    control = leaf(b"Version: 1\r\n", b"application/pgp-encrypted")
    body = leaf(
        armour,
        b'application/octet-stream; name="encrypted.asc"',
        b'Content-Disposition: inline; filename="encrypted.asc"',
    )
    protocol = b'; protocol="application/pgp-encrypted"'
    yield "pgp-mime", MIME + multipart(b"encrypted", b"pgp", control, body, more=protocol)
    yield "pgp-in-text", WHO + b"\r\n" + armour
    yield (
        "pgp-attached",
        MIME + multipart(b"mixed", b"pgp", leaf(TEXT), encoded(armour, b"application/octet-stream", b"a.asc")),
    )
    signed = b'; protocol="application/pgp-signature"; micalg=pgp-sha256'
    yield (
        "pgp-signed",
        MIME
        + multipart(
            b"signed",
            b"sig",
            leaf(TEXT),
            leaf(signature, b'application/pgp-signature; name="signature.asc"'),
            more=signed,
        ),
    )
    yield "pgp-clear-signed", WHO + b"\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n" + TEXT + signature
    yield (
        "pgp-key",
        MIME
        + multipart(
            b"mixed",
            b"key",
            leaf(TEXT),
            leaf(signature.replace(b"SIGNATURE", b"PUBLIC KEY BLOCK"), b"application/pgp-keys"),
        ),
    )
    kind = b"application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    kind += b"Content-Transfer-Encoding: base64\r\n\r\n"
    yield "smime-enveloped", MIME + b"Content-Type: " + kind + encode_base64(enveloped_message())
    yield (
        "smime-enveloped-attached",
        MIME
        + multipart(
            b"mixed", b"env", leaf(TEXT), encoded(enveloped_message(), b"application/pkcs7-mime", b"smime.p7m")
        ),
    )
    seal = encoded(signed_message(b""), b"application/pkcs7-signature", b"smime.p7s")
    protocol = b'; protocol="application/pkcs7-signature"; micalg=sha-256'
    yield "smime-signed", MIME + multipart(b"signed", b"smime", leaf(TEXT), seal, more=protocol)
    opaque = encoded(signed_message(leaf(TEXT)), b"application/pkcs7-mime; smime-type=signed-data", b"smime.p7m")
    yield "smime-opaque", MIME + opaque
