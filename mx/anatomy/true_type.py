"""The true type: what octets are by their own evidence, as a media type, whatever name and header claim.

Comes in: a stretch. Goes out: a media type; empty where nothing is known of them, which is no statement. Programs, what
starts programs, documents with their macros, archives, disk images and pictures: what mail filters must tell apart. A
table of our own: libmagic adds nothing here that a rule asks for (docs/decisions/0012-true-types-of-our-own.md).

Failure: none.
Limits: one look at the first octets; of zips the first and last 64 KiB, of OLE files the first 8 MiB.
"""

import re

from mx.anatomy.containers.contract import Stretch

PROGRAMS = frozenset(
    {
        "application/vnd.microsoft.portable-executable", "application/x-dosexec", "application/x-executable",
        "application/x-mach-binary", "application/java-vm", "application/java-archive", "application/x-msi",
        "application/x-ms-shortcut", "application/vnd.android.package-archive", "application/vnd.android.dex",
        "application/x-appx", "application/x-shellscript", "application/x-bat", "application/hta",
        "text/vbscript.encode", "text/scriptlet", "text/x-registry", "application/vnd.ms-htmlhelp",
    }
)  # fmt: skip
"""What runs, or is run, when a person opens it."""
ARCHIVES = frozenset(
    {
        "application/zip", "application/x-7z-compressed", "application/vnd.rar", "application/vnd.ms-cab-compressed",
        "application/x-iso9660-image", "application/x-vhd", "application/x-vhdx", "application/x-ace",
    }
)  # fmt: skip
"""What holds files, and is nothing else."""
PORTABLE_EXECUTABLE, _DOS = "application/vnd.microsoft.portable-executable", "application/x-dosexec"
_OLE, _ZIP, _TAR = "application/x-ole-storage", "application/zip", "application/x-tar"
_ISO = "application/x-iso9660-image"
_OFFICE = "application/vnd.openxmlformats-officedocument."

_WHITE = b" \t\r\n\f\v"
_MARKUP_BEGINS = _WHITE + b"<\xef"
_MARKUP = rb"(?i:(?:\xef\xbb\xbf)?\s{0,40}(?:<\?xml[^>]{0,200}>\s{0,40})?(?:<!--.{0,400}?-->\s{0,40})?"
_REGISTRY = rb"REGEDIT4[\r\n]|Windows Registry Editor|\xff\xfe" + "Windows Registry Editor".encode("utf-16-le")
_BEGINS = (  # what the first octet may be, how it begins, what it then is; the first that fits
    (b"M", rb"MZ", _DOS),
    (b"M", rb"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (b"IM", rb"II\*\0|MM\0\*", "image/tiff"),
    (b"\x7f", rb"\x7fELF", "application/x-executable"),
    (b"\xfe\xce\xcf", rb"\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca", rb"\xca\xfe\xba\xbe\0\0\0[\x01-\x14]", "application/x-mach-binary"),
    (b"\xca", rb"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"d", rb"dex\n03\d\0", "application/vnd.android.dex"),
    (b"L", rb"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "application/x-ms-shortcut"),
    (b"I", rb"ITSF[\x02\x03]\0\0\0", "application/vnd.ms-htmlhelp"),
    (b"P", rb"PK\x03\x04|PK\x05\x06|PK00PK\x03\x04", _ZIP),
    (b"\xd0", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"%", rb"%PDF-", "application/pdf"),
    (b"{", rb"\{\\rt", "application/rtf"),
    (b"R", rb"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7", rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f", rb"\x1f\x8b\x08", "application/gzip"),
    (b"B", rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "application/x-bzip2"),
    (b"B", rb"BM.{8}\0\0", "image/bmp"),
    (b"\xfd", rb"\xfd7zXZ\0", "application/x-xz"),
    (b"(", rb"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"`", rb"\x60\xea.\0", "application/x-arj"),
    (b"x", rb"xar!\0", "application/x-xar"),
    (b"x", rb"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (b"\xed", rb"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"!", rb"!<arch>\ndebian", "application/vnd.debian.binary-package"),
    (b"c", rb"conectix", "application/x-vhd"),
    (b"v", rb"vhdxfile", "application/x-vhdx"),
    (b"\xe4", rb"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"),
    (b"\0", rb"\x00\x01\x00\x00Standard (?:Jet|ACE) DB\0", "application/vnd.ms-access"),
    (b"\0", rb"\0.{3}ftyp", "video/mp4"),
    (b"\x89", rb"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff", rb"\xff\xd8\xff", "image/jpeg"),
    (b"G", rb"GIF8[79]a", "image/gif"),
    (b"R", rb"RIFF....WEBP", "image/webp"),
    (b"R", rb"RIFF....WAVE", "audio/vnd.wave"),
    (b"I\xff", rb"ID3|\xff[\xfb\xf3\xf2]", "audio/mpeg"),
    (b"O", rb"OggS\0", "application/ogg"),
    (b"#", rb"#@~\^", "text/vbscript.encode"),
    (b"#", rb"#!", "application/x-shellscript"),
    (b"@", rb"(?i:@echo off[\r\n\s])", "application/x-bat"),
    (b"RW\xff", _REGISTRY, "text/x-registry"),
    (_WHITE + b"[", rb"(?i:\s{0,40}\[InternetShortcut\])", "application/x-mswinurl"),
    (
        _MARKUP_BEGINS,
        _MARKUP + rb"<(?:package|job|scriptlet)[\s>].{0,4000}?<(?:script|registration)[\s>])",
        "text/scriptlet",
    ),
    (_MARKUP_BEGINS, _MARKUP + rb"<(?:!doctype html|html|head|body|script)[\s>])", "text/html"),
    (b"<\xef", rb"(?:\xef\xbb\xbf)?<\?xml[\s>]", "text/xml"),
)
_BY_FIRST_OCTET = {
    first: (
        re.compile(b"|".join(b"(%b)" % pattern for firsts, pattern, _ in _BEGINS if first in firsts), re.DOTALL),
        tuple(media_type for firsts, _, media_type in _BEGINS if first in firsts),
    )
    for first in sorted({octet for firsts, _, _ in _BEGINS for octet in firsts})
}
_HTA = re.compile(rb"(?i:<hta:application[\s/>])")
_ZIP_MARKS = (
    (b"word/vbaProject.bin", "application/vnd.ms-word.document.macroenabled.12"),
    (b"xl/vbaProject.bin", "application/vnd.ms-excel.sheet.macroenabled.12"),
    (b"xl/macrosheets/", "application/vnd.ms-excel.sheet.macroenabled.12"),
    (b"ppt/vbaProject.bin", "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
    (b"xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    (b"word/document", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/workbook", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/presentation", f"{_OFFICE}presentationml.presentation"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
    (b"AppxManifest.xml", "application/x-appx"),
    (b"AppxBundleManifest.xml", "application/x-appx"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
)
_MIMETYPE = re.compile(rb".{26}\x08\0.{2}mimetype(application/[a-z0-9.+-]{1,80})", re.DOTALL)
_ZIP_SAMPLE = 1 << 16
_OLE_OCTETS = 8 << 20
_INSTALLER_CLASS = bytes.fromhex("84100c0000000000c000000000000046")
_OLE_MARKS = (
    (_INSTALLER_CLASS, "application/x-msi"),
    ("__properties_version1.0".encode("utf-16-le"), "application/vnd.ms-outlook"),
    ("WordDocument".encode("utf-16-le"), "application/msword"),
    ("PowerPoint Document".encode("utf-16-le"), "application/vnd.ms-powerpoint"),
    ("Workbook\0".encode("utf-16-le"), "application/vnd.ms-excel"),
    ("Book\0".encode("utf-16-le"), "application/vnd.ms-excel"),
)
_ACE_PLACE, _TAR_PLACE, _DMG_PLACE, _ISO_PLACE = 7, 257, 512, 32769


def true_type_of(content: Stretch) -> str:
    """The media type that the octets show."""
    base, start, end = content.base, content.start, content.end
    if end - start > _DMG_PLACE and (found := _by_place(base, start, end)):
        return found
    known = _BY_FIRST_OCTET.get(base[start]) if start < end else None
    match = known[0].match(base, start, end) if known is not None else None
    if known is None or match is None or match.lastindex is None:
        return ""
    found = known[1][match.lastindex - 1]
    if found == _DOS:
        return _program(base, start, end)
    if found == _ZIP:
        return _zip(base, start, end)
    if found == _OLE:
        last = min(end, start + _OLE_OCTETS)
        return next((name for mark, name in _OLE_MARKS if base.find(mark, start, last) >= 0), _OLE)
    if found == "text/html" and _HTA.search(base, start, min(end, start + _ZIP_SAMPLE)):
        return "application/hta"
    return found


def _by_place(base: bytes, start: int, end: int) -> str:
    """Formats that are told by what stands elsewhere than at the beginning."""
    if base[start + _TAR_PLACE : start + _TAR_PLACE + 5] == b"ustar":
        return _TAR
    if base[start + _ACE_PLACE : start + _ACE_PLACE + 7] == b"**ACE**":
        return "application/x-ace"
    if end - start > _ISO_PLACE and base.startswith((b"CD001", b"NSR0", b"BEA01"), start + _ISO_PLACE, end):
        return _ISO
    return "application/x-apple-diskimage" if base[end - _DMG_PLACE : end - _DMG_PLACE + 4] == b"koly" else ""


def _program(base: bytes, start: int, end: int) -> str:
    """A program for Windows or DOS; a text that begins with the same two letters is none."""
    head = base[start : min(end, start + 64)]
    if len(head) == 64:
        place = start + int.from_bytes(head[60:64], "little")
        if base.startswith((b"PE\0\0", b"NE", b"LE", b"LX"), place, end):
            return PORTABLE_EXECUTABLE
    return _DOS if b"\0" in head else ""


def _zip(base: bytes, start: int, end: int) -> str:
    """What kind of zip: the names at both its ends say so."""
    if (stated := _MIMETYPE.match(base, start, end)) is not None:
        return stated[1].decode("ascii")
    first, last = min(end, start + _ZIP_SAMPLE), max(start, end - _ZIP_SAMPLE)
    for mark, media_type in _ZIP_MARKS:
        if base.find(mark, start, first) >= 0 or base.find(mark, last, end) >= 0:
            return media_type
    return _ZIP
