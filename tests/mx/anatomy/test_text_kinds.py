"""What a text may carry."""

import base64
import time

import pytest

from mx.anatomy.containers.contract import whole
from mx.anatomy.text_kinds import text_kinds

LETTERS = base64.b64encode(bytes(range(200)))
PAGE = "<html><body>text</body></html>"

CARRIES = [
    (b"words\r\n" + LETTERS + b"\r\n", "", ["base64"]),
    (b"> " + LETTERS + b"\r\n", "", ["base64"]),
    (b"=58=35=4F=21", "", ["quoted-printable"]),
    (b"words\r\n=ybegin line=128 size=3 name=x\r\n", "", ["yenc"]),
    (b"begin 644 a.exe\r\n", "", ["uuencode"]),
    (b"> begin 0 \r\n", "", ["uuencode"]),
    (b"begin-base64 644 a\r\n", "", ["uuencode"]),
    (b"(This file must be converted with BinHex 4.0)\r\n", "", ["binhex"]),
    (b"begin:vcard\r\n", "", ["calendar"]),
    (b"BEGIN:VCALENDAR\r\n", "", ["calendar"]),
    (b"-----BEGIN PGP MESSAGE-----\r\n", "", ["pgp"]),
    (b'<a href="data:text/html;base64,AAAA">', "", ["html"]),
    (b"<div>" + LETTERS + b"</div>", "", ["html"]),
    (b"<SCRIPT>atob(x)", "", ["html"]),
    (b"<script>x='\\x58\\x35'", "", ["html"]),
    (b"<script>[" + b"88, " * 20 + b"0]", "", ["html"]),
    (b"<a>" + b"&#65;" * 60 + b"</a>", "", ["html"]),
    (b"<a>\r\n" + LETTERS[:24] + b"\r\n" + LETTERS[24:48] + b"\r\n</a>", "", ["html"]),
    (b'{"content":"' + LETTERS + b'"}', "", ["html"]),
    (b"jpegPhoto:: " + LETTERS[:60] + b"\r\n " + LETTERS[60:] + b"\r\n", "", ["base64", "html"]),
    (b"echo " + LETTERS + b" > a\r\n", "", ["html"]),
    (LETTERS + b"';", "", ["html"]),
    (b"x='" + b"'+'".join(LETTERS[at : at + 9] for at in range(0, 90, 9)) + b"'", "", ["html"]),
    (b"var x=[" + b"88, " * 20 + b"0];", "", ["html"]),
    (b"<script>'" + b"88 " * 40, "", ["html"]),
    (b"<script>" + b"String.fromCharCode(88)+" * 10, "", ["html"]),
    (b"<a>\x1b(B</a>", "", ["text"]),
    (b"\xef\xbb\xbfbegin 644 a.exe\r\n", "", ["uuencode"]),
    (b"f(atob('x'))", "", ["html"]),
    (b"\0words\r\n" + LETTERS + b"\r\n", "", ["base64", "text"]),
    (b"words\r\n" * 600 + b"\0\r\nbegin 644 a.exe\r\n", "", ["uuencode", "text"]),
    (b"begin 0100644 a.exe\r\n", "", ["uuencode"]),
    (b"begin  a.exe\r\n", "", ["uuencode"]),
    (b"Xbegin 644 a.exe\r\n", "", ["uuencode"]),
    (b"-- " + b"A" * 41 + b"\r\nx=atob('a');", "", ["html"]),
    (b"[byte[]]$b=" + b"88, " * 40 + b"0", "", ["html"]),
    (b'b = "' + b"\\x58" * 20 + b'"', "", ["html"]),
    (b'"a"=hex:4d,5a,90,00,03,00,00,00,04,00,\\\r\n', "", ["html"]),
    (b"x=" + b"+".join([b"[char]88"] * 20), "", ["html"]),
    (b"x=" + b"&".join([b"Chr(88)"] * 20), "", ["html"]),
    (b"dump:\n00000000: 4d5a 9000 0300 0000\n", "", ["html"]),
    (b"<~" + b"9jqo^" * 9 + b"~>", "", ["html"]),
    (PAGE.encode("utf-16"), "text/html", ["text"]),
    (PAGE.encode("utf-16-be"), "text/html", ["text"]),
    (PAGE.encode("utf-32-le"), "text/html", ["text"]),
    (b"+ADw-script+AD4-", "text/html", ["text"]),
]


@pytest.mark.parametrize(("octets", "declared", "expected"), CARRIES)
def test_knows_what_a_text_may_carry(octets: bytes, declared: str, expected: list[str]) -> None:
    """By its own evidence."""
    assert text_kinds(whole(octets), declared) == expected


NOTHING = {
    "prose": b"These are some words, and they begin on Monday.\r\n" * 200,
    "a newsletter": b'<p style="width=60"><a href="https://a.example/click?x='
    + LETTERS[:30]
    + b'">go</a></p>\r\n' * 50,
    "source": b"def begin(x):\r\n    return x == 0x41 and y[1:2]\r\n" * 50,
    "binary": bytes(range(256)) * 50,
    "empty": b"",
    "a table of numbers": b"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\r\n" * 50,
    "one word to a line": b"these\r\nare\r\nwords\r\n" * 50,
    "a long address": b"https://a.example/" + b"abcdefghij" * 5 + b"\r\n",
    "digests in a line": b"a.zip  " + b"0123456789abcdef" * 4 + b"\r\n",
}


@pytest.mark.parametrize("case", NOTHING)
def test_ordinary_texts_carry_nothing(case: str) -> None:
    """And cost no reader."""
    assert text_kinds(whole(NOTHING[case]), "") == []


HOSTILE = (
    b"begin",
    b"\nbegin ",
    b"=5",
    b":",
    b"\n:AAAA",
    b"\n> ",
    b"A" * 31 + b" ",
    b"data",
    b"1,",
    b"\\",
    b"<script",
    b"+A",
    b"A" * 60 + b"=",
    b" " + b"a" * 60,
    b"'+'",
    b"<script>88 ",
    b"<script>a1 x",
    b"<script>chr(8)",
    b"\x1b",
    b"var ab'+'",
    b"&#",
    b"A" * 19 + b"\n",
    b"\n00 ",
    b"\n0000: 00",
    b", 1",
    b"\\x5",
    b"hex:0",
    b"'a'b",
    b"~>",
    b"words\0",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear(piece: bytes) -> None:
    """256 KB of anything are looked at in a moment."""
    octets = b"<script></" + piece * ((1 << 18) // len(piece))
    began = time.process_time()
    text_kinds(whole(octets), "text/html")
    assert time.process_time() - began < 0.5
