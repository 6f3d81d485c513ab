"""True types: by the octets alone, the formats that rules ask for; and that what looks a little like one is none."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.true_type import ARCHIVES, PROGRAMS, true_type_of
from tests.contracts.mail import tarred, zipped

PE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(100)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


def office(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, name * 50)
    return file.getvalue()


def stored(mimetype: str) -> bytes:
    """A zip whose first member is a stored `mimetype`, as ODF and EPUB ask for."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        archive.writestr("content.xml", "<x/>")
    return file.getvalue()


KNOWN = [
    (PE, "application/vnd.microsoft.portable-executable"),
    (b"MZ" + bytes(200), "application/x-dosexec"),
    (b"MZ are two letters that a text may begin with, and it goes on for more than a header's length.", ""),
    (b"\x7fELF\2\1\1", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe\7", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe\0\0\0\2", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe\0\0\0\x34", "application/java-vm"),
    (b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F", "application/x-ms-shortcut"),
    (b"[InternetShortcut]\r\nURL=http://a.example/\r\n", "application/x-mswinurl"),
    (OLE + bytes.fromhex("84100c0000000000c000000000000046"), "application/x-msi"),
    (OLE + "WordDocument".encode("utf-16-le"), "application/msword"),
    (OLE, "application/x-ole-storage"),
    (b"PK\5\6" + bytes(18), "application/zip"),
    (zipped(b"x"), "application/zip"),
    (office("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (office("word/document.xml", "word/vbaProject.bin"), "application/vnd.ms-word.document.macroenabled.12"),
    (office("xl/workbook.bin"), "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    (office("META-INF/MANIFEST.MF", "A.class"), "application/java-archive"),
    (office("AndroidManifest.xml", "classes.dex", "META-INF/MANIFEST.MF"), "application/vnd.android.package-archive"),
    (stored("application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
    (tarred(b"x"), "application/x-tar"),
    (bytes(32769) + b"CD001" + bytes(2048), "application/x-iso9660-image"),
    (bytes(3000) + b"koly" + bytes(508), "application/x-apple-diskimage"),
    (b"%PDF-1.7\n", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\0\0\0\x18ftypmp42", "video/mp4"),
    (b"#!/bin/sh\n", "application/x-shellscript"),
    (b"@ECHO OFF\r\ndel x\r\n", "application/x-bat"),
    (b"Windows Registry Editor Version 5.00\r\n", "text/x-registry"),
    (b"\xff\xfe" + "Windows Registry Editor Version 5.00".encode("utf-16-le"), "text/x-registry"),
    (b"#@~^AQAAAA==", "text/vbscript.encode"),
    (b"\xef\xbb\xbf <!-- x -->\r\n<!DOCTYPE html><html>", "text/html"),
    (b"<html><head><HTA:APPLICATION id=x></head>", "application/hta"),
    (b'<?xml version="1.0"?><package><job><script language="VBScript">', "text/scriptlet"),
    (b'<?xml version="1.0"?><package xmlns="http://www.idpf.example/2007/opf"><metadata/></package>', "text/xml"),
    (b"<?xml version='1.0'?><a/>", "text/xml"),
    (b"Good morning.\r\n", ""),
    (b"", ""),
]


@pytest.mark.parametrize(("content", "media_type"), KNOWN)
def test_octets_say_what_they_are(content: bytes, media_type: str) -> None:
    """Wherever they lie in a larger whole."""
    assert true_type_of(whole(content)) == media_type
    within = Stretch(b"\0MZ\0" + content + b"PE\0\0koly" + bytes(508), 4, 4 + len(content))
    assert true_type_of(within) == media_type


def test_what_is_named_as_a_program_or_an_archive_can_be_found() -> None:
    """A type in these sets that nothing is ever found to be would be a rule that never fits."""
    found = {media_type for _, media_type in KNOWN}
    assert {"application/x-msi", "application/x-ms-shortcut", "text/x-registry"} <= found & PROGRAMS
    assert {"application/zip", "application/x-iso9660-image"} <= found & ARCHIVES


@given(st.binary(max_size=700), st.sampled_from([known[:12] for known, _ in KNOWN]))
def test_any_octets_have_a_type_or_none(rest: bytes, beginning: bytes) -> None:
    """Never raises, and a media type is a media type."""
    found = true_type_of(whole(beginning + rest))
    assert found == "" or found.count("/") == 1
