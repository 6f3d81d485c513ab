"""Hostile families: messages that grow by one number, each made so that a careless reader's time grows with its square.

A family is a function from a size in octets, roughly, to a message of about that size.
"""

# ruff: noqa: E501
# A table of families is easier to compare line by line.

import base64
from collections.abc import Callable, Mapping

from tests.contracts.mail import EICAR, base64_part, gzipped, message, text_part
from tests.corpus.formats import documents
from tests.corpus.formats.disks import disk_of, entry_of, volume_of
from tests.corpus.formats.udf import udf_image
from tests.corpus.formats.virtual_disks import dynamic_vhd
from tests.corpus.formats.zips import Member, zip_crypto, zip_of
from tests.corpus.hiding.undeclared import uuencoded, yenc
from tests.fuzz.document_families import DOCUMENT_FAMILIES

Family = Callable[[int], bytes]
_TOP = b"From: a@sender.example\r\n"


def _mixed(parameters: bytes, body: bytes) -> bytes:
    return _TOP + b"Content-Type: multipart/mixed; " + parameters + b"\r\n\r\n" + body


def _times(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece) + 1)


def _script(piece: bytes) -> Family:
    return lambda size: message(text_part(), base64_part(b"<script>var x;</script>" + _times(piece, size), b"a.html"))


def _nested_multiparts(size: int) -> bytes:
    """Each level has a boundary of its own; none is closed."""
    heads = [
        b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n" % (number, number)
        for number in range(size // 70)
    ]
    return _TOP + b"".join(heads)


def _nested_alike(size: int) -> bytes:
    """Each level has the same boundary, so every line is a line of all of them."""
    return _TOP + _times(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", size)


def _nested_longer(size: int) -> bytes:
    """Each boundary is the beginning of the next one."""
    count = int((size * 2) ** 0.5)
    return _TOP + b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (b"b" * number, b"b" * number)
        for number in range(1, max(count // 2, 2))
    )


def _nested_messages(size: int) -> bytes:
    return _TOP + _times(b"Content-Type: message/rfc822\r\n\r\n", size)


def _nested_encoded(size: int) -> bytes:
    inner = text_part()
    while len(inner) < size // 2:
        inner = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(
            _TOP + inner
        )
    return _TOP + inner


def _pieces_2231(size: int) -> bytes:
    return _mixed(b"; ".join(b"boundary*%d=x" % number for number in range(size // 16)), b"--x\r\n\r\nx\r\n")


def _pieces_2231_backwards(size: int) -> bytes:
    return _mixed(b"; ".join(b"boundary*%d=x" % number for number in range(size // 16, 0, -1)), b"--x\r\n\r\nx\r\n")


def _many_boundaries(size: int) -> bytes:
    return _mixed(b"; ".join(b"boundary=b%d" % number for number in range(size // 16)), b"--b7\r\n\r\nx\r\n")


def _many_types(size: int) -> bytes:
    fields = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n" % number for number in range(size // 46))
    return _TOP + fields + b"\r\n--b1\r\n\r\nx\r\n--b1--\r\n"


def _many_names(size: int) -> bytes:
    names = b"; ".join(b"filename=n%d" % number for number in range(size // 16))
    return _TOP + b"Content-Disposition: attachment; " + names + b"\r\n\r\nx\r\n"


def _half_boundaries(size: int) -> bytes:
    """Lines that begin as the boundary does, and end one letter before it."""
    boundary = b"b" * 60
    return _mixed(b"boundary=" + boundary, _times(b"--" + boundary[:-1] + b"\r\n", size))


def _zip_members(size: int) -> bytes:
    return message(base64_part(zip_of(*(Member(b"x", b"%d" % number) for number in range(size // 130))), b"a.zip"))


def _zip_local_headers(size: int) -> bytes:
    """Local headers without a directory, each claiming to reach to the end."""
    header = zip_of(Member(b"x", method=0, local_sizes=(0, 0), has_descriptor=True))[:40]
    return message(base64_part(_times(header, size * 3 // 4), b"a.zip"))


def _zip_end_records(size: int) -> bytes:
    return message(base64_part(_times(b"PK\5\6" + b"\0" * 18, size * 3 // 4), b"a.zip"))


def _zip_overlapping(size: int) -> bytes:
    content = b"x" * (size // 4)
    others = (
        Member(b"", b"%d" % number, offset=0, packed=b"", central_sizes=(9, len(content)))
        for number in range(size // 300)
    )
    return message(base64_part(zip_of(Member(content), *others), b"a.zip"))


def _encrypted_zips(size: int) -> bytes:
    """Half text with words to try, half archives to try them on."""
    texts = b"".join(b"password: word%d\r\n" % number for number in range(size // 40))
    locked = [zip_of(zip_crypto(b"x", b"%d" % number)) for number in range(min(size // 1200, 40))]
    return message(text_part(texts), *(base64_part(archive, b"a.zip") for archive in locked))


def _pdf_objects(size: int) -> bytes:
    objects = [*documents.pdf_pages(), *[b"<</A 1>>"] * (size // 50)]
    return message(base64_part(documents.pdf(*objects), b"a.pdf"))


def _pdf_streams(size: int) -> bytes:
    return message(base64_part(b"%PDF-1.7\n" + _times(b"1 0 obj<</Length 9>>stream\n", size * 3 // 4), b"a.pdf"))


def _fat(links: Callable[[int], dict[int, int]], entries: Callable[[int], bytes]) -> Family:
    """A volume of so many clusters, with this table and this folder in its first clusters."""

    def family(size: int) -> bytes:
        clusters = min(max(size // 1024, 40), 4000)
        folder = entries(clusters)
        chain = {number: number + 1 for number in range(2, 2 + len(folder) // 512)} | {2 + len(folder) // 512: 0xFFF}
        image = volume_of(
            12, clusters, links(clusters) | chain, entry_of("DIR", 2, 0, 0x10), folder.ljust(clusters * 512, b"\0")
        )
        return message(base64_part(image, b"disk.img"))

    return family


FAMILIES: Mapping[str, Family] = {
    "FAT: files that share one chain": _fat(
        lambda clusters: {number: number + 1 for number in range(clusters // 2, clusters)},
        lambda clusters: b"".join(entry_of(f"A{number}", clusters // 2, 1 << 30) for number in range(clusters * 4)),
    ),
    "FAT: files that begin within each other": _fat(
        lambda clusters: {number: number + 1 for number in range(clusters // 2, clusters)},
        lambda clusters: b"".join(entry_of(f"A{number}", clusters - number % (clusters // 2), 9) for number in range(clusters * 4)),
    ),
    "FAT: long names": _fat(lambda clusters: {}, lambda clusters: b"\1aaaaaaaaaa\x0f".ljust(32, b"a") * (clusters * 4)),
    "FAT: empty folders": _fat(
        lambda clusters: dict.fromkeys(range(clusters // 2, clusters), 4095),
        lambda clusters: b"".join(entry_of(f"D{number}", clusters // 2 + number, 0, 0x10) for number in range(clusters // 2)),
    ),
    "nested multiparts": _nested_multiparts,
    "nested multiparts of one boundary": _nested_alike,
    "nested multiparts, each boundary longer": _nested_longer,
    "nested messages": _nested_messages,
    "nested messages in base64": _nested_encoded,
    "parts": lambda size: _mixed(b"boundary=b", _times(b"--b\r\n\r\nx\r\n", size)),
    "empty parts": lambda size: _mixed(b"boundary=b", _times(b"--b\r\n", size)),
    "closing lines": lambda size: _mixed(b"boundary=b", _times(b"--b--\r\n", size)),
    "boundary lines with text after": lambda size: _mixed(b"boundary=b", _times(b"--bx\r\n--b \r\n", size)),
    "half boundaries": _half_boundaries,
    "dashes": lambda size: _mixed(b"boundary=-----", b"-" * size),
    "a long boundary": lambda size: _mixed(b'boundary="' + b"b" * size + b'"', b"--" + b"b" * size + b"\r\n\r\nx\r\n"),
    "RFC 2231 pieces": _pieces_2231,
    "RFC 2231 pieces, last first": _pieces_2231_backwards,
    "boundaries in one field": _many_boundaries,
    "Content-Type fields": _many_types,
    "file names": _many_names,
    "folds": lambda size: _TOP + b"Content-Type: multipart/mixed;" + _times(b"\r\n ", size) + b"boundary=b\r\n\r\n--b\r\n\r\nx",
    "folded blank lines": lambda size: _TOP + b"X: x" + _times(b"\r\n \r\n\t", size) + b"\r\n\r\nx",
    "fields of a part": lambda size: _mixed(b"boundary=b", b"--b\r\nContent-Type: a/b" + _times(b"; format=x;\r\n\tname=\"\"", size)),
    "header fields": lambda size: _times(b"X-F: x\r\n", size) + b"\r\nx\r\n",
    "Content-Transfer-Encoding fields": lambda size: _TOP + _times(b"Content-Transfer-Encoding: x\r\n", size) + b"\r\nx\r\n",
    "header lines that are none": lambda size: _TOP + _times(b"x x\r\n", size) + b"\r\nx\r\n",
    "one endless header line": lambda size: _TOP + b"X: " + b"x" * size,
    "semicolons": lambda size: _TOP + b"Content-Type: text/plain" + b";" * size + b"\r\n\r\nx",
    "quotes": lambda size: _TOP + b"Content-Type: text/plain; x=" + b'"' * size + b"\r\n\r\nx",
    "backslashes": lambda size: _TOP + b'Content-Type: text/plain; x="' + b"\\" * size + b"\r\n\r\nx",
    "open comments": lambda size: _TOP + b"Content-Type: " + b"(" * size + b"text/plain\r\n\r\nx",
    "comments": lambda size: _TOP + b"Content-Transfer-Encoding: " + _times(b"(x)", size) + b"base64\r\n\r\neA==",
    "equals signs": lambda size: _TOP + b"Content-Type: text/plain; " + b"=" * size + b"\r\n\r\nx",
    "encoded words": lambda size: _TOP + b"Subject: " + _times(b"=?utf-8?Q?x?= ", size) + b"\r\n\r\nx",
    "open encoded words": lambda size: _TOP + b"Subject: " + _times(b"=?utf-8?Q?x", size) + b"\r\n\r\nx",
    "encoded words in the boundary": lambda size: _mixed(b'boundary="' + _times(b"=?a?Q?b?=", size) + b'"', b"--b\r\n"),
    "percent signs": lambda size: _mixed(b"boundary*=us-ascii''" + _times(b"%62", size), b"--b\r\n"),
    "bare CRs in the header": lambda size: _TOP + _times(b"X: x\r", size) + b"\r\n\r\nx",
    "bare CRs in the body": lambda size: _TOP + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + _times(b"--b\r", size),
    "line ends": lambda size: _TOP + b"\r\n" * (size // 2),
    "line feeds": lambda size: _TOP + b"\n" * size,
    "NULs": lambda size: _TOP + b"\0" * size,
    "base64 with junk": lambda size: _TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + _times(b"A.", size),
    "base64 with padding everywhere": lambda size: _TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + _times(b"QQ==", size),
    "base64 of equals signs": lambda size: _TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * size,
    "base64 of odd lines": lambda size: _TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + _times(b"QUJDXX\r\n", size),
    "base64 with padding within groups": lambda size: _TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + _times(b"Q=UI", size),
    "base64 with rests of lines": lambda size: _TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + _times(b"QUJD#x\r\n", size),
    "small codes among others": lambda size: _TOP + b"Content-Type: a/b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + _times(b"=0a=4B", size),
    "unknown encoding of uuencoded lines": lambda size: _TOP + b"Content-Transfer-Encoding: x\r\n\r\n" + _times(b"#86)C\r\n", size),
    "letters without an end": lambda size: _TOP + b"\r\nx: " + b"A" * size,
    "letters of digests": lambda size: _TOP + b"\r\n" + _times(b"x=" + b"ab" * 20 + b",", size),
    "literals in quotes": lambda size: _TOP + b"\r\nvar base64=" + _times(b"'QUFB QUFB'", size),
    "one literal of many words": lambda size: _TOP + b"\r\nbase64='" + _times(b"QUFB ", size) + b"'",
    "numbers with spaces between": lambda size: _TOP + b"\r\n<script>" + _times(b"88 ", size),
    "short lists of numbers": lambda size: _TOP + b"\r\n<script>" + _times(b"88 " * 30 + b"x", size),
    "a call for each sign": lambda size: _TOP + b"\r\n<script>" + _times(b"chr(88)+", size),
    "comments between literals": lambda size: _TOP + b"\r\n<script>atob" + _times(b"'/**/+/**/", size),
    "pieces in elements": lambda size: _TOP + b"\r\n<script></script>" + _times(b"<i>" + b"QUJD" * 10 + b"</i>", size),
    "shifts within a page": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + _times(b"<\x1b(B", size),
    "joined literals": lambda size: _TOP + b"\r\nvar x=" + _times(b"'QUJD'+", size),
    "short lines of letters": lambda size: _TOP + b"\r\n<a></a>" + _times(b"QUJD\n", size),
    "character references": lambda size: _TOP + b"\r\n<a></a>" + _times(b"&#65;", size),
    "letters with escapes of JSON": lambda size: _TOP + b"\r\n{\"x\":\"" + _times(b"QUJDREVG" * 8 + b"\\/\\u002b", size),
    "texts that shift": lambda size: _TOP + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + _times(b"\x1b(BA", size),
    "undeclared base64": lambda size: _TOP + b"\r\n" + _times(b"QUFB\r\n", size),
    "undeclared base64 in pieces": lambda size: _TOP + b"\r\n" + _times(b"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n.\r\n", size),
    "quoted-printable of equals signs": lambda size: _TOP + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * size,
    "quoted-printable of bad codes": lambda size: _TOP + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + _times(b"=G=\r", size),
    "quoted-printable of spaces": lambda size: _TOP + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" + b" " * size,
    "unknown encoding": lambda size: _TOP + b"Content-Transfer-Encoding: x\r\n\r\n" + _times(b"=41QQ==", size),
    "uuencode": lambda size: _TOP + b"\r\n" + uuencoded(b"x" * (size * 2 // 3)),
    "uuencode first lines": lambda size: _TOP + b"\r\n" + _times(b"begin 644 a\r\n", size),
    "yEnc": lambda size: _TOP + b"\r\n" + yenc(b"x" * size),
    "yEnc first lines": lambda size: _TOP + b"\r\n" + _times(b"=ybegin line=128 size=9 name=a\r\n", size),
    "BinHex first lines": lambda size: _TOP + b"\r\n" + _times(b"(This file must be converted with BinHex 4.0)\r\n:", size),
    "header-like lines": lambda size: _TOP + b"\r\n" + _times(b"Content-Type: text/plain\r\n\r\n", size),
    "message-like blocks": lambda size: _TOP + b"\r\n" + _times(b"From: a\r\nMIME-Version: 1.0\r\n\r\nx\r\n\r\n", size),
    "mbox lines": lambda size: _TOP + b"\r\n" + _times(b"From a Tue Nov 24 2026\r\nMIME-Version: 1.0\r\n\r\n", size),
    "PGP first lines": lambda size: _TOP + b"\r\n" + _times(b"-----BEGIN PGP MESSAGE-----\r\n\r\n", size),
    "HTML tags": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + _times(b"<a href=", size),
    "HTML angle brackets": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + b"<" * size,
    "HTML scripts": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + _times(b"<script>'", size),
    "HTML comments": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + _times(b"<!--", size),
    "data URLs": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + _times(b"data:;base64,QQ ", size),
    "data URL heads": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n" + _times(b"data:x;x=", size),
    "script strings": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n<script>" + _times(b"'QUFB'+", size),
    "script numbers": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n<script>[" + _times(b"65,", size),
    "script escapes": lambda size: _TOP + b"Content-Type: text/html\r\n\r\n<script>'" + _times(b"\\x41", size),
    "script literals": _script(b"b+='AAAAAAAA';\n"),
    "script quotes": _script(b"'\\\""),
    "script lines": _script(b"echo AAAAAAAAAAAAAAAA1\r\n"),
    "script lines that differ": _script(b"1 AAAAAAAAAAAAAAAA\r\na AAAAAAAAAAAAAAAA\r\n"),
    "script formats": _script(b"'{0}{1}' -f 'a','b'"),
    "script replacements": _script(b"replace('a','')"),
    "script references": _script(b"&#65;"),
    "script deflate": _script(b"'" + base64.b64encode(bytes(60)) + b"'eflate "),
    "dump lines": _script(b"\n00000000: 0000 0000 0000 0000"),
    "dump records": _script(b"\n:1000000000"),
    "ASCII85 blocks": _script(b"<~!!!!!~>"),
    "NULs in text": lambda size: _TOP + b"\r\n" + _times(b"some words\0 ", size),
    "virtual disks": lambda size: message(base64_part(dynamic_vhd(disk_of([(6, b"x" * (size // 2))])))),
    "UDF files": lambda size: message(base64_part(udf_image({str(n): b"x" for n in range(size // 6000)}))),
    "UDF pieces": lambda size: message(base64_part(udf_image({str(n): bytes(9999) for n in range(size // 16000)}, block=512, form=1, cuts=19))),
    "UDF folders": lambda size: message(base64_part(udf_image({"a/" * (size // 4000) + "b": b"x"}))),
    "volumes": lambda size: message(base64_part(b"\xff" * (size * 3 // 4), b"a.7z.002")),
    "calendar lines": lambda size: _TOP + b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n" + _times(b"ATTACH:\r\n ", size),
    "RTF groups": lambda size: message(base64_part(b"{\\rtf1" + b"{" * (size * 3 // 4), b"a.rtf")),
    "RTF objects": lambda size: message(base64_part(b"{\\rtf1" + _times(b"{\\objdata 01", size * 3 // 4), b"a.rtf")),
    "PDF objects": _pdf_objects,
    "PDF streams": _pdf_streams,
    "PDF dictionaries": lambda size: message(base64_part(b"%PDF-1.7\n1 0 obj" + b"<<" * (size * 3 // 8), b"a.pdf")),
    "zip members": _zip_members,
    "zip local headers": _zip_local_headers,
    "zip end records": _zip_end_records,
    "zip members that overlap": _zip_overlapping,
    "encrypted zips": _encrypted_zips,
    "gzip members": lambda size: message(base64_part(_times(gzipped(b"x"), size * 3 // 4), b"a.gz")),
    "gzip starts": lambda size: message(base64_part(_times(b"\x1f\x8b\x08\0\0\0\0\0\0\0", size * 3 // 4), b"a.gz")),
    "tar headers": lambda size: message(base64_part(b"x" * (size * 3 // 4), b"a.tar")),
    "attachments that are all the virus": lambda size: message(*[base64_part(EICAR)] * (size // 300)),
    **DOCUMENT_FAMILIES,
}  # fmt: skip
