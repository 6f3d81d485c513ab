"""Documents that carry the virus and are damaged, disguised, encrypted, or old: and opened all the same."""

import base64
import struct
import zlib
from collections.abc import Iterator

from tests.contracts import locked_office
from tests.contracts.mail import EICAR, attached, base64_part, gzipped, message, text_part
from tests.corpus.case import Case, Expect, hidden
from tests.corpus.formats import documents as made
from tests.corpus.formats.compound import (
    compound,
    macro_file,
    macro_project,
    ole_package,
    shuffled,
    squeeze,
    with_package,
)
from tests.corpus.formats.locked import locked_pdf
from tests.corpus.letter import encode_base64

ROOM = "document"
PACKED = gzipped(EICAR)
MACRO = b'Sub AutoOpen()\r\n    x = "' + EICAR + b'"\r\nEnd Sub\r\n'
SAYS = text_part(b"The password is secret.\r\n")
_FLAT = (
    b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="http://schemas.microsoft'
)
_FLAT += b'.com/office/2006/xmlPackage"><pkg:part pkg:name="/word/vbaProject.bin"><pkg:binaryData>%b</pkg:binaryData>'
_FLAT += b"</pkg:part></pkg:package>"
_OLD_XML = b'<?xml version="1.0"?><w:wordDocument xmlns:w="x"><w:docSuppData><w:binData w:name="editdata.mso">%b'
_OLD_XML += b"</w:binData></w:docSuppData></w:wordDocument>"


def cases() -> Iterator[Case]:
    """All of them."""
    for name, content in (*_compound(), *_texts(), *_pdf()):
        yield hidden(ROOM, name, attached(content, b"document.bin"))
    for name, content in _opened():
        yield hidden(ROOM, name, message(SAYS, base64_part(content, b"document.bin")))
    yield hidden(ROOM, "pdf-behind-much-junk", attached(bytes(9000) + made.pdf_with_file(PACKED), b"a.pdf"))
    for name, content in _images():
        yield hidden("unread", name, attached(content, b"disk.img"), Expect.BLOCKED)


def _compound() -> Iterator[tuple[str, bytes]]:
    package = {"ObjectPool": {"_1": {"\1Ole10Native": ole_package(PACKED)}}}
    large = {"ObjectPool": {"_1": {"\1Ole10Native": ole_package(PACKED + bytes(9000))}}}
    yield "doc-in-pieces", shuffled(made.word_file(package))
    yield "doc-in-pieces-larger", shuffled(made.word_file(large))
    yield "doc-macro-in-pieces", shuffled(made.word_file({"Macros": macro_project(MACRO)}))
    yield "doc-directory-cut", _without_root_child(made.word_file(package))
    yield "doc-mini-cutoff-wrong", _changed(made.word_file(large), 56, struct.pack("<I", 0))
    yield "doc-sector-count-wrong", _changed(made.word_file(package), 44, struct.pack("<I", 0xFFFF))
    yield "doc-under-the-old-mark", b"\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e" + made.word_file(package)[8:]
    yield "doc-macro-not-listed", made.word_file({"x": {"m": squeeze(b'Attribute VB_Name = "M"\r\n' + MACRO)}})
    yield "doc-object-of-a-storage", made.word_file({"ObjectPool": {"_1": {"CONTENTS": PACKED}}})
    yield "msg-in-pieces", shuffled(made.outlook_message(PACKED))
    attachment = {"__substg1.0_37010102": PACKED, "__substg1.0_3707001F": "a.com".encode("utf-16-le")}
    within = {"__substg1.0_3701000D": {"__attach_version1.0_#00000000": attachment}}
    yield "msg-within-the-same-file", compound({"__attach_version1.0_#00000000": within})
    packed = zlib.compress(macro_file(MACRO))
    head = struct.pack("<I", len(packed) + 4) + struct.pack("<I", len(macro_file(MACRO)))
    yield "ppt-packed-macro", compound({"PowerPoint Document": bytes(5000) + b"\x10\0\x11\x10" + head + packed})
    yield "xls-built-in-password", locked_office.workbook(EICAR, "VelvetSweatshop")


def _texts() -> Iterator[tuple[str, bytes]]:
    project = encode_base64(macro_file(MACRO))
    active = encode_base64(b"ActiveMime" + bytes(40) + zlib.compress(macro_file(MACRO)))
    yield "flat-package", _FLAT % project
    yield "flat-package-in-utf-16", (_FLAT % project).decode().encode("utf-16")
    yield "word-2003-xml", _OLD_XML % active
    yield "rtf-store", b"{\\rtf1{\\*\\datastore " + with_package(PACKED).hex().encode() + b"}}"
    yield "rtf-behind-blank-lines", b"\r\n \r\n" + made.rtf(ole_package(PACKED))
    yield "rtf-codes-between-digits", made.rtf(ole_package(PACKED)).replace(b"\r\n", b"\\'41\r\n")
    yield "rtf-half-binary", _half_binary()
    yield "rtf-second-data", made.rtf(ole_package(PACKED)).replace(b"\\objdata ", b"\\objdata 0105\\objdata ")
    server = made.onenote(b"")[:16] + bytes(32) + bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7") + bytes(99)
    yield "onenote-from-a-server", server + with_package(PACKED)
    yield (
        "onenote-length-wrong",
        made.onenote(b"harmless").replace(struct.pack("<Q", 8), struct.pack("<Q", 1 << 40)) + (made.onenote(PACKED)),
    )
    chunk = (
        b"MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encode_base64(EICAR)
    )
    yield "docx-chunk", made.ooxml(more={b"word/afchunk.mht": chunk})


def _half_binary() -> bytes:
    data = bytes.fromhex(
        made.rtf(ole_package(PACKED)).split(b"\\objdata ")[1].rstrip(b"}").replace(b"\r\n", b"").decode()
    )
    return b"{\\rtf1{\\object{\\*\\objdata %b\\bin%d %b}}}" % (data[:30].hex().encode(), len(data) - 30, data[30:])


def _pdf() -> Iterator[tuple[str, bytes]]:
    embedded = b"/Type/EmbeddedFile"
    yield "pdf-comments-in-object-headers", made.pdf_with_file(PACKED).replace(b"5 0 obj", b"5%x\n0 % y\nobj")
    yield "pdf-no-ends", made.pdf_with_file(PACKED).replace(b"endobj", b"").replace(b"endstream", b"")
    yield "pdf-escaped-keys", made.pdf_with_file(PACKED).replace(b"/EF", b"/#45#46").replace(b"/Type", b"/T#79pe")
    yield (
        "pdf-specification-elsewhere",
        made.pdf(*made.pdf_pages(), b"<</EF 6 0 R/F 7 0 R>>", made.pdf_stream(PACKED), b"<</F 5 0 R>>", b"(a.com)"),
    )
    rows = b"".join(b"\0" + PACKED[at : at + 16].ljust(16, b"\0") for at in range(0, len(PACKED), 16))
    predictor = b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 16>>"
    yield (
        "pdf-predictor",
        made.pdf_with_file(b"", made.pdf_stream(zlib.compress(rows), embedded + predictor, is_packed=False)),
    )
    twice = made.pdf_stream(zlib.compress(zlib.compress(PACKED)), embedded + b"/Filter[/Fl/Fl]", is_packed=False)
    yield "pdf-packed-twice", made.pdf_with_file(b"", twice)
    form = b"/AcroForm<</XFA 4 0 R>>"
    yield "pdf-form", made.pdf(*made.pdf_pages(form), made.pdf_stream(b"<xdp>%b</xdp>" % EICAR))
    letters = b"".join(b"\\%03o" % octet for octet in EICAR)
    yield "pdf-script-escaped", made.pdf(*made.pdf_pages(b"/OpenAction<</S/JavaScript/JS(x='%b')>>" % letters))
    wide = EICAR.decode().encode("utf-16-be").hex().encode()
    yield "pdf-script-wide", made.pdf(*made.pdf_pages(b"/OpenAction<</S/JavaScript/JS<feff%b>>>" % wide))
    yield "pdf-encrypted-for-everybody", locked_pdf(PACKED)
    false = b"trailer<</Encrypt<</Filter/Standard/V 1/R 2/P 0/O<00>/U<00>>>>>\n%%EOF"
    yield "pdf-second-encryption", locked_pdf(PACKED) + false
    yield "pdf-not-really-encrypted", made.pdf_with_file(PACKED) + false
    packed = zlib.compress(PACKED)
    for name, entries, other in (
        ("elsewhere", b"/Filter 6 0 R", b"/FlateDecode"),
        ("elsewhere-in-a-list", b"/Filter[6 0 R]", b"/FlateDecode"),
        ("given-twice", b"/Filter/ASCIIHexDecode/Filter/FlateDecode", b"()"),
        ("given-twice-last-wrong", b"/Filter/FlateDecode/Filter/DCTDecode", b"()"),
    ):
        stream = made.pdf_stream(packed, embedded + entries, is_packed=False)
        spec = b"<</EF<</F 5 0 R>>/F(a.com)>>"
        yield f"pdf-filter-{name}", made.pdf(*made.pdf_pages(), spec, stream, other)
    script = b"9 0 <</S/JavaScript/JS(x='%b')>>" % letters
    action = made.pdf_pages(b"/OpenAction 9 0 R")
    yield "pdf-object-stream-without-type", made.pdf(*action, made.pdf_stream(script, b"/N 1/First 4"))
    text = made.pdf_stream(b"8 0 (x='%b')" % letters, b"/Type/ObjStm/N 1/First 4")
    yield "pdf-script-alone-in-an-object-stream", made.pdf(*made.pdf_pages(b"/AA<</S/JavaScript/JS 8 0 R>>"), text)
    yield "pdf-in-base64-text", b"Good morning.\r\n" + base64.encodebytes(made.pdf_with_file(PACKED))


def _opened() -> Iterator[tuple[str, bytes]]:
    """The message itself says the password."""
    package = made.ooxml(more={b"word/embeddings/a.bin": PACKED})
    yield "docx-password-in-the-text", locked_office.standard(package, "secret")
    yield "xls-password-in-the-text", locked_office.workbook(EICAR, "secret")
    yield "pdf-password-in-the-text", locked_pdf(PACKED, b"secret")


def _images() -> Iterator[tuple[str, bytes]]:
    boot = (b"\xeb\x3c\x90MSDOS5.0".ljust(54, b"\0") + b"FAT12   ").ljust(510, b"\0") + b"\x55\xaa"
    yield "fat-image", boot + PACKED
    yield "fat-virtual-disk", boot + PACKED + b"conectix".ljust(512, b"\0")
    yield "partitioned-image", bytes(450) + b"\x0c" + bytes(59) + b"\x55\xaa" + boot + PACKED
    yield "hfs-image", bytes(1024) + b"H+\0\4" + bytes(508) + PACKED


def _changed(octets: bytes, place: int, change: bytes) -> bytes:
    return octets[:place] + change + octets[place + len(change) :]


def _without_root_child(octets: bytes) -> bytes:
    """Nothing leads to the streams any more."""
    directory = (struct.unpack_from("<I", octets, 48)[0] + 1) * 512
    return _changed(octets, directory + 76, b"\xff\xff\xff\xff")
