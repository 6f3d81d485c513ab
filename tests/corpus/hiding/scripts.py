"""Scripts and their like: files that they put together from pieces, lists, dumps and escapes of their own."""

import base64
import zlib
from collections.abc import Iterator

from tests.contracts.mail import EICAR, attached, base64_part, gzipped, message, text_part
from tests.corpus.case import Case, Expect, hidden
from tests.corpus.formats.zips import Member, deflate, zip_of
from tests.corpus.hiding.undeclared import uuencoded
from tests.corpus.letter import HEAD, encode_base64

ROOM = "script"
PACKED = gzipped(EICAR)
LETTERS = base64.b64encode(PACKED)
_SHORTCUT = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + b"\0" * 56


def cases() -> Iterator[Case]:
    """All of them."""
    for name, file_name, script in (*_pieces(), *_lists(), *_dumps(), *_behind()):
        yield hidden(ROOM, name, message(text_part(), base64_part(script, file_name)))
    for name, text in _with_nuls():
        yield hidden("nul", name, HEAD.replace(b"%b", name.encode()) + b"\r\n" + text)
    stored = Member(EICAR, method=0, packed=deflate(EICAR))
    yield hidden(ROOM, "zip-stored-is-deflated", attached(zip_of(stored), b"report.zip"))
    for name in (b"report.7z.002", b"report.zip.003", b"report.z02"):
        later = attached(bytes(range(128, 256)) * 20, name)
        yield hidden(ROOM, f"volume-{name.decode()}", later, Expect.BLOCKED)


def _by(size: int, joint: bytes) -> bytes:
    return joint.join(LETTERS[at : at + size] for at in range(0, len(LETTERS), size))


def _script(code: bytes) -> bytes:
    return b"<html><script>\n" + code + b"\n</script></html>"


def _pieces() -> Iterator[tuple[str, bytes, bytes]]:
    yield "appended", b"a.html", _script(b"var b='';\nb+='" + _by(16, b"';\nb+='") + b"';atob(b)")
    yield "letters-in-a-list", b"a.html", _script(b"atob(['" + _by(1, b"','") + b"'].join(''))")
    yield "comments-between", b"a.html", _script(b"atob('" + _by(10, b"'/*x*/+/*y*/'") + b"')")
    yield "continued-lines", b"a.html", _script(b'atob("' + _by(20, b"\\\n") + b'")')
    named = b",".join(b'k%d:"%b"' % (at, LETTERS[at : at + 20]) for at in range(0, len(LETTERS), 20))
    yield "values-of-an-object", b"a.html", _script(b"var b={" + named + b"};")
    yield "taken-out", b"a.html", _script(b'atob("' + _by(6, b"@@") + b'".replace(/@@/g,""))')
    yield "in-an-attribute", b"a.html", b'<body onload="go(&quot;' + _by(12, b"&quot;+&quot;") + b'&quot;)">'
    written = EICAR.replace(b"\\", b"\\\\")
    yield (
        "plain-text-in-pieces",
        b"a.html",
        _script(b'"' + b'"+"'.join((written[:9], written[9:30], written[30:50], written[50:])) + b'"'),
    )
    yield "plain-text-in-references", b"a.html", b"<pre>" + b"".join(b"&#%d;" % octet for octet in EICAR) + b"</pre>"
    yield "visual-basic", b"a.vbs", b'x=""\r\nx = x & "' + _by(30, b'"\r\nx = x & "') + b'"\r\n'
    yield "batch-echo", b"a.bat", b"@echo off\r\necho " + _by(40, b">>x\r\necho ") + b">>x\r\ncertutil -decode x y\r\n"
    lines = enumerate(LETTERS[at : at + 40] for at in range(0, len(LETTERS), 40))
    yield "batch-set", b"a.bat", b"".join(b"set a%d=%b\r\n" % each for each in lines)
    yield "format-operator", b"a.ps1", b"$b='{1}{0}' -f '" + LETTERS[60:] + b"','" + LETTERS[:60] + b"'"


def _lists() -> Iterator[tuple[str, bytes, bytes]]:
    yield "bytes-of-powershell", b"a.ps1", b"[byte[]]$b=" + b",".join(b"%d" % octet for octet in PACKED)
    yield "casts-of-powershell", b"a.ps1", b"$b=" + b"+".join(b"[char]%d" % octet for octet in EICAR)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = base64.b64encode(packer.compress(EICAR) + packer.flush())
    yield "deflate-of-powershell", b"a.ps1", b'$b="' + raw + b'";New-Object IO.Compression.DeflateStream'
    yield "calls-of-visual-basic", b"a.vbs", b"x=" + b" & ".join(b"Chr(%d)" % octet for octet in EICAR)
    yield "calls-in-hexadecimal", b"a.vbs", b"x=" + b"&".join(b"ChrW(&H%X)" % octet for octet in EICAR)
    yield "calls-with-a-key", b"a.vbs", b"x=" + b"&".join(b"Chr(%d-3)" % (octet + 3) for octet in EICAR)
    yield "split-of-visual-basic", b"a.vbs", b'a=Split("' + b" ".join(b"%d" % octet for octet in PACKED) + b'"," ")'
    yield "digits-of-visual-basic", b"a.vbs", b'x="' + PACKED.hex().encode() + b'"'
    file = b"MZ\x90\0" + EICAR
    yield "key-added", b"a.html", _script(b"[" + b",".join(b"%d" % (octet + 7) for octet in file) + b"].map(x=>x-7)")
    yield "key-xored", b"a.html", _script(b"[" + b",".join(b"%d" % (octet ^ 90) for octet in file) + b"].map(x=>x^90)")
    yield "escapes-of-python", b"a.py", b'b=b"' + b"".join(b"\\x%02x" % octet for octet in PACKED) + b'"'
    yield "escapes-of-a-shell", b"a.sh", b"printf '" + b"".join(b"\\%03o" % octet for octet in PACKED) + b"' > x"
    rows = b",\\\r\n  ".join(PACKED[at : at + 20].hex(",").encode() for at in range(0, len(PACKED), 20))
    registry = b'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\x]\r\n"a"=hex(2):' + rows + b"\r\n"
    yield "registry", b"a.reg", registry
    yield "registry-utf-16", b"a.reg", registry.decode().encode("utf-16")


def _dumps() -> Iterator[tuple[str, bytes, bytes]]:
    rows = [(at, PACKED[at : at + 16]) for at in range(0, len(PACKED), 16)]
    intel = [bytes([len(row), at >> 8, at & 255, 0]) + row for at, row in rows]
    records = b"".join(b":%b%02X\r\n" % (row.hex().upper().encode(), -sum(row) & 255) for row in intel)
    yield "intel-hex", b"a.hex", records + b":00000001FF\r\n"
    motorola = [bytes([len(row) + 3, at >> 8, at & 255]) + row for at, row in rows]
    records = b"".join(b"S1%b%02X\r\n" % (row.hex().upper().encode(), ~sum(row) & 255) for row in motorola)
    yield "s-records", b"a.s19", records + b"S9030000FC\r\n"
    yield "xxd", b"a.txt", b"".join(b"%08x: %b  ....\n" % (at, row.hex(" ", 2).encode()) for at, row in rows)
    yield "hexdump", b"a.txt", b"".join(b"%08x  %b  |....|\n" % (at, row.hex(" ").encode()) for at, row in rows)
    yield "batch-digits", b"a.bat", b"".join(b"echo %b>>x\r\n" % row.hex(" ").encode() for _, row in rows)
    yield "postscript", b"a.eps", b"%!PS\ncurrentfile /ASCII85Decode filter\n" + base64.a85encode(PACKED) + b"~>\n"


def _behind() -> Iterator[tuple[str, bytes, bytes]]:
    yield "shell-archive", b"a.run", b"#!/bin/sh\ntail -n +3 $0 | tar xz\n" + PACKED
    quoted = b"".join(b"X" + line for line in uuencoded(PACKED).splitlines(keepends=True))
    yield "shell-archive-uuencoded", b"a.shar", b"#!/bin/sh\nsed 's/^X//' <<'EOF' | uudecode\n" + quoted + b"EOF\n"
    yield "shortcut-arguments", b"a.lnk", _SHORTCUT + ("powershell -enc " + LETTERS.decode()).encode("utf-16-le")
    yield "shortcut-with-a-page", b"a.lnk", _SHORTCUT + _script(b'var b="' + LETTERS + b'"')


def _with_nuls() -> Iterator[tuple[str, bytes]]:
    """NULs in a text, which some programs leave out and others stop at."""
    uu = uuencoded(PACKED)
    yield "before-uuencode", b"Good\0 morning.\r\n\r\n" + uu
    yield "at-uuencode", uu.replace(b"begin", b"\0begin")
    yield "within-uuencode", b"Good morning.\r\n" + uu.replace(b"\r\n", b"\0\r\n")
    yield "before-base64", b"Good\0 morning.\r\n\r\n" + encode_base64(PACKED * 2)
    yield "far-before-uuencode", b"words \r\n" * 900 + b"\0\r\n\r\n" + uu
    yield "two-spaces-for-a-mode", uuencoded(PACKED).replace(b"begin 644 ", b"begin  ")
    yield "long-mode", uuencoded(PACKED, mode=b"0100644")
