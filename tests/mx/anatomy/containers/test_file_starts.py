"""What begins like a file."""

import pytest

from mx.anatomy.containers.file_starts import begins_like_a_file
from tests.contracts.mail import EICAR, gzipped, zipped


@pytest.mark.parametrize(
    "octets",
    [
        b"MZ\x90",
        zipped(b"x"),
        gzipped(b"x"),
        b"%PDF-1.4",
        b"{\\rtf1",
        b"\xd0\xcf\x11\xe0\xa1",
        b"<script>",
        b"\n <HTML>",
        b"\x7fELF",
        b"L\0\0\0\1\x14\2\0",
        EICAR,
        b"MIME-Version: 1.0",
        b"begin 644 a",
        b"@echo off",
        b"LZIP\1\x0c",
        b"xx-lh5-",
        b"1234567**ACE**",
        b"\x04\x22\x4d\x18",
        b"!<arch>\ndebian",
        b"conectix",
        b"\x30\x82\1\0\x06\x09\x2a\x86\x48",
    ],
)
def test_files(octets: bytes) -> None:
    """Programs, archives, documents, scripts, messages."""
    assert begins_like_a_file(octets)


@pytest.mark.parametrize("octets", [b"", b"q 1 0 0 1 0 0 cm", b"\xff\xd8\xff\xe0", b"\0\1\0\0", b"a MZ", b"/CIDInit"])
def test_others(octets: bytes) -> None:
    """Pages, pictures, fonts."""
    assert not begins_like_a_file(octets)
