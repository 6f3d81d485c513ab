"""Documents that carry files: OOXML, OpenDocument, RTF, PDF, OneNote, Outlook's .msg and winmail.dat.

The layouts: ECMA-376 part 2, [MS-DOC], [MS-OXTNEF], [MS-OXMSG], [MS-ONESTORE], ISO 32000-1 section 7, RTF 1.9.1.
"""

import struct
import zlib
from collections.abc import Mapping

from tests.corpus.formats.compound import Tree, compound
from tests.corpus.formats.zips import Member, zip_of

_PARTS = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
_PARTS += b'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/%b" ContentType="'
_PARTS += b'application/vnd.openxmlformats-officedocument.%b.main+xml"/></Types>'
_RELATION = b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
_RELATION += b'<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%b"'
_RELATION += b' Target="%b"/></Relationships>'


def packed(parts: Mapping[bytes, bytes]) -> bytes:
    """A zip of these parts, in order."""
    return zip_of(*(Member(content, name) for name, content in parts.items()))


def ooxml(main: bytes = b"word/document.xml", kind: bytes = b"wordprocessingml.document",
          more: Mapping[bytes, bytes] | None = None) -> bytes:  # fmt: skip
    """A docx, xlsx or pptx with nothing in it but what `more` puts there."""
    body = b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    body += b"<w:body><w:p><w:r><w:t>Good morning.</w:t></w:r></w:p></w:body></w:document>"
    parts = {b"[Content_Types].xml": _PARTS.replace(b"%b", main, 1).replace(b"%b", kind, 1)}
    parts |= {b"_rels/.rels": _RELATION.replace(b"%b", b"officeDocument", 1).replace(b"%b", main, 1), main: body}
    return packed(parts | dict(more or {}))


def opendocument(more: Mapping[bytes, bytes] | None = None) -> bytes:
    """An .odt."""
    kind = b"application/vnd.oasis.opendocument.text"
    manifest = (
        b'<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    )
    manifest += (
        b'><manifest:file-entry manifest:full-path="/" manifest:media-type="' + kind + b'"/></manifest:manifest>'
    )
    parts = {b"content.xml": b"<?xml version='1.0'?><a/>", b"META-INF/manifest.xml": manifest} | dict(more or {})
    return zip_of(Member(kind, b"mimetype", method=0), *(Member(content, name) for name, content in parts.items()))


def word_file(more: Tree | None = None) -> bytes:
    """A .doc: just enough of its streams."""
    streams: Tree = {"WordDocument": b"\xec\xa5\xc1\0" + b"\0" * 600, "1Table": b"\0" * 64, **(more or {})}
    return compound(streams)


def rtf(embedded: bytes, control: bytes = b"\\objdata ") -> bytes:
    """An RTF with an embedded OLE 1.0 package of this native data."""
    kind = b"Package\0"
    header = struct.pack("<III", 0x0501, 2, len(kind)) + kind + struct.pack("<III", 0, 0, len(embedded)) + embedded
    digits = header.hex().encode()
    lines = b"\r\n".join(digits[at : at + 120] for at in range(0, len(digits), 120))
    return b"{\\rtf1\\ansi Good morning.{\\object\\objemb{\\*" + control + lines + b"}}}"


def pdf(*objects: bytes, root: int = 1, before: bytes = b"", trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1, with its table of offsets."""
    body = bytearray(before + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer\n<</Size %d/Root %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, trailer, start)
    return bytes(body) + table + end


def pdf_stream(content: bytes, entries: bytes = b"", *, is_packed: bool = True) -> bytes:
    """One stream object."""
    octets = zlib.compress(content, 9) if is_packed else content
    filters = b"/Filter/FlateDecode" if is_packed else b""
    return b"<<%b%b/Length %d>>\nstream\n%b\nendstream" % (entries, filters, len(octets), octets)


def pdf_pages(catalog: bytes = b"") -> tuple[bytes, bytes, bytes]:
    """Catalog, page tree and one empty page, as objects 1 to 3."""
    return (
        b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )


def pdf_with_file(content: bytes, stream: bytes | None = None) -> bytes:
    """A PDF with one embedded file."""
    names = b"/Names<</EmbeddedFiles<</Names[(file.com) 4 0 R]>>>>"
    spec = b"<</Type/Filespec/F(file.com)/EF<</F 5 0 R>>>>"
    return pdf(*pdf_pages(names), spec, stream or pdf_stream(content, b"/Type/EmbeddedFile"))


def tnef(content: bytes, name: bytes = b"file.com") -> bytes:
    """A winmail.dat with one attachment."""

    def attribute(level: int, number: int, octets: bytes) -> bytes:
        return (
            bytes([level]) + struct.pack("<II", number, len(octets)) + octets + struct.pack("<H", sum(octets) & 0xFFFF)
        )

    message = attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    message += attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    message += attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
    rendering = struct.pack("<HIHHII", 1, 0xFFFFFFFF, 32, 32, 0, 0)[:14]
    attached = attribute(2, 0x00069002, rendering) + attribute(2, 0x00018010, name + b"\0")
    return struct.pack("<IH", 0x223E9F78, 1) + message + attached + attribute(2, 0x0006800F, content)


def outlook_message(content: bytes, name: str = "file.com") -> bytes:
    """A .msg with one attachment."""

    def stored(text: str) -> bytes:
        return text.encode("utf-16-le")

    def properties(size: int, *listed: tuple[int, int]) -> bytes:
        return b"\0" * size + b"".join(struct.pack("<IIQ", tag, 6, length) for tag, length in listed)

    attachment: Tree = {
        "__substg1.0_37010102": content,
        "__substg1.0_3707001F": stored(name),
        "__properties_version1.0": properties(8, (0x37010102, len(content)), (0x3707001F, 2 * len(name) + 2)),
    }
    return compound({
        "__substg1.0_001A001F": stored("IPM.Note"),
        "__substg1.0_0037001F": stored("Report"),
        "__substg1.0_1000001F": stored("Good morning."),
        "__nameid_version1.0": {"__substg1.0_00020102": b""},
        "__properties_version1.0": properties(32, (0x001A001F, 18), (0x0037001F, 14)),
        "__attach_version1.0_#00000000": attachment,
    })  # fmt: skip


def onenote(content: bytes) -> bytes:
    """A OneNote section whose one embedded file stands in a FileDataStoreObject."""
    header = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + b"\0" * 1008
    start = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
    end = bytes.fromhex("22a7fb71790f0b4abb13899256426b24")
    return header + start + struct.pack("<QIQ", len(content), 0, 0) + content + b"\0" * (-len(content) % 8) + end
