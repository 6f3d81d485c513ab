"""What octets are by their own evidence."""

import pytest

from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.kinds import Kind, is_tar_header, kinds, recognise, unread_container
from tests.contracts.mail import gzipped, tarred, zipped
from tests.corpus.formats.archives import macbinary

CASES = [
    (zipped(b"x"), "", [Kind.ZIP]),
    (b"MZ stub " * 9 + zipped(b"x"), "", [Kind.ZIP]),
    (gzipped(b"x"), "", [Kind.GZIP]),
    (tarred(b"x"), "", [Kind.TAR]),
    (b"Received: a\r\nContent-Type: text/plain\r\n\r\nx", "text/plain", [Kind.MESSAGE]),
    (b"From a@b Mon\nMIME-Version: 1.0\n\nx", "", [Kind.MESSAGE]),
    (b"anything", "message/rfc822", [Kind.MESSAGE]),
    (b"Dear: reader\r\n\r\nmime-version: 1.0", "text/plain", []),
    (b"text\nbegin 644 a.txt\n", "text/plain", [Kind.UUENCODE]),
    (b"begin 644 a.txt\n", "text/plain", [Kind.UUENCODE]),
    (b"to begin 644 words\n", "text/plain", []),
    (b"7z\xbc\xaf\x27\x1c\0\4", "", [Kind.SEVEN_ZIP]),
    (b"Rar!\x1a\x07\x01\0", "", [Kind.RAR]),
    (b"MSCF\0\0\0\0", "", [Kind.CAB]),
    (b"BZh91AY&SY", "", [Kind.BZIP2]),
    (b"\xfd7zXZ\0\0\4", "", [Kind.XZ]),
    (b"\x28\xb5\x2f\xfd", "", [Kind.ZSTD]),
    (b"xx-lh5-yy", "", [Kind.LHA]),
    (bytes(32769) + b"CD001", "", [Kind.ISO]),
    (b"\x78\x9f\x3e\x22", "", [Kind.TNEF]),
    (b"\x78\x9c\1", "", [Kind.ZLIB]),
    (b"CWS\x0a\0\0\1\0\x78\xda", "", [Kind.ZLIB]),
    (b"CWS is no film", "", []),
    (b"\0\5\x16\7\0\2\0\0", "", [Kind.APPLE_FILE]),
    (macbinary(b"data", b""), "", [Kind.APPLE_FILE]),
    (b"\x5d\0\0\x80\0" + b"\xff" * 8, "", [Kind.LZMA]),
    (b"070701" + b"0002D7A9" * 4, "", [Kind.BASE64, Kind.CPIO]),
    (b"\xc7\x71\0\0\1\0\xa4\x81" + bytes(12) + b"\2\0\0\0\0\0" + b"a\0", "", [Kind.CPIO]),
    (b"\x02\x21\x4c\x18", "", [Kind.LZ4]),
    (b"MZ program 7z\xbc\xaf\x27\x1c and Rar!\x1a\x07\0 and MSCF\0\0\0\0", "", [Kind.SEVEN_ZIP, Kind.RAR, Kind.CAB]),
    (b"\xff\xd8\xff picture PK\3\4" + bytes(200_000), "", [Kind.ZIP]),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", [Kind.OLE]),
    (b"{\\rtf1 text}", "", [Kind.RTF]),
    (b" \r\n{\\rt text}", "", [Kind.RTF]),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "", [Kind.ONENOTE]),
    (b"ActiveMime\0\0\1", "", [Kind.ACTIVEMIME]),
    (b"%PDF-1.7\n1 0 obj", "", [Kind.PDF]),
    (b"junk %PDF-1.7\n1 0 obj", "", [Kind.PDF]),
    (b"1 0 obj\n<<>>\nendobj", "", [Kind.PDF]),
    (bytes(5000) + b"1 0 obj", "application/pdf", [Kind.PDF]),
    (bytes(5000) + b"1 0 obj", "", []),
    (b"%PDF-1.7 and no more", "application/pdf", []),
    (b"<manifest:file-entry><manifest:encryption-data/>", "", [Kind.PACKAGE_PART]),
    (b"<xm:macrosheet xmlns:xm='x'>", "", [Kind.PACKAGE_PART]),
    (b"<Relationship TargetMode='External'/>", "", [Kind.PACKAGE_PART]),
    (b"\xc7\x71 and text that is none of it", "", []),
    (b"BZh9 is no bzip2", "", []),
    (b"", "", []),
]


@pytest.mark.parametrize(("octets", "declared", "expected"), CASES)
def test_tells_kinds_by_content(octets: bytes, declared: str, expected: list[Kind]) -> None:
    """The evidence counts, the declared type only for messages; and only within the stretch."""
    assert kinds(whole(octets), declared) == expected
    framed = b"\n" + octets + b"after"
    assert kinds(Stretch(framed, 1, 1 + len(octets)), declared) == expected


UNREAD = [
    (b"MSWIM\0\0\0", "wim"),
    (b"1234567**ACE**", "ace"),
    (b"\x60\xea\x2c\0\x22\x0b\1\2\x10\0\2\x14", "arj"),
    (b"SZDD\x88\xf0\x27\x33A", "ms-compress"),
    (bytes(9000) + b"koly" + bytes(508), "dmg"),
    (bytes(9000) + b"conectix" + bytes(504), "virtual-disk"),
    (b"MZ" + bytes(99) + b"\xef\xbe\xad\xdeNullsoftInst", "nsis"),
    (b"MZ" + bytes(99) + b"InstallShield\0\4" + bytes(40), "installshield"),
    (b"\xeb\x52\x90NTFS    ", "ntfs"),
    (bytes(512) + b"EFI PART", "gpt"),
    (bytes(1024) + b"H+\0\4", "hfs"),
    (bytes(32) + b"NXSB", "apfs"),
    (b"WLPWM\0\0\0", "wim"),
    (b"sqsh" + bytes(24) + b"\0\4", "squashfs"),
    (b"\x45\x3d\xcd\x28" + bytes(12) + b"Compressed ROMFS", "romfs"),
    (b"\x85\x19\1\x20", "jffs2"),
    (b"COWD\1\0\0\0", "virtual-disk"),
    (b"<<< Disk Image >>>".ljust(64, b"\0") + b"\x7f\x10\xda\xbe", "virtual-disk"),
    (b"SIT!\0\1\0\0\0\x90rLau", "stuffit"),
    (b"StuffIt (c)1997-2001 Aladdin", "stuffit"),
    (b"AA01\x20\0TYP1D", "apple-archive"),
    (b"pbzx\0\0", "apple-archive"),
    (b"AEA1\0\0\0", "apple-archive"),
    (b"encrcdsa\0\0\0\2", "dmg"),
    (b"\x89LZO\0\r\n\x1a\n", "lzop"),
    (b"LRZI\0\6", "rzip"),
    (b"7kSt\xa0\x31\x83\xd3", "zpaq"),
    (b"ArC\1", "freearc"),
    (b"UHA\6", "uharc"),
    (b"1234567-sqx-", "sqx"),
    (b"\x1f\x1e\0\0\0\x44\x08", "pack"),
    (b"\x1a\x08FILE.COM\0", "arc"),
    (b"\xff\6\0\0sNaPpY", "snappy"),
    (b"!BDN\1\2\3\4SM", "pst"),
    (b"\xcf\xad\x12\xfe", "dbx"),
    (b"\x13\x5d\x65\x8c", "installshield"),
    (bytes(1024) + b"\xe2\xe1\xf5\xe0", "erofs"),
    (bytes(1080) + b"\x53\xef\1\0\1\0" + bytes(10) + b"\0\0\0\0\1\0\0\0", "ext"),
    (b"AA01 is a number", None),
    (b"pack my box with", None),
    (b"MZ an InstallShield\0 is named", None),
    (b"%PDF-1.7", None),
    (b"\x89PNG\r\n", None),
    (b"Dear reader", None),
    (b"BZh9 is no bzip2", None),
    (b"", None),
]


@pytest.mark.parametrize(("octets", "name"), UNREAD)
def test_names_containers_that_nobody_opens(octets: bytes, name: str | None) -> None:
    """Each format by its magic; ordinary files are none of them."""
    assert unread_container(whole(octets)) == name
    assert unread_container(Stretch(b"x" + octets, 1, 1 + len(octets))) == name


def test_a_name_is_enough_for_a_pdf_with_objects() -> None:
    """Some readers look for objects, whatever stands before them."""
    content = whole(bytes(5000) + b"1 0 obj")
    assert kinds(content, "", ("a.PDF ",)) == [Kind.PDF]
    assert kinds(content, "", ("a.txt",)) == []


def test_an_archive_behind_other_octets_is_told_by_its_name() -> None:
    """Programs that open a .rar look for its beginning; other files are not searched as a whole."""
    content = whole(b"junk Rar!\x1a\x07\0")
    assert kinds(content, "", ("a.txt",)) == []
    assert kinds(content, "", ("a.txt", "b.RAR ")) == [Kind.RAR]


def test_a_tar_is_told_by_its_checksum() -> None:
    """One octet changed, or a short block: no tar."""
    block = tarred(b"x")[:512]
    assert is_tar_header(block)
    assert not is_tar_header(b"X" + block[1:])
    assert not is_tar_header(block[:511])
    assert not is_tar_header(bytes(512))


def test_a_checksum_with_spaces_among_its_digits_is_none() -> None:
    """Nothing is read as a number that is no number; spaces may stand before it alone."""
    block = tarred(b"x")[:512]
    assert not is_tar_header(block[:148] + b"000000 0" + block[156:])
    total = sum(block[:148] + b" " * 8 + block[156:])
    assert is_tar_header(block[:148] + b"%7o\0" % total + block[156:])


@pytest.mark.parametrize("name", ["a.7z.002", "A.ZIP.003", "a.z02", "a.tar.017 ", "a.tgz.002"])
def test_a_later_volume_is_known_by_its_name_alone(name: str) -> None:
    """Its octets begin anywhere; a text of that name is none, and what is opened as something else is that."""
    assert recognise(whole(b"\xff\xfe\xfd" * 99), "", (name,))[1] == "volume"
    assert recognise(whole(b"words " * 99), "", (name,))[1] is None
    assert recognise(whole(b"\xff\xfe\xfd" * 99), "", ("a.002", "a.zip"))[1] is None
    assert recognise(whole(b"PK\5\6" + b"\xff" * 99), "", (name,)) == ([Kind.ZIP], None)


def test_file_systems_of_a_disc_are_told_apart() -> None:
    """An image may have both, and both are read."""
    udf, iso = bytes(32768) + b"\0BEA01\1" + bytes(2041) + b"\0NSR02\1", bytes(32768) + b"\1CD001\1" + bytes(2041)
    assert kinds(whole(udf + bytes(99)), "") == [Kind.UDF]
    assert kinds(whole(iso + bytes(99)), "") == [Kind.ISO]
    assert kinds(whole(iso + b"\0BEA01\1" + bytes(2041) + b"\0NSR03\1"), "") == [Kind.ISO, Kind.UDF]
