"""Hostile documents that grow by one number; see `families.py`."""

import bz2
import struct
import zlib
from collections.abc import Callable, Mapping

from tests.contracts.mail import base64_part, message
from tests.corpus.formats import documents
from tests.corpus.formats.compound import compound, macro_project, squeeze
from tests.corpus.formats.zips import Member, zip_of

Family = Callable[[int], bytes]


def _attached(content: bytes, name: bytes) -> bytes:
    return message(base64_part(content, name))


def _repeated(head: bytes, piece: bytes, name: bytes) -> Family:
    """The head, and the piece over and over."""
    return lambda size: _attached(head + piece * (size * 3 // 4 // len(piece) + 1), name)


def _shared_sectors(size: int) -> bytes:
    """Half of the file is one stream, which all entries name, each with another length."""
    count = size // 400
    octets = bytearray(compound({"a": bytes(size // 3), **{f"s{number}": b"" for number in range(count)}}))
    directory = (struct.unpack_from("<I", octets, 48)[0] + 1) * 512
    first = struct.unpack_from("<I", octets, directory + 128 + 116)[0]
    for number in range(2, count + 2):
        struct.pack_into("<IQ", octets, directory + number * 128 + 116, first, size // 3 - number)
    return _attached(bytes(octets), b"a.doc")


def _many_streams(size: int) -> bytes:
    return _attached(compound({f"s{number}": b"MZ%d" % number for number in range(size // 300)}), b"a.doc")


def _apple_entries(size: int) -> bytes:
    """All entries name the whole file."""
    count = min(size // 24, 60_000)
    entries = struct.pack(">III", 1, 0, size) * count
    return _attached(b"\0\5\x16\0\0\2\0\0" + bytes(16) + struct.pack(">H", count) + entries.ljust(size // 2), b"a")


def _broken_streams(size: int) -> bytes:
    """Members of a zip that each break at their end, once all has come out of them."""
    packed = bytearray(bz2.compress(bytes(60_000)))
    packed[-3] ^= 1
    members = [Member(b"", b"%d" % number, method=12, packed=bytes(packed)) for number in range(size // 240)]
    return _attached(zip_of(*members), b"a.zip")


def _tiff_rows(size: int) -> bytes:
    rows = zlib.compress(bytes(size * 4))
    stream = b"<</Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 7>>/Length %d>>stream\n" % len(rows)
    return _attached(b"%PDF-1.4\n1 0 obj\n" + stream + rows + b"\nendstream\nendobj\n", b"a.pdf")


def _zlib_in_zlib(size: int) -> bytes:
    content = bytes(size // 2)
    for _ in range(9):
        content = zlib.compress(content, 0)
    return _attached(content, b"a.zz")


def _many_modules(size: int) -> bytes:
    source = b'Attribute VB_Name = "M"\r\nSub A()\r\nEnd Sub\r\n'
    streams = {f"m{number}": squeeze(source + b"'%d" % number) for number in range(size // 400)}
    project = macro_project(source)["VBA"]
    assert isinstance(project, dict)
    return _attached(compound({"VBA": {**project, **streams}}), b"a.doc")


def _compressed_source(size: int) -> bytes:
    """Chunks of six octets that each give four thousand."""
    return _attached(compound({"x": b"\1\0Attribut" + b"\1" + b"\x03\xb0\x02a\xff\x0f" * (size // 80)}), b"a.doc")


def _records(number: int, content: bytes) -> Family:
    begin = struct.pack("<HHHH", 0x809, 4, 0x600, 0x40)
    record = struct.pack("<HH", number, len(content)) + content
    return lambda size: _attached(compound({"Workbook": begin + record * (size // 2 // len(record))}), b"a.xls")


def _slide_objects(size: int) -> bytes:
    packed = zlib.compress(bytes(2000))
    record = b"\x10\0\x11\x10" + struct.pack("<II", len(packed) + 4, 2000) + packed
    return _attached(compound({"PowerPoint Document": record * (size // 2 // len(record))}), b"a.ppt")


def _object_streams(size: int) -> bytes:
    inner = b"".join(b"<</F(a)/EF<</F %d 0 R>>>> " % number for number in range(40))
    offsets = b"".join(b"%d %d " % (number + 9, number * 30) for number in range(40))
    stream = documents.pdf_stream(offsets + inner, b"/Type/ObjStm/N 40/First %d" % len(offsets))
    return _attached(documents.pdf(*documents.pdf_pages(), *[stream] * (size // 500)), b"a.pdf")


def _references(size: int) -> bytes:
    """Each specification names the next one's file."""
    objects = [b"<</EF %d 0 R/F %d 0 R/JS %d 0 R>>" % ((number + 5,) * 3) for number in range(size // 90)]
    return _attached(documents.pdf(*documents.pdf_pages(), *objects), b"a.pdf")


def _one_number(size: int) -> bytes:
    """Every object has the same number, and names itself as its file, its script, and the file's name."""
    return _attached(b"%PDF-1.7\n" + b"4 0 obj<</EF<</F 4 0 R>>/F 4 0 R/JS 4 0 R>>endobj\n" * (size // 80), b"a.pdf")


def _streams_to_the_end(size: int) -> bytes:
    head = b"%d 0 obj<</Type/EmbeddedFile/Length %d>>stream\n"
    count = size // 90
    return _attached(b"%PDF-1.7\n" + b"".join(head % (each, (count - each) * 50) for each in range(count)), b"a.pdf")


DOCUMENT_FAMILIES: Mapping[str, Family] = {
    "entries of AppleSingle": _apple_entries,
    "broken streams in a zip": _broken_streams,
    "TIFF predictors": _tiff_rows,
    "zlib in zlib": _zlib_in_zlib,
    "compound file entries of the same sectors": _shared_sectors,
    "compound file streams": _many_streams,
    "VBA modules": _many_modules,
    "VBA chunks": _compressed_source,
    "Excel 4 formulas": _records(0x06, bytes(22) + b"\x17\x04\0calc\x22\x01\x6e\0" * 9),
    "Excel records without content": _records(0x3C, b""),
    "slide objects": _slide_objects,
    "RTF digits between groups": _repeated(b"{\\rtf1{\\objdata ", b"41{\\*\\x 1}", b"a.rtf"),
    "RTF data begun anew": _repeated(b"{\\rtf1", b"\\objdata 0105", b"a.rtf"),
    "RTF binary data": _repeated(b"{\\rtf1{\\objdata ", b"\\bin9 123456789", b"a.rtf"),
    "RTF runs of digits": _repeated(b"{\\rtf1 ", b"d0cf11e0" * 33 + b"z", b"a.rtf"),
    "RTF backslashes": _repeated(b"{\\rtf1{\\objdata ", b"\\", b"a.rtf"),
    "PDF object streams": _object_streams,
    "PDF references": _references,
    "PDF objects of one number": _one_number,
    "PDF streams that reach to the end": _streams_to_the_end,
    "PDF texts that are not closed": _repeated(b"%PDF-1.7\n1 0 obj/JS", b"(", b"a.pdf"),
    "PDF encryptions": _repeated(b"%PDF-1.7\n1 0 obj", b"/Encrypt<</Filter/Standard>>", b"a.pdf"),
    "PDF encryptions elsewhere": _repeated(b"%PDF-1.7\n1 0 obj<</Filter/X>>endobj ", b"/Encrypt 1 0 R ", b"a.pdf"),
    "PDF identifiers": _repeated(b"%PDF-1.7\n1 0 obj/Encrypt<</Filter/X>>", b"/ID[[[[", b"a.pdf"),
    "PDF escaped names": _repeated(b"%PDF-1.7\n1 0 obj", b"/#41", b"a.pdf"),
    "PDF end marks": _repeated(b"%PDF-1.7\n1 0 obj", b"%%EOF", b"a.pdf"),
    "OneNote files": _repeated(documents.onenote(b"")[:1024], documents.onenote(b"x")[1024:], b"a.one"),
    "ActiveMime starts": _repeated(b"ActiveMime\0", b"\x78\x9c\x01\xff", b"a.mso"),
    "relations": _repeated(b"", b"<Relationship TargetMode='External' Type='/frame' Target='http:'/>", b"a.rels"),
    "macro sheet formulas": _repeated(b"<macrosheet>", b"<f>A</f><f ", b"a.xml"),
}
