"""Archives: of every format, one inside another, joined, cut, and with two directories that disagree."""

import binascii
import bz2
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator

from tests.contracts.mail import EICAR, attached, base64_part, gzipped, message, nested, tarred
from tests.corpus.case import Case, Expect, hidden
from tests.corpus.formats import archives as made
from tests.corpus.formats.disks import disk_of, fat_image, fixed_vhd
from tests.corpus.formats.udf import udf_image
from tests.corpus.formats.virtual_disks import dynamic_vhd, vhdx
from tests.corpus.formats.zips import Member, deflate, overlapping_zip, zip_crypto, zip_of, zipped

ROOM = "archive"
VIRUS = Member(EICAR)
DECOY = Member(b"harmless", b"readme.txt")


def cases() -> Iterator[Case]:
    """All of them."""
    for name, content in (*_zips(), *_disagreeing(), *_others(), *_within(), *_disks()):
        yield hidden(ROOM, name, attached(content, b"archive.bin"))
    yield from _locked()
    yield from _blocked()


def _disks() -> Iterator[tuple[str, bytes]]:
    hidden_file = {"INVOICE.ZIP": zip_of(VIRUS)}
    scattered = fat_image({"README.TXT": b"harmless" * 99}, folder=hidden_file, is_scattered=True)
    yield "fat12-scattered-in-a-folder", scattered
    yield "fat-in-a-growing-vhd", dynamic_vhd(disk_of([(0x06, scattered)]), is_scattered=True)
    yield "fat-in-a-vhdx", vhdx(disk_of([(0x06, scattered)]))
    packed = {"folder/invoice.zip": zip_of(VIRUS)}
    yield "udf", udf_image(packed)
    yield "udf-in-pieces-with-small-blocks", udf_image({"a.bin": bytes(999) + EICAR}, block=512, cuts=3)
    yield "udf-in-a-metadata-partition", udf_image(packed, has_metadata=True, form=1)
    yield "udf-stream", udf_image({"readme.txt": b"harmless"}, streams={"invoice.zip": zip_of(VIRUS)})
    yield "fat16", fat_image(hidden_file, clusters=5000)
    yield "fat-without-label", fat_image(hidden_file, label=bytes(8))
    yield "fat-in-a-partition", disk_of([(0x0C, scattered)])
    yield "fat-in-the-second-partition-of-a-vhd", fixed_vhd(disk_of([(0x06, fat_image({})), (0x06, scattered)]))


def _zips() -> Iterator[tuple[str, bytes]]:
    zipped_virus = zip_of(VIRUS)
    yield "zip", zipped_virus
    yield "zip-stored-in-zip", zip_of(Member(zipped_virus, b"inner.zip", method=0))
    yield "zip64", zip_of(VIRUS, zip64=True)
    yield "zip-data-descriptor", zip_of(Member(EICAR, has_descriptor=True))
    yield "zip-data-descriptor-bare", zip_of(Member(EICAR, has_descriptor=True, descriptor_signature=b""))
    yield "zip-stored-data-descriptor", zip_of(Member(zipped_virus, method=0, has_descriptor=True))
    yield "zip-behind-picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 3000 + zipped_virus
    yield "zip-behind-picture-offsets-fit", zip_of(VIRUS, before=b"GIF89a" + b"\0" * 3000)
    yield "zip-behind-program", b"MZ" + b"\x90" * 9000 + zipped_virus
    yield "zip-with-long-comment", zip_of(VIRUS, comment=b"c" * 65_535)
    yield "zip-with-octets-behind", zip_of(VIRUS, tail=b"\0" * 70_000)
    yield "zip-with-much-behind", zip_of(VIRUS, tail=b"x" * 400_000)
    yield "zip-end-record-in-comment", zip_of(VIRUS, comment=zip_of(DECOY)[-22:])
    yield "zip-two-joined-virus-first", zip_of(VIRUS) + zip_of(DECOY)
    yield "zip-two-joined-virus-last", zip_of(DECOY) + zip_of(VIRUS)
    yield "zip-three-joined-virus-in-the-middle", zip_of(DECOY) + zip_of(VIRUS) + zip_of(DECOY)
    yield "zip-two-joined-offsets-fit", zip_of(VIRUS) + zip_of(DECOY, shift=len(zip_of(VIRUS)))
    yield "zip-without-directory", zip_of(VIRUS).partition(b"PK\1\2")[0]
    yield "zip-without-end-record", zip_of(VIRUS).partition(b"PK\5\6")[0]
    yield "zip-cut-in-directory", zip_of(VIRUS, DECOY)[:-60]
    yield "zip-empty-directory", zip_of(Member(EICAR, is_listed=False))
    yield "zip-member-not-listed", zip_of(Member(EICAR, is_listed=False), DECOY)
    yield "zip-member-not-listed-last", zip_of(DECOY, Member(EICAR, is_listed=False))
    yield "zip-member-behind-gap", zip_of(DECOY, Member(EICAR, is_listed=False, gap=b"\0" * 300))
    yield "zip-count-too-small", zip_of(DECOY, VIRUS, count=1)
    yield "zip-count-is-nothing", zip_of(VIRUS, count=0)
    yield "zip-count-too-large", zip_of(VIRUS, count=9)
    yield "zip-same-name-twice-virus-first", zip_of(VIRUS, Member(b"harmless", b"file.com"))
    yield "zip-same-name-twice-virus-last", zip_of(Member(b"harmless", b"file.com"), VIRUS)
    yield "zip-same-offset-twice", zip_of(VIRUS, Member(b"x", b"other.txt", offset=0))
    yield "zip-directory-name", zip_of(Member(EICAR, b"file.com/"))
    yield "zip-empty-name", zip_of(Member(EICAR, b""))
    yield "zip-name-with-nul", zip_of(Member(EICAR, b"picture.png\0.com"))
    yield "zip-absolute-name", zip_of(Member(EICAR, b"../../../../windows/file.com"))
    yield "zip-spanned-mark", b"PK\7\x08" + zip_of(VIRUS, shift=4)
    yield "zip-temporary-spanned-mark", b"PK00" + zip_of(VIRUS, shift=4)
    yield "zip-first-signature-broken", b"QK" + zip_of(VIRUS)[2:]
    yield "zip-large-offsets", zip_of(VIRUS, shift=100_000)
    yield "zip-nine-thousand-members", zip_of(*(Member(b"x", b"%d" % number) for number in range(9_000)), VIRUS)
    yield "zip-deflate64-claimed", zip_of(Member(EICAR, method=9, packed=deflate(EICAR)))
    yield "zip-bzip2", zip_of(Member(EICAR, method=12, packed=bz2.compress(EICAR)))
    yield "zip-lzma", zip_of(Member(EICAR, method=14, packed=_zip_lzma(EICAR)))
    yield "zip-xz", zip_of(Member(EICAR, method=95, packed=lzma.compress(EICAR)))
    yield "zip-method-unknown", zip_of(Member(EICAR, method=77, packed=deflate(EICAR)))
    yield "zip-long-extra-field", zip_of(Member(EICAR, extra=b"\x34\x12\xff\x7f" + b"x" * 32_767))
    yield "zip-stored-blocks", zip_of(Member(EICAR, packed=_tiny_blocks(EICAR)))
    yield "zip-deflate-with-more-behind", zip_of(Member(EICAR, packed=deflate(EICAR) + b"x" * 99))
    yield "zip-deflate-cut", zip_of(Member(EICAR, packed=deflate(EICAR + b" " * 5)[:-1]))
    yield "zip-in-lines-of-text", zip_of(VIRUS).replace(b"PK\3\4", b"PK\3\4", 1) + b"\r\n" * 30_000


def _disagreeing() -> Iterator[tuple[str, bytes]]:
    """The header before the member and its entry in the directory say different things."""
    yield "zip-local-says-stored", zip_of(Member(EICAR, method=0, central_method=8, packed=deflate(EICAR)))
    yield "zip-central-says-stored", zip_of(Member(EICAR, method=8, central_method=0))
    yield "zip-local-name-differs", zip_of(Member(EICAR, b"picture.png", central_name=b"file.com"))
    yield "zip-crc-wrong", zip_of(Member(EICAR, crc=0))
    yield "zip-local-sizes-zero", zip_of(Member(EICAR, local_sizes=(0, 0)))
    yield "zip-central-sizes-zero", zip_of(Member(EICAR, central_sizes=(0, 0)))
    yield "zip-all-sizes-zero", zip_of(Member(EICAR, local_sizes=(0, 0), central_sizes=(0, 0)))
    yield (
        "zip-size-too-small",
        zip_of(Member(EICAR, central_sizes=(len(deflate(EICAR)), 1), local_sizes=(len(deflate(EICAR)), 1))),
    )
    yield "zip-sizes-too-large", zip_of(Member(EICAR, central_sizes=(1 << 30, 1 << 30), local_sizes=(1 << 30, 1 << 30)))
    yield "zip-packed-size-too-small", zip_of(Member(EICAR, central_sizes=(5, 68)))
    yield "zip-encrypted-in-directory-only", zip_of(Member(EICAR, central_flags=1))
    yield "zip-encrypted-in-local-only", zip_of(Member(EICAR, flags=1, central_flags=0))
    yield (
        "zip-entry-points-elsewhere",
        zip_of(Member(EICAR, is_listed=False), Member(b"harmless", b"a.txt", central_name=b"b")),
    )
    yield "zip-second-directory", zip_of(VIRUS)[:-22] + zip_of(DECOY, shift=len(zip_of(VIRUS)) - 22)
    yield "zip-strong-encryption-flag", zip_of(Member(EICAR, flags=0x40, central_flags=0))
    yield "zip-masked-headers-flag", zip_of(Member(EICAR, flags=0x2000))
    yield "zip-patched-data-flag", zip_of(Member(EICAR, flags=0x20))


def _zip_lzma(content: bytes) -> bytes:
    raw = lzma.compress(content, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "preset": 6}])
    return b"\x09\x14\5\0" + bytes([0x5D]) + struct.pack("<I", 8 << 20) + raw


def _tiny_blocks(content: bytes) -> bytes:
    """Deflate's stored blocks of one octet each."""
    blocks = [b"\0\1\0\xfe\xff" + bytes([octet]) for octet in content]
    return b"".join(blocks[:-1]) + b"\1" + blocks[-1][1:]


def _others() -> Iterator[tuple[str, bytes]]:
    inner = gzipped(EICAR)
    yield from (
        ("gzip", gzipped(inner)), ("bzip2", bz2.compress(inner)), ("xz", lzma.compress(inner)),
        ("lzma", lzma.compress(inner, lzma.FORMAT_ALONE)), ("tar", tarred(inner)), ("tar-gz", gzipped(tarred(inner))),
        ("tar-bz2", bz2.compress(tarred(inner))), ("tar-xz", lzma.compress(tarred(inner))),
        ("tar-old", _v7_tar(inner)), ("tar-gnu", tarred(inner, form=tarfile.GNU_FORMAT)),
        ("tar-ustar", tarred(inner, form=tarfile.USTAR_FORMAT)), ("rar4", made.rar4(inner)), ("rar5", made.rar5(inner)),
        ("cab", made.cab(inner)), ("cab-stored", made.cab(inner, is_packed=False)), ("lha", made.lha(inner)),
        ("7z", made.seven_zip(inner)), ("7z-deflate", _seven_zip_deflate(inner)), ("iso", made.iso(inner)),
        ("cpio", made.cpio(inner)), ("ar", made.unix_archive(inner)), ("arj", made.arj(inner)),
        ("ace", made.ace(inner)), ("rar-behind-program", b"MZ" + b"\x90" * 2000 + made.rar5(inner)),
        ("7z-behind-program", b"MZ" + b"\x90" * 2000 + made.seven_zip(inner)),
        ("cab-behind-program", b"MZ" + b"\x90" * 2000 + made.cab(inner)),
        ("rar4-behind-picture", b"\xff\xd8\xff\xe0" + b"\0" * 900 + made.rar4(inner)),
        ("iso-behind-octets", made.iso(inner) + b"\0" * 99_999),
        ("gzip-two-members", gzipped(b"harmless") + gzipped(zipped(EICAR))),
        ("gzip-crc-wrong", gzipped(inner)[:-8] + b"\0" * 8), ("gzip-cut", gzipped(inner + b" " * 9)[:-9]),
        ("gzip-without-trailer", gzipped(inner)[:-8]), ("gzip-with-octets-behind", gzipped(inner) + b"\0" * 700),
        ("gzip-with-name-and-comment", _gzip_named(inner)), ("gzip-header-crc", _gzip_named(inner, flags=2)),
        ("bzip2-two-streams", bz2.compress(b"harmless") + bz2.compress(zipped(EICAR))),
        ("xz-two-streams", lzma.compress(b"harmless") + lzma.compress(zipped(EICAR))),
        ("bzip2-sum-wrong", _damaged(bz2.compress(inner), -3)),
        ("bzip2-block-sum-wrong", _damaged(bz2.compress(inner), 11)),
        ("xz-sum-wrong", _damaged(lzma.compress(inner, check=lzma.CHECK_CRC32), -34)),
        ("lzma-end-wrong", _damaged(lzma.compress(inner, lzma.FORMAT_ALONE), -1)),
        ("gzip-end-wrong", _damaged(gzipped(inner), -9)), ("zlib", zlib.compress(inner)),
        ("film", b"CWS\x0a\0\0\1\0" + zlib.compress(inner)),
        ("apple-single", made.apple_single({9: bytes(32), 1: inner})),
        ("apple-double-resource-fork", b"\0\5\x16\7" + made.apple_single({2: inner})[4:]),
        ("macbinary", made.macbinary(inner, b"")), ("macbinary-resource-fork", made.macbinary(b"harmless", inner)),
        ("tar-second-behind-end", tarred(b"x") + tarred(inner)),
        ("tar-size-octal-spaces", _tar_spaced(inner)),
        ("tar-link-then-file", _tar_link(inner)), ("tar-cut", tarred(inner)[: 1024 + len(inner)]),
        ("tar-size-in-pax", _tar_pax_size(inner)),
    )  # fmt: skip


def _damaged(octets: bytes, place: int) -> bytes:
    damaged = bytearray(octets)
    damaged[place] ^= 0x55
    return bytes(damaged)


def _seven_zip_deflate(content: bytes) -> bytes:
    return made.seven_zip(content, coder=b"\3\4\1\x08", packed=deflate(content))


def _v7_tar(content: bytes) -> bytes:
    head = b"file.com".ljust(100, b"\0") + b"0000644\0" * 3 + b"%011o " % len(content) + b"0" * 11 + b" "
    head += b" " * 8 + b"\0" * 356
    return (
        head[:148]
        + b"%06o\0 " % sum(head)
        + head[156:]
        + content.ljust(-(-len(content) // 512) * 512, b"\0")
        + b"\0" * 1024
    )


def _tar_spaced(content: bytes) -> bytes:
    """Numbers as some programs write them: spaces before, one behind."""
    raw = bytearray(tarred(content, form=tarfile.USTAR_FORMAT))
    raw[124:136] = (b"%o " % len(content)).rjust(12)
    raw[148:156] = b" " * 8
    raw[148:156] = b"%6o\0 " % sum(raw[:512])
    return bytes(raw)


def _tar_link(content: bytes) -> bytes:
    """A link that claims a size: some programs skip that many octets, others none."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("file.com")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    raw = bytearray(file.getvalue())
    raw[156:157] = b"1"
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw[:512])
    return bytes(raw)


def _tar_pax_size(content: bytes) -> bytes:
    """The size stands in the extended header; in the plain one it is nothing."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, pax_headers={}) as archive:
        member = tarfile.TarInfo("file.com")
        member.size = len(content)
        member.pax_headers = {"size": str(len(content))}
        archive.addfile(member, io.BytesIO(content))
    raw = bytearray(file.getvalue())
    raw[1024 + 124 : 1024 + 136] = b"00000000000\0"
    raw[1024 + 148 : 1024 + 156] = b" " * 8
    raw[1024 + 148 : 1024 + 156] = b"%06o\0 " % sum(raw[1024:1536])
    return bytes(raw)


def _gzip_named(content: bytes, flags: int = 0) -> bytes:
    head = b"\x1f\x8b\x08" + bytes([0x1C | flags]) + b"\0" * 6 + struct.pack("<H", 4) + b"xtra" + b"name\0comment\0"
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF) if flags & 2 else b""
    return head + deflate(content) + struct.pack("<II", zlib.crc32(content), len(content))


def _within() -> Iterator[tuple[str, bytes]]:
    yield "twenty-zips", nested(EICAR, 20, zipped)
    yield "zip-in-gzip-in-tar-in-7z", made.seven_zip(tarred(gzipped(zipped(EICAR))))
    yield "zip-in-rar-in-cab-in-iso", made.iso(made.cab(made.rar5(gzipped(EICAR))))
    yield "mail-in-zip", zipped(attached(EICAR), "letter.eml")
    yield "mail-in-7z-in-mail", made.seven_zip(attached(made.rar4(gzipped(EICAR))), "letter.eml")
    yield "uuencode-in-zip", zipped(b"begin 644 a\n" + _uu(zipped(EICAR)) + b"`\nend\n")


def _uu(content: bytes) -> bytes:
    return b"".join(binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))


def _locked() -> Iterator[Case]:
    for where, text, head in (
        ("body", b"The password is sesame-7.\r\n", b""),
        ("body-quoted", "Passwort: \u201esesame-7\u201c\r\n".encode(), b""),
        ("subject", b"See the subject.\r\n", b"Subject: the file (password sesame-7)\r\n"),
        ("encoded-subject", b"See the subject.\r\n", b"Subject: =?utf-8?B?cGFzc3dvcmQgc2VzYW1lLTc=?=\r\n"),
        ("html", b"<p>Password:&nbsp;<b>sesame-7</b></p>", b""),
    ):
        kind = b"text/html" if where == "html" else b"text/plain; charset=utf-8"
        part = b"Content-Type: " + kind + b"\r\n\r\n" + text
        locked = zip_of(zip_crypto(EICAR, b"sesame-7"))
        letter = message(part, base64_part(locked, b"a.zip"), header=b"From: a@sender.example\r\n" + head)
        yield hidden("password", f"zip-in-{where}", letter)
    plain = attached(zip_of(zip_crypto(EICAR, b"sesame-7")), b"a.zip")
    yield hidden("password", "unknown", plain, Expect.BLOCKED)
    yield hidden("password", "rar5-names-too", attached(made.rar5(EICAR, encrypted=True)), Expect.BLOCKED)
    yield hidden("password", "rar4-file", attached(made.rar4(b"x" * 64, flags=4)), Expect.BLOCKED)
    inner = zipped(zip_of(zip_crypto(EICAR, b"unknown-word")))
    yield hidden("password", "zip-in-zip", attached(inner), Expect.BLOCKED)
    mixed = zip_of(DECOY, zip_crypto(EICAR, b"unknown-word"))
    yield hidden("password", "one-member-of-two", attached(mixed), Expect.BLOCKED)
    yield hidden("password", "zip-aes", attached(zip_of(_aes_member())), Expect.BLOCKED)
    aes = b"\x24\x06\xf1\x07\x01\x0a\x07\x13" + b"s" * 16
    locked = made.seven_zip(EICAR, coder=aes[:4] + b"\1" + b"\x02\x13\0", packed=b"\xaa" * 80)
    yield hidden("password", "7z-aes", attached(locked), Expect.BLOCKED)


def _aes_member() -> Member:
    extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8)
    return Member(b"x" * 20, method=99, flags=1, packed=b"\xaa" * 48, extra=extra)


def _blocked() -> Iterator[Case]:
    for name, content in _bombs():
        yield hidden("bomb", name, attached(content, b"big.zip"), Expect.BLOCKED)
    for name, content in (
        ("wim", b"MSWIM\0\0\0" + b"\xd0\0\0\0" + b"\0" * 300),
        ("zoo", b"ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd" + b"\0" * 99),
        ("squashfs", b"hsqs" + b"\0" * 300),
        ("vhd", b"conectix" + b"\0" * 600),
        ("vhdx", b"vhdxfile" + b"\0" * 600),
        ("vmdk", b"KDMV\1\0\0\0" + b"\0" * 600),
        ("qcow2", b"QFI\xfb\0\0\0\3" + b"\0" * 500),
        ("egg", b"EGGA\0\1" + b"\0" * 99),
        ("alz", b"ALZ\1\x0a\0\0\0" + b"\0" * 99),
        ("chm", b"ITSF\3\0\0\0`\0\0\0" + b"\0" * 200),
        ("udf", b"\0" * 32_768 + b"".join((b"\0" + mark + b"\1").ljust(2048, b"\0") for mark in (b"BEA01", b"NSR02"))),
        ("installshield", b"ISc(" + b"\0" * 99),
        ("squashfs-other-order", b"sqsh" + b"\0" * 25 + b"\4" + b"\0" * 99),
        ("cramfs", b"\x45\x3d\xcd\x28" + b"\0" * 12 + b"Compressed ROMFS" + b"\0" * 99),
        ("virtualbox", b"<<< Disk Image >>>\n".ljust(64, b"\0") + b"\x7f\x10\xda\xbe" + b"\0" * 99),
        ("ext", b"\0" * 1080 + b"\x53\xef\1\0\1\0" + b"\0" * 14 + b"\1\0\0\0" + b"\0" * 900),
        ("stuffit", b"SIT!\0\1\0\0\0\x90rLau\2" + b"\0" * 99),
        ("stuffit-5", b"StuffIt (c)1997-2001 Aladdin Systems, Inc.\r\n" + b"\0" * 99),
        ("apple-archive", b"AA01\x20\0TYP1DPATP\0\0" + b"\0" * 99),
        ("apple-archive-encrypted", b"AEA1\0\0\0\0" + b"\0" * 99),
        ("dmg-encrypted", b"encrcdsa\0\0\0\2" + b"\0" * 99),
        ("lzop", b"\x89LZO\0\r\n\x1a\n\x10\x40" + b"\0" * 99),
        ("pack", b"\x1f\x1e\0\0\0\x44\x08" + b"\1" * 99),
        ("zpaq", b"7kSt\xa0\x31\x83\xd3\x8c\xb2\x28\xb0\xd3zPQ\2\1" + b"\0" * 99),
        ("outlook-folders", b"!BDN\1\2\3\4SM\x17\0\x13\0\1\1" + b"\0" * 999),
        ("outlook-express-folder", b"\xcf\xad\x12\xfe\xc5\xfd\x74\x6f" + b"\0" * 999),
        ("dmg", b"\0" * 2048 + b"koly\0\0\0\4\0\0\2\0" + b"\0" * 500),
    ):
        yield hidden("unread", name, attached(content, b"disk." + name.encode()), Expect.BLOCKED)


def _bombs() -> Iterator[tuple[str, bytes]]:
    piece = bytes(30 << 20)
    packed = deflate(piece)
    stored_sizes = (len(packed), len(piece))
    yield "zip-flat", zip_of(*(Member(piece, b"%d" % number, packed=packed) for number in range(10)))
    yield "gzip", gzipped(piece) * 10
    yield (
        "zip-overlapping",
        zip_of(
            Member(piece, b"0", packed=packed),
            *(Member(b"", b"%d" % number, offset=0, central_sizes=stored_sizes, packed=b"") for number in range(1, 40)),
        ),
    )
    yield "zip-overlapping-quoted", overlapping_zip(piece, 12)
    kernel = zip_of(Member(piece, packed=packed))
    yield "zip-of-zips", zip_of(*(Member(kernel, b"%d.zip" % number, method=0) for number in range(16)))
    yield (
        "zip-of-different-zips",
        zip_of(*(Member(kernel + b"%d" % number, b"%d.zip" % number, method=0) for number in range(16))),
    )
    yield "gzip-of-gzip", gzipped(gzipped(piece) * 10)
    yield "zip-twenty-one-levels", nested(EICAR, 21, zipped)
    yield "zip-of-twenty-thousand", zip_of(*(Member(b"%d" % number, b"%d" % number) for number in range(20_000)))
    yield "xz", lzma.compress(piece, preset=1) * 10
    yield "bzip2", bz2.compress(piece) * 10
    yield "rar-of-gzip", made.rar5(gzipped(piece) * 10)
