"""Kinds: what octets can be opened as, by their own evidence, whatever the message claims.

Comes in: a stretch and its declared type. Goes out: every kind that it could be opened as; one artifact may be several
(a picture with a zip behind it), and all of them are opened. `unread_container` names formats that hold files and that
no reader opens yet: such an artifact is unscannable, never clean.

Every kind has a reader in `readers.py` (light, in every cell) or `deep_readers.py` (libraries, in deep cells).
Recognising a kind needs no library, so that a light cell knows when it must hand a message on.

Limits: looks at the first 64 KiB and the last 128 KiB; at all of it only where archives are known to hide behind
something else: in programs, pictures and disk images, and in what is named like an archive.
"""

import re
from enum import StrEnum

from mx.anatomy.containers.contract import Stretch
from mx.anatomy.containers.embedded import CAB, RAR, SEVEN_ZIP, ZIP
from mx.anatomy.containers.script_archive import APPENDED
from mx.anatomy.text_kinds import text_kinds


class Kind(StrEnum):
    """What a reader exists for."""

    MESSAGE = "message"
    ZIP = "zip"
    GZIP = "gzip"
    TAR = "tar"
    UUENCODE = "uuencode"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    CAB = "cab"
    BZIP2 = "bzip2"
    XZ = "xz"
    LZIP = "lzip"
    LZMA = "lzma"
    ZSTD = "zstd"
    LZ4 = "lz4"
    COMPRESS = "compress"
    LHA = "lha"
    AR = "ar"
    CPIO = "cpio"
    RPM = "rpm"
    XAR = "xar"
    ISO = "iso"
    ZLIB = "zlib"
    APPLE_FILE = "apple-file"
    UDF = "udf"
    VHD = "vhd"
    """A virtual disk that grows; a fixed one is the disk itself."""
    VHDX = "vhdx"
    FAT = "fat"
    DISK = "disk"
    """A disk image with a table of partitions."""
    TNEF = "tnef"
    OLE = "ole"
    PDF = "pdf"
    RTF = "rtf"
    ONENOTE = "onenote"
    ACTIVEMIME = "activemime"
    CMS = "cms"
    """Cryptographic Message Syntax: S/MIME, signed or enveloped."""
    PGP = "pgp"
    PACKAGE_PART = "package-part"
    """XML that says something of the Office package that it belongs to."""
    HTML = "html"
    CALENDAR = "calendar"
    """iCalendar and vCard: texts that may carry files."""
    BINHEX = "binhex"
    YENC = "yenc"
    BASE64 = "base64"
    """A block of base64 that nothing declares."""
    QUOTED_PRINTABLE = "quoted-printable"
    """Quoted-printable that nothing declares."""
    SHORTCUT = "shortcut"
    SCRIPT_ARCHIVE = "script-archive"
    """A script with a compressed file behind it."""
    TEXT = "text"
    """A text in a charset that spells ASCII in other octets."""


_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_MIME_FIELD = re.compile(rb"(?:\A|\n)(?:content-type|content-transfer-encoding|mime-version)[ \t]*:", re.IGNORECASE)
_FIELD = re.compile(rb"(?:From [^\n]{0,500}\n)?(?:[!-9;-~]{1,76})[ \t]*:")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_TAR_OCTETS, _TAR_SUM = 512, 148
_MAC_OCTETS, _MOST_NAME_OCTETS = 128, 63
_TAR_NUMBER = re.compile(rb" *[0-7]+[ \0]*")
_ZIP_TAIL_OCTETS = (1 << 16) + 22 + (1 << 16)
_ZIP_END = re.compile(rb"PK\x05\x06")
"""By a regular expression: its search for plain octets is three times as fast as that of `bytes.rfind`."""
_ZIP_STARTS = (b"PK\3\4", b"PK\5\6", b"PK\7\x08", b"PK00PK\3\4")
_HEAD_OCTETS = 1 << 16

_MAGIC = (
    (0, rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e", "ole"),
    (0, rb"(?:\xef\xbb\xbf)?[\s\0]{0,64}\{\\[rR][tT]", "rtf"),
    (0, rb"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d|\xa1\x2f\xff\x43\xd9\xef\x76\x4c", "onenote"),
    (0, rb"ActiveMime\0", "activemime"),
    (0, rb"L\0{3}\x01\x14\x02\0", "shortcut"),
    (0, rb"7z\xbc\xaf\x27\x1c", "7z"),
    (0, rb"Rar!\x1a\x07[\x00\x01]", "rar"),
    (0, rb"MSCF\0\0\0\0", "cab"),
    (0, rb"ISc\(", "installshield-cab"),
    (0, rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "bzip2"),
    (0, rb"\xfd7zXZ\0", "xz"),
    (0, rb"LZIP[\0\x01]", "lzip"),
    (0, rb"\x5d\0\0[\0-\xff]{2}(?:\xff{8}|[\0-\xff]{5}\0{3})", "lzma"),
    (0, rb"\x28\xb5\x2f\xfd", "zstd"),
    (0, rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18", "lz4"),
    (0, rb"\x1f\x9d[\x89-\x90]", "compress"),
    (0, rb"(?:CWS[\x06-\x40].{4})?\x78[\x01\x5e\x9c\xda]", "zlib"),
    (0, rb"\0\x05\x16[\0\x07]\0[\x01\x02]\0\0", "apple-file"),
    (0, rb"\x60\xea[\x1e-\xff][\0-\x0a][\x1e-\x40][\0-\x7f][\0-\x7f][\0-\x0b][\0-\xff]{2}\x02", "arj"),
    (2, rb"-lh[0-9a-z]-|-lz[s45]-|-pm[012]-", "lha"),
    (7, rb"\*\*ACE\*\*", "ace"),
    (20, rb"\xdc\xa7\xc4\xfd", "zoo"),
    (0, rb"!<arch>\n", "ar"),
    (0, rb"07070[127][0-9A-Fa-f]{20}", "cpio"),
    (0, rb"\xc7\x71.{5}[\x40-\xc1].{13}[\x00-\x03].{4}[ -~]|\x71\xc7.{4}[\x40-\xc1].{13}[\x00-\x03].{5}[ -~]", "cpio"),
    (0, rb"\xed\xab\xee\xdb", "rpm"),
    (0, rb"xar!\0", "xar"),
    (0, rb"(?:MSWIM|WLPWM)\0\0\0", "wim"),
    (0, rb"ITSF[\x02\x03]\0\0\0", "chm"),
    (0, rb"\x78\x9f\x3e\x22", "tnef"),
    (0, rb"SZDD\x88\xf0\x27\x33|KWAJ\x88\xf0\x27\xd1|SZ \x88\xf0\x27\x33\xd1", "ms-compress"),
    (8, rb"\x19\x04\0\x10", "sis"),
    (0, rb"\x30.{1,5}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\2-\6]", "cms"),
    (0, rb"\x30.{1,5}\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01[\2\x09\x17]", "cms"),
    (0, rb"\x89LZO\0\r\n\x1a\n", "lzop"),
    (0, rb"\x85\x19[\x01-\x03\xe0]\x20|\x19\x85\x20[\x01-\x03\xe0]", "jffs2"),
    (0, rb"[\x84\x85\x88-\x8a\x8c\x90\xa0-\xa3\xac-\xae\xc1-\xc4\xc8\xcb]", "pgp"),
    (0, rb"hsqs|sqsh.{24}\0\x04", "squashfs"),
    (0, rb"(?:\x45\x3d\xcd\x28|\x28\xcd\x3d\x45).{12}Compressed ROMFS|-rom1fs-", "romfs"),
    (0, rb"KDMV|QFI\xfb|COWD[\x01\x02]\0", "virtual-disk"),
    (64, rb"\x7f\x10\xda\xbe", "virtual-disk"),
    (0, rb"conectix", "vhd"),
    (0, rb"vhdxfile", "vhdx"),
    (0, rb"EGG[A]\0|ALZ\x01", "egg"),
    (0, rb"SIT!.{6}rLau|StuffIt \(c\)|StuffIt![\0-\x1f]", "stuffit"),
    (0, rb"(?:AA01|YAA1).{2}[A-Z]{3}[1-9A-Z*]|pbzx\0|AEA1[\0-\x05]\0\0", "apple-archive"),
    (0, rb"encrcdsa\0\0\0", "dmg"),
    (0, rb"LRZI[\0-\x0a]|RZIP[\x01-\x04]", "rzip"),
    (0, rb"7kSt\xa0\x31\x83\xd3|zPQ[\x01\x02]", "zpaq"),
    (0, rb"ArC\x01", "freearc"),
    (0, rb"UHA[\x01-\x0a]", "uharc"),
    (7, rb"-sqx-", "sqx"),
    (0, rb"\x1f\x1e\0.{3}[\x01-\x18]", "pack"),
    (0, rb"\x1a[\x01-\x0b][!-~]{1,12}\0", "arc"),
    (0, rb"\xff\x06\0\0sNaPpY", "snappy"),
    (0, rb"!BDN.{4}SM", "pst"),
    (0, rb"\xcf\xad\x12\xfe", "dbx"),
    (0, rb"\x13\x5d\x65\x8c", "installshield"),
    (0, rb"[\xeb\xe9].{53}FAT1[26] |\xeb.\x90.{79}FAT32 ", "fat"),
    (0, rb"[\xeb\xe9].{10}\0[\x02\x04\x08\x10][\x01\x02\x04\x08\x10\x20\x40\x80].{2}[\x01\x02]", "fat"),
    (0, rb"\xeb.\x90(?:NTFS {4}|EXFAT {3})", "ntfs"),
    (32, rb"NXSB", "apfs"),
    (446, rb"[\x00\x80].{3}[\x01\x04\x06\x07\x0b\x0c\x0e\x83\xaf\xee].{59}\x55\xaa", "disk"),
    (512, rb"EFI PART", "gpt"),
    (1024, rb"H\+\0\x04|HX\0\x05", "hfs"),
    (1024, rb"\xe2\xe1\xf5\xe0", "erofs"),
    (1080, rb"\x53\xef[\0-\x07]\0[\0-\x03]\0.{10}[\0-\x04]\0{3}[\x00\x01]\0{3}", "ext"),
)
_BY_NAME = {kind.value: kind for kind in Kind}
_MAGIC_OFFSETS = tuple(dict.fromkeys(offset for offset, _, _ in _MAGIC))
_MAGIC_PATTERNS = tuple(
    (
        offset,
        re.compile(b"|".join(b"(%b)" % pattern for place, pattern, _ in _MAGIC if place == offset), re.DOTALL),
        tuple(name for place, _, name in _MAGIC if place == offset),
    )
    for offset in _MAGIC_OFFSETS
)
_ANY_MAGIC = re.compile(
    b"|".join(b"(?=.{%d}(?:%b))" % (offset, pattern.pattern) for offset, pattern, _ in _MAGIC_PATTERNS), re.DOTALL
)
"""Whether any of them stands where it should: most octets have none, and one look says so."""
_CARRIER = re.compile(rb"MZ|\x7fELF|#!|\xff\xd8\xff|\x89PNG|GIF8|BM|RIFF|\xeb.\x90|L\0{3}\x01", re.DOTALL)
_ARCHIVE_NAME = re.compile(r"\.(?:rar|r\d\d|7z|zip|cab|exe|sfx|001|part\d+)[\s.\0]*\Z", re.IGNORECASE)
_VOLUME_NAME = re.compile(
    r"\.(?:(?:7z|zipx?|tar|t?gz|t?bz2?|t?xz|zst|cab|iso|wim|arj|ace|lzh)\.\d{3}|z\d\d)[\s.\0]*\Z", re.IGNORECASE
)
_VOLUME_ENDS = frozenset("0123456789 .\0\t")
"""Volumes of archives that are cut anywhere: nothing but their names tells what the later ones are."""
_VOLUME_SAMPLE = 4096
_EMBEDDED = ((Kind.SEVEN_ZIP, SEVEN_ZIP), (Kind.RAR, RAR), (Kind.CAB, CAB), (Kind.ZIP, ZIP))
_INSTALLERS = (
    ("installshield", re.compile(rb"ISc\(.{8}\x00\x02\x00\x00|InstallShield\x00[\x01-\xff]\x00{20}", re.DOTALL)),
    ("nsis", re.compile(rb"\xef\xbe\xad\xdeNullsoftInst")),
    ("autoit", re.compile(rb"\xa3\x48\x4b\xbe\x98\x6c\x4a\xa9.{8}AU3!EA0[56]", re.DOTALL)),
)
_TRAILER_OCTETS = 512
_VIRTUAL_DISK = "virtual-disk"
_TRAILERS = {b"koly": "dmg", b"cone": _VIRTUAL_DISK}
_VOLUMES_START, _VOLUMES_OCTETS = 32768, 16 * 2048
_UDF = re.compile(rb"\x00NSR0[23]\x01")
_ISO = re.compile(rb"[\x00-\x03\xff]CD001\x01")
_PDF_OBJECT = re.compile(rb"(?<!\d)\d{1,10}[\0\s]{1,20}\d{1,5}[\0\s]{1,20}obj\b")
_OBJECT = re.compile(rb"obj")
_PDF_HEAD_OCTETS = 1024
_PDF_NAME = re.compile(r"\.(?:pdf|fdf|xfdf)[\s.\0]*\Z", re.IGNORECASE)


def recognise(
    content: Stretch, declared_type: str, names: tuple[str, ...] = (), *, is_known_text: bool = False
) -> tuple[list[Kind], str | None]:
    """Every kind that this content may be opened as, and the name of its format when no reader exists for it.

    `names` are all that some program could show for it; what a known text may carry is not asked again.
    """
    magic = _by_magic(content)
    carried = [] if is_known_text else _carried(content, declared_type)
    found = _kinds(content, declared_type, names, magic, carried)
    unread = _unread(content, magic)
    if unread is None:
        for name in names:
            # Most names end with a letter, and cost no more than this.
            if name[-1:] in _VOLUME_ENDS and _is_later_volume(content, name, is_known=len(found) > len(carried)):
                unread = "volume"
    return found, unread


def kinds(content: Stretch, declared_type: str, names: tuple[str, ...] = ()) -> list[Kind]:
    """Every kind that this content may be opened as."""
    return recognise(content, declared_type, names)[0]


def unread_container(content: Stretch) -> str | None:
    """The name of the format when this is a container that no reader exists for."""
    return _unread(content, _by_magic(content))


def _kinds(
    content: Stretch, declared_type: str, names: tuple[str, ...], magic: list[str], carried: list[Kind]
) -> list[Kind]:
    found: list[Kind] = [Kind.MESSAGE] if declared_type in _MESSAGE_TYPES else []
    base, start, end = content.base, content.start, content.end
    if base.startswith(_ZIP_STARTS, start, end) or _ZIP_END.search(base, max(start, end - _ZIP_TAIL_OCTETS), end):
        found.append(Kind.ZIP)
    if base.startswith(b"\x1f\x8b\x08", start, end):
        found.append(Kind.GZIP)
    # A look at the first octet of its sum saves most octets the copy.
    is_likely_tar = end - start >= _TAR_OCTETS and base[start + _TAR_SUM] in b" 01234567"
    if is_likely_tar and is_tar_header(base[start : start + _TAR_OCTETS]):
        found.append(Kind.TAR)
    if base.startswith(b"\0", start, end) and is_macbinary(content):
        found.append(Kind.APPLE_FILE)
    if carried:
        found.extend([kind for kind in carried if kind not in found])
    if magic:
        found.extend([_BY_NAME[name] for name in magic if name in _BY_NAME])
    if end - start > _VOLUMES_START:
        found.extend(_volumes(content))
    if _is_pdf(content, declared_type, names):
        found.append(Kind.PDF)
    if _may_hide_archives(content, names):
        found.extend(kind for kind, mark in _EMBEDDED if kind not in found and mark.search(base, start, end))
        if base.startswith(b"#!", start, end) and APPENDED.search(base, start, end):
            found.append(Kind.SCRIPT_ARCHIVE)
    return found


def _is_pdf(content: Stretch, declared_type: str, names: tuple[str, ...]) -> bool:
    """It has objects, and a head near its beginning, an object there, or a name: readers ask for no more."""
    base, start, end = content.base, content.start, content.end
    if declared_type != "application/pdf" and not any(map(_PDF_NAME.search, names)):
        head_end = min(end, start + _PDF_HEAD_OCTETS)
        if base.find(b"%PDF-", start, head_end) < 0 and (
            base.find(b"obj", start, head_end) < 0 or _PDF_OBJECT.search(base, start, head_end) is None
        ):
            return False
    return _OBJECT.search(base, start, end) is not None


def _carried(content: Stretch, declared_type: str) -> list[Kind]:
    """What it may carry as a text: first of all, another message."""
    names = text_kinds(content, declared_type)
    found = [_BY_NAME[name] for name in names] if names else []
    return [Kind.MESSAGE, *found] if _looks_like_a_message(content) else found


def _unread(content: Stretch, magic: list[str]) -> str | None:
    """By its magic; a disk image by its last octets; a program that carries files in a form of its own."""
    named = next((name for name in magic if name not in _BY_NAME), None) if magic else None
    base, end, octets = content.base, content.end, content.end - content.start
    if named is None and octets >= _TRAILER_OCTETS:
        place = end - _TRAILER_OCTETS
        named = _TRAILERS.get(base[place : place + 4])
        if named == _VIRTUAL_DISK and not {"fat", "disk", "vhd"}.isdisjoint(magic):
            # A fixed VHD is the disk itself, and a trailer.
            named = None
    return _by_installer(content) if named is None and base.startswith(b"MZ", content.start, end) else named


def _may_hide_archives(content: Stretch, names: tuple[str, ...]) -> bool:
    begins = _CARRIER.match(content.base, content.start, content.end) is not None
    return begins or any(map(_ARCHIVE_NAME.search, names))


def _is_later_volume(content: Stretch, name: str, *, is_known: bool) -> bool:
    """By its name; a text of that name is none, and what is opened as something else is that."""
    head = content.base[content.start : min(content.end, content.start + _VOLUME_SAMPLE)]
    return _VOLUME_NAME.search(name) is not None and not is_known and not head.isascii()


def _volumes(content: Stretch) -> list[Kind]:
    """The file systems of a disc's image: ISO 9660, UDF or both; where there are both, Windows shows UDF alone."""
    base, first = content.base, content.start + _VOLUMES_START
    last = min(content.end, first + _VOLUMES_OCTETS)
    is_udf = base.startswith(b"\0BEA01", first, last) or _UDF.search(base, first, last) is not None
    is_iso = base.startswith(b"CD001", first + 1, last) or (is_udf and _ISO.search(base, first, last) is not None)
    return [*([Kind.ISO] if is_iso else []), *([Kind.UDF] if is_udf else [])]


def _by_installer(content: Stretch) -> str | None:
    """Programs that carry files in a form of their own."""
    for name, magic in _INSTALLERS:
        if magic.search(content.base, content.start, content.end):
            return name
    return None


def _by_magic(content: Stretch) -> list[str]:
    """The names of the formats whose magic stands where it should."""
    names: list[str] = []
    if _ANY_MAGIC.match(content.base, content.start, content.end) is None:
        return names
    for offset, pattern, of_group in _MAGIC_PATTERNS:
        if offset >= content.octets:
            continue
        found = pattern.match(content.base, content.start + offset, content.end)
        if found is not None and found.lastindex is not None:
            names.append(of_group[found.lastindex - 1])
    return names


def is_tar_header(block: bytes) -> bool:
    """True for 512 octets whose checksum field is their checksum, as every tar header's is."""
    if len(block) < _TAR_OCTETS or not block[0]:
        return False
    written = _TAR_NUMBER.fullmatch(block, 148, 156)
    if written is None:
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    return int(written[0].strip(b" \0") or b"0", 8) == sum(rest)


def is_macbinary(content: Stretch) -> bool:
    """Whether a header of MacBinary stands there: its zeros, a name, and forks that the file has room for."""
    head = content.base[content.start : min(content.end, content.start + _MAC_OCTETS)]
    if len(head) < _MAC_OCTETS or head[0] or head[74] or head[82] or not 1 <= head[1] <= _MOST_NAME_OCTETS:
        return False
    name = head[2 : 2 + head[1]]
    octets = int.from_bytes(head[83:87], "big") + int.from_bytes(head[87:91], "big")
    return min(name) >= ord(" ") and b":" not in name and 0 < octets <= content.octets - _MAC_OCTETS


def _looks_like_a_message(content: Stretch) -> bool:
    """It begins with a header that says something of MIME; without that, its text is scanned as it stands."""
    base, start = content.base, content.start
    limit = min(content.end, start + _HEAD_OCTETS)
    if _FIELD.match(base, start, limit) is None:
        return False
    blank = _BLANK_LINE.search(base, start, limit)
    return _MIME_FIELD.search(base[start : blank.start() + 1 if blank else limit]) is not None
