"""What nothing declares: uuencode, yEnc, BinHex and base64 in plain text; files within HTML, calendars and cards."""

import base64
import binascii
import codecs
from collections.abc import Iterator

from tests.contracts.mail import EICAR, base64_part, gzipped, message, text_part
from tests.corpus.case import Case, hidden
from tests.corpus.formats.zips import zipped
from tests.corpus.letter import HEAD, encode_base64, encode_quoted

PACKED = gzipped(EICAR)
LETTERS = base64.b64encode(PACKED)


def cases() -> Iterator[Case]:
    """All of them."""
    for room, found in (("text", _texts()), ("html", _html()), ("charset", _charsets()), ("card", _cards()),
                        ("text", _valued())):  # fmt: skip
        for name, content in found:
            yield hidden(room, name, content)


def _plain(text: bytes, mark: bytes = b"text") -> bytes:
    return HEAD.replace(b"%b", mark) + b"\r\n" + text


def uuencoded(octets: bytes, *, grave: bool = True, mode: bytes = b"644", name: bytes = b"file.com") -> bytes:
    """The octets as uuencode writes them."""
    lines = [binascii.b2a_uu(octets[at : at + 45], backtick=grave).strip(b"\n") for at in range(0, len(octets), 45)]
    return b"\r\n".join((b"begin " + mode + b" " + name, *lines, b"`" if grave else b" ", b"end", b""))


def yenc(octets: bytes, name: bytes = b"file.com") -> bytes:
    """The octets as yEnc writes them."""
    out, column = bytearray(), 0
    for octet in octets:
        shifted = (octet + 42) & 0xFF
        written = bytes([61, (shifted + 64) & 0xFF]) if shifted in (0, 10, 13, 61, 46) else bytes([shifted])
        out += written
        column += len(written)
        if column >= 128:
            out += b"\r\n"
            column = 0
    head = b"=ybegin line=128 size=%d name=%b\r\n" % (len(octets), name)
    return head + bytes(out) + b"\r\n=yend size=%d crc32=%08x\r\n" % (len(octets), binascii.crc32(octets))


_HQX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def binhex(octets: bytes, name: bytes = b"file.com") -> bytes:
    """The octets as BinHex 4.0 writes a file's data fork."""
    head = bytes([len(name)]) + name + b"\0TEXTttxt\0\0" + len(octets).to_bytes(4, "big") + b"\0\0\0\0"

    def summed(piece: bytes) -> bytes:
        return piece + binascii.crc_hqx(piece, 0).to_bytes(2, "big")

    raw = (summed(head) + summed(octets) + summed(b"")).replace(b"\x90", b"\x90\0")
    raw += b"\0" * (-len(raw) % 3)
    bits = "".join(f"{octet:08b}" for octet in raw)
    text = b":" + bytes(_HQX[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6)) + b":"
    lines = b"\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n" + lines + b"\r\n"


def _texts() -> Iterator[tuple[str, bytes]]:
    uu = uuencoded(PACKED)
    yield "uuencode", _plain(b"See below.\r\n\r\n" + uu)
    yield "uuencode-at-once", _plain(uu)
    yield "uuencode-behind-mark", message(base64_part(codecs.BOM_UTF8 + uu, b"a.txt", b"text/plain"))
    yield "uuencode-spaces-for-graves", _plain(uuencoded(PACKED, grave=False))
    yield "uuencode-no-end", _plain(uu.replace(b"\r\nend", b""))
    yield "uuencode-mode-0", _plain(uuencoded(PACKED, mode=b"0000"))
    yield "uuencode-odd-mode", _plain(uuencoded(PACKED, mode=b"64"))
    yield "uuencode-no-name", _plain(uuencoded(PACKED, name=b""))
    yield "uuencode-name-with-spaces", _plain(uuencoded(PACKED, name=b"my file.com"))
    yield "uuencode-trailing-spaces", _plain(uu.replace(b"\r\n", b"  \r\n"))
    yield "uuencode-lines-cut", _plain(uuencoded(PACKED, grave=False).replace(b" \r\n", b"\r\n"))
    yield "uuencode-quoted", _plain(b"> " + uu.replace(b"\r\n", b"\r\n> "))
    yield "uuencode-in-part", message(text_part(b"See:\r\n" + uu))
    yield "uuencode-in-html", message(b"Content-Type: text/html\r\n\r\n<pre>\r\n" + uu + b"</pre>")
    yield "uuencode-second-block", _plain(uuencoded(b"harmless", name=b"a.txt") + b"\r\n" + uu)
    yield "uuencode-declared", _plain_with(b"x-uuencode", uu)
    yield "uuencode-declared-without-begin", _plain_with(b"x-uuencode", b"\r\n".join(uu.split(b"\r\n")[1:]))
    yield "uuencode-declared-as-uue", _plain_with(b"x-uue", uu)
    yield (
        "uuencode-declared-oddly-without-begin",
        message(b"Content-Transfer-Encoding: x-uuencoding\r\n\r\n" + b"\r\n".join(uu.split(b"\r\n")[1:])),
    )
    yield "uuencode-base64-kind", _plain(b"begin-base64 644 file.com\r\n" + encode_base64(PACKED) + b"====\r\n")
    yield "uuencode-in-preamble", message(text_part()).replace(b"\r\n\r\n--b1", b"\r\n\r\n" + uu + b"--b1", 1)
    yield "uuencode-in-epilogue", message(text_part()) + uu
    yield "xxencode", _plain(_xxencoded(PACKED))
    yield "yenc", _plain(yenc(PACKED))
    yield "yenc-in-part", message(text_part(b"See:\r\n\r\n" + yenc(PACKED)))
    yield "yenc-declared", _plain_with(b"x-yenc", yenc(PACKED))
    yield "yenc-no-end", _plain(yenc(PACKED).partition(b"=yend")[0])
    yield (
        "yenc-in-parts",
        _plain(
            yenc(PACKED)
            .replace(b"=ybegin ", b"=ybegin part=1 ")
            .replace(b"com\r\n", b"com\r\n=ypart begin=1 end=%d\r\n" % len(PACKED), 1)
        ),
    )
    yield "binhex", _plain(binhex(PACKED))
    yield "binhex-declared", message(b"Content-Type: application/mac-binhex40\r\n\r\n" + binhex(PACKED))
    yield "binhex-declared-as-encoding", _plain_with(b"x-binhex", binhex(PACKED))
    yield "binhex-without-first-line", _plain(binhex(PACKED).partition(b"\r\n\r\n")[2])
    yield "base64-block", _plain(encode_base64(PACKED))
    yield "base64-block-after-text", _plain(b"Here it is.\r\n\r\n" + encode_base64(PACKED))
    yield "base64-block-in-part", message(text_part(encode_base64(PACKED)))
    yield "base64-pem", _plain(b"-----BEGIN FILE-----\r\n" + encode_base64(PACKED) + b"-----END FILE-----\r\n")
    yield "base64-block-one-line", _plain(LETTERS + b"\r\n")
    yield "quoted-printable-undeclared", _plain(encode_quoted(EICAR))
    yield "pgp-armour-not-encrypted", _plain(_armour(PACKED))
    yield "pgp-clear-signed", _plain(b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n" + uu)
    yield "message-as-text", _plain(b"----- Original Message -----\r\n" + message(text_part(), base64_part(PACKED)))


def _plain_with(encoding: bytes, body: bytes) -> bytes:
    return HEAD.replace(b"%b", encoding) + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body


def _xxencoded(octets: bytes) -> bytes:
    from_uu = bytes(range(32, 97)).replace(b"`", b"")
    to_xx = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    lines = uuencoded(octets, grave=False).split(b"\r\n")
    table = bytes.maketrans(from_uu[:64], to_xx)
    return b"\r\n".join((lines[0], *(line.translate(table) for line in lines[1:-2]), *lines[-2:]))


def _armour(octets: bytes) -> bytes:
    """A PGP message with a literal packet: armour, but nothing is encrypted."""
    literal = b"b\x08file.com\0\0\0\0" + octets
    packet = b"\xcb\xff" + len(literal).to_bytes(4, "big") + literal
    return b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + encode_base64(packet) + b"-----END PGP MESSAGE-----\r\n"


def _page(body: bytes) -> bytes:
    return message(
        text_part(), b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>" + body + b"</body></html>\r\n"
    )


def _lines(size: int, between: bytes) -> bytes:
    return between.join(LETTERS[at : at + size] for at in range(0, len(LETTERS), size))


def _values() -> Iterator[tuple[str, bytes]]:
    """Texts of other kinds in which a value is a file."""
    yield "json", b'{"name":"a.gz","content":"' + LETTERS.replace(b"/", b"\\/").replace(b"=", b"\\u003d") + b'"}'
    yield "ldif", b"dn: cn=a\r\nobjectClass: person\r\njpegPhoto:: " + _lines(60, b"\r\n ") + b"\r\n"
    yield "csv", b"name,content\r\na.gz," + LETTERS + b"\r\n"
    yield "yaml", b"files:\r\n  a.gz: " + LETTERS + b"\r\n"
    yield "toml", b'content = "' + LETTERS + b'"\r\n'
    yield "batch", b"@echo off\r\necho " + LETTERS + b" > a.b64\r\ncertutil -decode a.b64 a.gz\r\n"
    yield "powershell", b"[IO.File]::WriteAllBytes('a',[Convert]::FromBase64String('" + LETTERS + b"'))\r\n"
    yield "visual-basic", b'x = "' + _lines(20, b'" & _\r\n    "') + b'"\r\n'
    yield "javascript-joined", b"var x='" + _lines(9, b"'+'") + b"';\r\n"
    yield "javascript-numbers", b"var x=[" + b",".join(b"%d" % each for each in PACKED) + b"];\r\n"
    yield "sql", b"INSERT INTO t VALUES (0x" + PACKED.hex().encode() + b");\r\n"
    yield "digits", PACKED.hex().encode() + b"\r\n"
    yield "xml-of-short-last-line", b"<w:binData>\r\n" + encode_base64(PACKED) + b"</w:binData>\r\n"
    yield "xml-entities", b"<a><b>" + b"".join(b"&#%d;" % each for each in LETTERS) + b"</b></a>\r\n"


def _valued() -> Iterator[tuple[str, bytes]]:
    for name, content in _values():
        yield name, message(text_part(), base64_part(content, b"a.txt"))


def _html() -> Iterator[tuple[str, bytes]]:
    url = b"data:application/zip;base64," + LETTERS
    yield "data-url-link", _page(b'<a href="' + url + b'">Report</a>')
    yield "data-url-download", _page(b'<a download=a.zip href="' + url + b'">Report</a>')
    yield "data-url-single-quotes", _page(b"<a href='" + url + b"'>Report</a>")
    yield "data-url-no-quotes", _page(b"<a href=" + url + b">Report</a>")
    yield "data-url-no-type", _page(b'<a href="data:;base64,' + LETTERS + b'">Report</a>')
    yield "data-url-parameters", _page(b'<a href="data:text/html;charset=utf-8;x=y;base64,' + LETTERS + b'">Report</a>')
    yield (
        "data-url-percent",
        _page(b'<a href="data:application/zip,' + b"".join(b"%%%02x" % each for each in PACKED) + b'">R</a>'),
    )
    yield (
        "data-url-percent-base64",
        _page(b'<a href="data:application/zip;base64,' + LETTERS.replace(b"A", b"%41") + b'">R</a>'),
    )
    yield "data-url-upper-case", _page(b'<a href="DATA:application/zip;BASE64,' + LETTERS + b'">R</a>')
    yield (
        "data-url-line-breaks",
        _page(b'<a href="data:application/zip;base64,\r\n' + encode_base64(PACKED) + b'">R</a>'),
    )
    yield (
        "data-url-entities",
        _page(b'<a href="data&#58;application/zip;base64&#x2c;' + LETTERS.replace(b"A", b"&#65;") + b'">R</a>'),
    )
    yield "data-url-in-object", _page(b'<object data="' + url + b'"></object>')
    yield (
        "data-url-in-frame",
        _page(
            b'<iframe src="data:text/html;base64,' + base64.b64encode(b'<a href="' + url + b'">x</a>') + b'"></iframe>'
        ),
    )
    yield "data-url-in-style", _page(b"<style>p{background:url(" + url + b")}</style>")
    yield "script-atob", _page(b'<script>var f=atob("' + LETTERS + b'");</script>')
    yield (
        "script-joined",
        _page(
            b"<script>var f=atob('"
            + b"'+'".join(LETTERS[at : at + 20] for at in range(0, len(LETTERS), 20))
            + b"');</script>"
        ),
    )
    yield (
        "script-array-of-numbers",
        _page(b"<script>new Blob([new Uint8Array([" + b",".join(b"%d" % each for each in PACKED) + b"])])</script>"),
    )
    yield (
        "script-array-of-hex",
        _page(b"<script>new Uint8Array([" + b", ".join(b"0x%02x" % each for each in PACKED) + b"])</script>"),
    )
    yield "script-hex-string", _page(b'<script>var f="' + PACKED.hex().encode() + b'";</script>')
    yield "script-escapes", _page(b'<script>var f="' + b"".join(b"\\x%02x" % each for each in PACKED) + b'";</script>')
    yield (
        "script-unicode-escapes",
        _page(b'<script>var f="' + b"".join(b"\\u%04x" % each for each in PACKED) + b'";</script>'),
    )
    yield "script-template", _page(b"<script>var f=`" + encode_base64(PACKED) + b"`;</script>")
    yield "script-template-of-short-lines", _page(b"<script>atob(`" + _lines(12, b"\r\n") + b"`)</script>")
    yield "script-letters-with-spaces", _page(b"<script>atob('" + _lines(5, b" ") + b"')</script>")
    yield (
        "script-code-points",
        _page(b'<script>var f="' + b"".join(b"\\u{%x}" % each for each in PACKED) + b'";</script>'),
    )
    yield "script-octal", _page(b'<script>var f="' + b"".join(b"\\%o" % each for each in PACKED) + b'";</script>')
    yield "script-comments-between", _page(b"<script>atob('" + _lines(20, b"'/*x*/+/*y*/'") + b"')</script>")
    yield "script-escapes-among-letters", _page(b"<script>atob('" + LETTERS.replace(b"A", b"\\x41") + b"')</script>")
    yield "script-variables", _page(b"<script>var a='" + _lines(40, b"';var b='") + b"';go(atob(a+b))</script>")
    yield "script-elements", _page(b"<i hidden>" + _lines(41, b"</i><i hidden>") + b"</i><script>go(atob(x))</script>")
    yield "script-pushes", _page(b"<script>a.push('" + _lines(30, b"');a.push('") + b"');atob(a.join(''))</script>")
    numbers = [b"%d" % each for each in PACKED]
    yield "script-numbers-with-spaces", _page(b"<script>'" + b" ".join(numbers) + b"'.split(' ')</script>")
    yield "script-digits-with-colons", _page(b"<script>'" + PACKED.hex(":").encode() + b"'.split(':')</script>")
    yield "script-call-for-each-sign", _page(b"<script>" + b"+".join(b"chr(%b)" % each for each in numbers))
    shifted = b'<meta charset="iso-2022-jp"><a href="d\x1b(Bata:;base64,' + _lines(9, b"\x1b(B") + b'">R</a>'
    yield "charset-in-page", message(text_part(), base64_part(shifted, b"report.html", b"text/html"))
    yield "data-url-tab-in-scheme", _page(b'<a href="d\tata:application/zip;base64,' + _lines(20, b"\n") + b'">R</a>')
    yield "hidden-element", _page(b'<div id="f" hidden>' + LETTERS + b"</div><script>go(f)</script>")
    yield "attribute-value", _page(b'<div data-file="' + LETTERS + b'"></div>')
    yield "in-comment", _page(b"<!-- " + LETTERS + b" -->")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>atob("' + LETTERS + b'")</script></svg>'
    yield "svg-attached", message(text_part(), base64_part(svg, b"picture.svg", b"image/svg+xml"))
    page = b'<html><script>atob("' + LETTERS + b'")</script></html>'
    yield "html-attached", message(text_part(), base64_part(page, b"report.html", b"text/html"))
    yield "html-as-octet-stream", message(text_part(), base64_part(page, b"report.htm"))
    yield "html-in-zip", message(text_part(), base64_part(zipped(page, "report.html"), b"report.zip"))
    yield "html-without-tags-first", message(text_part(), base64_part(b"\r\n" * 500 + page, b"report.shtml"))
    yield (
        "xhtml-attached",
        message(text_part(), base64_part(b"<?xml version='1.0'?>" + page, b"report.xhtml", b"application/xhtml+xml")),
    )


def _charsets() -> Iterator[tuple[str, bytes]]:
    page = '<html><a href="data:application/zip;base64,' + LETTERS.decode() + '">Report</a></html>'
    for name, octets, charset in (
        ("utf-16-le", codecs.BOM_UTF16_LE + page.encode("utf-16-le"), b"utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE + page.encode("utf-16-be"), b"utf-16be"),
        ("utf-16-undeclared", codecs.BOM_UTF16_LE + page.encode("utf-16-le"), b"us-ascii"),
        ("utf-16-without-mark", page.encode("utf-16-le"), b"utf-16le"),
        ("utf-32", page.encode("utf-32"), b"utf-32"),
        ("utf-7", page.replace("<", "+ADw-").replace(">", "+AD4-").encode(), b"utf-7"),
        ("ebcdic", page.encode("cp500"), b"ibm500"),
        ("iso-2022-jp", b"\x1b(J" + page.encode(), b"iso-2022-jp"),
        ("iso-2022-jp-within", page.replace("a:", "\x1b(Ba:").encode(), b"iso-2022-jp-2"),
        ("hz-within", page.replace("ata", "~\na~\nta").encode(), b"hz-gb-2312"),
    ):
        part = base64_part(octets, b"report.html", b"text/html; charset=" + charset)
        yield "html-" + name, message(text_part(), part)
    text = uuencoded(PACKED).decode()
    yield "uuencode-utf-16", message(base64_part(text.encode("utf-16"), b"a.txt", b"text/plain; charset=utf-16"))


def _cards() -> Iterator[tuple[str, bytes]]:
    folded = b"\r\n ".join(LETTERS[at : at + 70] for at in range(0, len(LETTERS), 70))
    event = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n%b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    attach = b"ATTACH;FMTTYPE=application/zip;ENCODING=BASE64;VALUE=BINARY:" + folded
    calendar = b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"
    yield "calendar-attach", message(text_part(), calendar + event.replace(b"%b", attach))
    yield (
        "calendar-attach-lower-case",
        message(text_part(), calendar + event.replace(b"%b", attach.replace(b"ATTACH", b"attach"))),
    )
    url = b"ATTACH:data:application/zip;base64," + folded
    bare = b"ATTACH;VALUE=BINARY:" + folded
    yield "calendar-attach-without-encoding", message(text_part(), calendar + event.replace(b"%b", bare))
    yield "calendar-data-url", message(text_part(), calendar + event.replace(b"%b", url))
    yield "calendar-attached", message(text_part(), base64_part(event.replace(b"%b", attach), b"invite.ics"))
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\n%b\r\nEND:VCARD\r\n"
    photo = b"PHOTO;ENCODING=b;TYPE=PNG:" + folded
    part = b"Content-Type: text/vcard\r\n\r\n"
    yield "card-photo", message(text_part(), part + card.replace(b"%b", photo))
    old = b"LOGO;BASE64:\r\n  " + folded + b"\r\n"
    yield "card-old-form", message(text_part(), part.replace(b"text/vcard", b"text/x-vcard") + card.replace(b"%b", old))
    quoted = b"NOTE;ENCODING=QUOTED-PRINTABLE:" + encode_quoted(EICAR).replace(b"\r\n", b"")
    yield "card-quoted-printable", message(text_part(), part + card.replace(b"%b", quoted))
    yield (
        "card-four-data-url",
        message(text_part(), part + card.replace(b"%b", b"SOUND:data:application/zip;base64," + folded)),
    )
    yield "card-attached", message(text_part(), base64_part(card.replace(b"%b", photo), b"a.vcf", b"text/x-vcard"))
