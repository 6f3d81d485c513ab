"""Odd but harmless shapes: broken lines, lost boundaries, strange charsets, texts that look like mail."""

# ruff: noqa: E501
# Mail is easier to compare with mail while its lines stay whole.

import base64
from collections.abc import Iterator

from tests.corpus.case import Case, clean
from tests.corpus.clean.programs import HTML, TEXT, WHO, encoded, leaf, multipart
from tests.corpus.letter import encode_base64

MIME = WHO + b"MIME-Version: 1.0\r\n"


def cases() -> Iterator[Case]:
    """All of them."""
    for room, found in (("shape", _shapes()), ("header", _headers()), ("text", _texts()), ("charset", _charsets())):
        for name, content in found:
            yield clean(room, name, content)


def _shapes() -> Iterator[tuple[str, bytes]]:
    whole = MIME + multipart(b"mixed", b"b", leaf(TEXT), encoded(b"hello", b"text/plain", b"a.txt"))
    yield "no-closing-boundary", whole.removesuffix(b"--b--\r\n")
    yield "no-last-line-end", whole.removesuffix(b"\r\n")
    yield "boundary-with-trailing-space", whole.replace(b"--b\r\n", b"--b \r\n")
    yield "closing-with-trailing-space", whole.replace(b"--b--\r\n", b"--b-- \r\n")
    yield "epilogue", whole + b"Scanned by another gateway.\r\n"
    yield (
        "preamble",
        whole.replace(b"\r\n\r\n--b", b"\r\n\r\nIf you can read this, your program knows no MIME.\r\n--b", 1),
    )
    yield "empty-multipart", MIME + multipart(b"mixed", b"b")
    yield "empty-part", MIME + multipart(b"mixed", b"b", b"\r\n", leaf(b""))
    yield "part-without-header", MIME + multipart(b"mixed", b"b", b"\r\nHello\r\n")
    yield "no-body", MIME + b"\r\n"
    yield "no-body-no-blank-line", MIME
    yield "multipart-of-one", MIME + multipart(b"alternative", b"b", leaf(HTML, b"text/html"))
    yield "nested-six-deep", MIME + _nested(6)
    yield "boundary-in-text", MIME + multipart(b"mixed", b"b", leaf(b"the line --b is not at the start\r\n -- b\r\n"))
    yield "boundary-prefix-in-text", MIME + multipart(b"mixed", b"bound", leaf(b"--boundaries are good\r\n"))
    yield "dashes-in-text", MIME + multipart(b"mixed", b"b", leaf(b"--\r\nAnna\r\n-----\r\n----------\r\n"))
    yield (
        "base64-without-padding",
        MIME + multipart(b"mixed", b"b", _encoded_as(base64.b64encode(b"hello!!").rstrip(b"="))),
    )
    yield "base64-one-line", MIME + multipart(b"mixed", b"b", _encoded_as(base64.b64encode(b"hello " * 900)))
    yield "base64-short-lines", MIME + multipart(b"mixed", b"b", _encoded_as(b"\r\n".join([b"aGVs"] * 50)))
    yield (
        "base64-blank-lines",
        MIME + multipart(b"mixed", b"b", _encoded_as(b"\r\n\r\n" + encode_base64(b"hello") + b"\r\n\r\n")),
    )
    yield "base64-pieces", MIME + multipart(b"mixed", b"b", _encoded_as(b"aGVsbG8=\r\naGVsbG8=\r\n"))
    yield (
        "base64-with-notice",
        MIME + multipart(b"mixed", b"b", _encoded_as(encode_base64(TEXT) + b"\r\n--\r\nThis mail was checked.\r\n")),
    )
    yield "base64-cut", MIME + multipart(b"mixed", b"b", _encoded_as(encode_base64(TEXT)[:41]))
    yield "quoted-printable-long-lines", MIME + _quoted(b"a" * 2000 + b"\r\n")
    yield "quoted-printable-raw-signs", MIME + _quoted(b"1 + 1 = 2 and x=y&z=1\r\n")
    yield "quoted-printable-lower-case", MIME + _quoted(b"caf=c3=a9\r\n")
    yield "quoted-printable-raw-octets", MIME + _quoted("caf\u00e9 =\r\nx\r\n".encode())
    yield "quoted-printable-equals-at-end", MIME + _quoted(b"Hello=")
    yield "quoted-printable-trailing-spaces", MIME + _quoted(b"Hello=  \r\n there \r\n")
    yield "transfer-encoding-8-bit", MIME + b"Content-Transfer-Encoding: 8-bit\r\n\r\n" + TEXT
    yield "transfer-encoding-utf-8", MIME + b"Content-Transfer-Encoding: utf-8\r\n\r\n" + TEXT
    yield "transfer-encoding-upper-case", MIME + b"Content-Transfer-Encoding: 8BIT\r\n\r\n" + TEXT
    yield (
        "transfer-encoding-of-multipart",
        MIME + b"Content-Transfer-Encoding: 8bit\r\n" + multipart(b"mixed", b"b", leaf(TEXT)),
    )
    yield (
        "multipart-quoted-printable",
        MIME + b"Content-Transfer-Encoding: quoted-printable\r\n" + multipart(b"alternative", b"b1", leaf(TEXT)),
    )
    yield (
        "multipart-base64-claimed",
        MIME + b"Content-Transfer-Encoding: base64\r\n" + multipart(b"mixed", b"b1", leaf(TEXT)),
    )
    yield (
        "two-content-types-alike",
        MIME + b"Content-Type: text/plain\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + TEXT,
    )
    yield (
        "two-transfer-encodings-alike",
        MIME + b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + TEXT,
    )
    yield "semicolon-at-the-end", MIME + b'Content-Type: text/plain; charset="utf-8";\r\n\r\n' + TEXT
    yield "charset-twice", MIME + b"Content-Type: text/plain; charset=utf-8; charset=utf-8\r\n\r\n" + TEXT
    yield "eight-hundred-lines", MIME + b"\r\n" + TEXT * 160
    yield (
        "hundred-attachments",
        MIME + multipart(b"mixed", b"b", *[encoded(b"%d" % number, b"text/plain", b"a.txt") for number in range(100)]),
    )
    yield "dots-at-line-starts", WHO + b"\r\n.\r\n..\r\n.hidden\r\n...\r\n"


def _nested(levels: int) -> bytes:
    if not levels:
        return leaf(TEXT)
    return multipart(b"mixed", b"level-%d" % levels, _nested(levels - 1))


def _encoded_as(octets: bytes) -> bytes:
    return leaf(octets, b"text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64")


def _quoted(octets: bytes) -> bytes:
    return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + octets


def _headers() -> Iterator[tuple[str, bytes]]:
    yield "utf-8", "From: J\u00fcrgen <j@sender.example>\r\nSubject: Gr\u00fc\u00dfe\r\n\r\nHallo\r\n".encode()
    yield "latin-1", b"From: J\xfcrgen <j@sender.example>\r\nSubject: Gr\xfc\xdfe\r\n\r\nHallo\r\n"
    yield "shift-jis", b"Subject: \x93\xfa\x96{\x8c\xea\r\nFrom: a@b.example\r\n\r\nx\r\n"
    yield (
        "encoded-words",
        b"Subject: =?utf-8?B?R3LDvMOfZQ==?= =?iso-8859-1?Q?aus_M=FCnchen?=\r\nFrom: a@b.example\r\n\r\nx\r\n",
    )
    yield "encoded-word-not-closed", b"Subject: =?utf-8?B?R3LDvMOfZQ\r\nFrom: a@b.example\r\n\r\nx\r\n"
    yield (
        "long-folded",
        b"References: "
        + b"\r\n ".join(b"<%d@b.example>" % number for number in range(300))
        + b"\r\nFrom: a@b.example\r\n\r\nx\r\n",
    )
    yield "very-long-line", b"X-Report: " + b"x" * 5000 + b"\r\nFrom: a@b.example\r\n\r\nx\r\n"
    yield "space-before-colon", b"Subject : Minutes\r\nFrom : a@b.example\r\n\r\nx\r\n"
    yield "empty-fields", b"Subject:\r\nCc:\r\nFrom: a@b.example\r\nBcc: \r\n\r\nx\r\n"
    yield "mbox-line-first", b"From a@b.example Tue Nov 24 09:00:00 2026\r\n" + WHO + b"\r\n" + TEXT
    yield "mbox-line-quoted", b">From a@b.example Tue Nov 24 09:00:00 2026\r\n" + WHO + b"\r\n" + TEXT
    yield "hundred-received", b"Received: from a by b; Tue, 24 Nov 2026 09:00:00 +0000\r\n" * 60 + WHO + b"\r\n" + TEXT
    yield (
        "file-name-rfc2231",
        MIME
        + multipart(
            b"mixed",
            b"b",
            leaf(
                b"x",
                b"text/plain",
                b"Content-Disposition: attachment;\r\n filename*0*=utf-8''%C3%BC;\r\n filename*1=ber.txt",
            ),
        ),
    )
    yield (
        "file-name-encoded-word",
        MIME
        + multipart(
            b"mixed",
            b"b",
            leaf(b"x", b'text/plain; name="=?utf-8?Q?=C3=BCber.txt?="', b"Content-Disposition: attachment"),
        ),
    )
    yield (
        "file-name-raw",
        MIME
        + multipart(
            b"mixed",
            b"b",
            leaf(b"x", b"text/plain", 'Content-Disposition: attachment; filename="\u00fcber.txt"'.encode()),
        ),
    )
    yield "file-name-unquoted-spaces", MIME + multipart(b"mixed", b"b", leaf(b"x", b"text/plain; name=my notes.txt"))
    yield (
        "foreign-virus-header",
        b"X-Virus-Scanned: ClamAV at sender.example\r\nX-Spam-Status: No\r\n" + WHO + b"\r\n" + TEXT,
    )
    yield "parameter-comment", MIME + b"Content-Type: text/plain; charset=us-ascii (plain text)\r\n\r\n" + TEXT
    yield "mime-version-comment", WHO + b"MIME-Version: 1.0 (produced by x)\r\n\r\n" + TEXT
    yield "unknown-subtype", MIME + multipart(b"x-vendor", b"b", leaf(TEXT))
    yield "tabs-in-folds", MIME + b'Content-Type: multipart/mixed;\r\n\tboundary="b"\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n'
    yield "broken-line-in-header", b"From: a@b.example\r\nthis is a lost line\r\nSubject: x\r\n\r\nx\r\n"


def _texts() -> Iterator[tuple[str, bytes]]:
    yield (
        "log-with-mime",
        WHO
        + b"\r\n09:00 got Content-Type: multipart/mixed; boundary=x\r\n--x\r\n09:01 Content-Transfer-Encoding: base64\r\n\r\n09:02 done\r\n--x--\r\n",
    )
    yield (
        "source-code",
        WHO + b'\r\nprint("Content-Type: text/plain\\n\\n")\r\nboundary = "--" + name\r\nbegin = 644\r\n',
    )
    yield (
        "mail-tutorial",
        MIME
        + b"\r\nA message looks like this:\r\n\r\n    MIME-Version: 1.0\r\n    Content-Type: multipart/mixed; boundary=foo\r\n\r\n    --foo\r\n    Content-Type: text/plain\r\n\r\n    Hello\r\n    --foo--\r\n",
    )
    yield (
        "diff-of-mail-code",
        WHO + b"\r\n--- a/mail.py\r\n+++ b/mail.py\r\n@@ -1,2 +1,2 @@\r\n-Content-Type: x\r\n+Content-Type: y\r\n",
    )
    yield (
        "git-patch",
        WHO
        + b"\r\n---\r\n mail.c | 2 +-\r\n 1 file changed\r\n\r\ndiff --git a/mail.c b/mail.c\r\n--- a/mail.c\r\n+++ b/mail.c\r\n-- \r\n2.50.0\r\n",
    )
    yield "begin-in-prose", WHO + b"\r\nbegin 644 is how a uuencoded file starts\r\nand then we end\r\n"
    yield "begin-with-one-space", WHO + b"\r\nLet us\r\nbegin 100 days of work.\r\nend\r\n"
    yield (
        "ssh-key",
        WHO + b"\r\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7" + base64.b64encode(bytes(range(180))) + b" anna@host\r\n",
    )
    yield (
        "certificate",
        WHO
        + b"\r\n-----BEGIN CERTIFICATE-----\r\n"
        + encode_base64(bytes(range(256)) * 3)
        + b"-----END CERTIFICATE-----\r\n",
    )
    yield "token-lines", WHO + b"\r\nYour token:\r\n" + base64.b64encode(bytes(range(200, 256)) * 2) + b"\r\n"
    yield (
        "hex-dump",
        WHO
        + b"\r\n"
        + b"".join(
            b"%08x  %s\r\n" % (at, b" ".join(b"%02x" % (at + n & 255) for n in range(16))) for at in range(0, 512, 16)
        ),
    )
    yield "json", MIME + b'Content-Type: application/json\r\n\r\n{"file": "data:text/plain;base64,aGVsbG8="}\r\n'
    yield "csv", MIME + multipart(b"mixed", b"b", encoded(b"a;b;c\r\n1;2;3\r\n" * 300, b"text/csv", b"a.csv"))
    yield (
        "script-in-html",
        MIME + b"Content-Type: text/html\r\n\r\n<script>var x = atob('aGVsbG8='); var y = [1, 2, 3, 255];</script>\r\n",
    )
    partial = b"Content-Type: message/partial; number=1; total=2; id=x\r\n"
    yield "body-that-begins-like-a-partial-message", WHO + b"\r\n" + partial + b"\r\nis how one begins.\r\n"
    yield "text-that-begins-like-a-partial-message", MIME + leaf(partial + b"is a field.\r\n", b"text/plain")
    numbers = ", ".join(str(number * 37 % 256) for number in range(400)).encode()
    yield "numbers", MIME + multipart(b"mixed", b"b", encoded(b"[" + numbers + b"]", b"application/json", b"a.json"))
    yield "part-two.002", MIME + multipart(b"mixed", b"b", encoded(TEXT, b"text/plain", b"report.zip.002"))
    yield "nul-in-text", MIME + leaf(b"one\0two begin 644 words\r\n", b"text/plain")
    yield "equals-signs", MIME + _quoted(b"=3D=3D=3D=3D=3D=3D=3D=3D=3D=3D\r\n==========\r\n")
    yield "ascii-art", WHO + b"\r\n" + b" .--.\r\n|o_o |\r\n|:_/ |\r\n//   \\ \\\r\n(|     | )\r\n"
    yield "yenc-in-prose", WHO + b"\r\nyEnc files start with =ybegin and end with =yend.\r\n"
    yield "colon-first", WHO + b"\r\n: this line begins with a colon\r\n:-)\r\n"
    yield (
        "quoted-mail",
        WHO + b"\r\n> From: b@x.example\r\n> Content-Type: multipart/mixed; boundary=a\r\n>\r\n> --a\r\n> Hello\r\n",
    )


def _charsets() -> Iterator[tuple[str, bytes]]:
    for charset, text in (
        ("iso-8859-1", "Gr\u00fc\u00dfe"), ("windows-1252", "\u201eGr\u00fc\u00dfe\u201c"), ("koi8-r", "\u041f\u0440\u0438\u0432\u0435\u0442"),
        ("windows-1251", "\u041f\u0440\u0438\u0432\u0435\u0442"), ("iso-2022-jp", "\u65e5\u672c\u8a9e"), ("shift_jis", "\u65e5\u672c\u8a9e"),
        ("euc-jp", "\u65e5\u672c\u8a9e"), ("gb2312", "\u4f60\u597d"), ("gb18030", "\u4f60\u597d"), ("big5", "\u4f60\u597d"),
        ("euc-kr", "\uc548\ub155"), ("utf-7", "Gr\u00fc\u00dfe"), ("utf-16", "Gr\u00fc\u00dfe"), ("iso-8859-15", "10 \u20ac"),
        ("windows-1255", "\u05e9\u05dc\u05d5\u05dd"), ("windows-1256", "\u0633\u0644\u0627\u0645"),
    ):  # fmt: skip
        kind = b"text/plain; charset=" + charset.encode()
        body = leaf(encode_base64(text.encode(charset)), kind, b"Content-Transfer-Encoding: base64")
        yield charset, MIME + body
    yield (
        "unknown-8bit",
        MIME + leaf(b"\xe4\xf6\xfc\r\n", b"text/plain; charset=unknown-8bit", b"Content-Transfer-Encoding: 8bit"),
    )
    yield "ansi-x3", MIME + leaf(TEXT, b"text/plain; charset=ANSI_X3.4-1968")
    yield "quoted-charset", MIME + leaf(TEXT, b"text/plain; charset=\"'utf-8'\"")
    yield (
        "wrong-charset",
        MIME + leaf(b"\xff\xfe\xfd\r\n", b"text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit"),
    )
