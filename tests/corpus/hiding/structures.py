"""Messages whose parts stand where a parser does not look: nested, repeated, cut off, declared as something else."""

from collections.abc import Iterator

from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.corpus.case import Case, Expect, hidden
from tests.corpus.formats.zips import zip_crypto, zip_of, zipped
from tests.corpus.letter import HEAD, encode_base64, encode_quoted

ROOM = "structure"
VIRUS = base64_part(EICAR)
LETTER = message(text_part(), VIRUS)


def cases() -> Iterator[Case]:
    """All of them."""
    for name, content in (*_nested(), *_declared(), *_whole()):
        yield hidden(ROOM, name, content)
    for name, content in _blocked():
        yield hidden(ROOM, name, content, Expect.BLOCKED)


def _head(mark: str) -> bytes:
    return HEAD.replace(b"%b", mark.encode())


def _multipart(boundary: bytes, *parts: bytes, kind: bytes = b"mixed") -> bytes:
    """A part that is a multipart."""
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    head = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\r\n\r\n'
    return head + body + b"--" + boundary + b"--\r\n"


def _letters_within(letter: bytes, times: int) -> bytes:
    for number in range(times):
        part = b"Content-Type: message/rfc822\r\n\r\n" + letter
        letter = message(text_part(), part, boundary=b"letter%d" % (1000 + number))
    return letter


def _deep(times: int) -> bytes:
    part = VIRUS
    for number in range(times):
        part = _multipart(b"level%d" % number, part)
    return message(part)


def _nested() -> Iterator[tuple[str, bytes]]:
    part = b"Content-Type: message/rfc822\r\n\r\n"
    yield "multipart-in-multipart", _deep(1)
    yield "fifty-levels", _deep(50)
    yield "thousand-levels", _deep(1000)
    yield "message-in-message", message(text_part(), part + LETTER)
    yield "message-in-message-ten-times", _letters_within(LETTER, 10)
    yield "message-in-base64", message(base64_part(LETTER, media_type=b"message/rfc822"))
    yield (
        "message-in-quoted-printable",
        message(
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + encode_quoted(LETTER)
        ),
    )
    yield "message-as-octet-stream", message(base64_part(LETTER, b"letter.eml"))
    yield "message-as-text", message(b"Content-Type: text/plain\r\n\r\n" + LETTER)
    yield "message-global", message(base64_part(LETTER, media_type=b"message/global"))
    yield "message-news", message(b"Content-Type: message/news\r\n\r\n" + LETTER)
    yield (
        "message-external-body",
        message(b"Content-Type: message/external-body; access-type=local-file; name=x\r\n\r\n" + LETTER),
    )
    yield "message-http", message(b"Content-Type: message/http\r\n\r\n" + LETTER)
    yield "message-disposition", message(b"Content-Type: message/disposition-notification\r\n\r\n" + LETTER)
    yield "text-rfc822-headers", message(b"Content-Type: text/rfc822-headers\r\n\r\n" + LETTER)
    yield "message-with-mbox-line", message(part + b"From a@sender.example Tue Nov 24 09:00:00 2026\r\n" + LETTER)
    yield "message-with-blank-line-first", message(part + b"\r\n" + LETTER)
    yield (
        "mbox-attached",
        message(base64_part(b"From a@b Tue Nov 24 09:00:00 2026\n" + LETTER + b"\n\nFrom x\n" + LETTER)),
    )
    yield "digest-without-type", message(_multipart(b"d", b"\r\n" + LETTER, kind=b"digest"))
    yield "inner-has-outer-boundary", message(_multipart(b"b1", VIRUS))
    yield "inner-begins-with-outer-boundary", message(_multipart(b"b1x", VIRUS))
    yield "outer-begins-with-inner-boundary", message(_multipart(b"b", VIRUS), boundary=b"bb")
    yield "inner-not-closed", message(_multipart(b"in", VIRUS).replace(b"--in--\r\n", b""))
    yield "inner-without-boundary", message(_multipart(b"in", VIRUS).replace(b'; boundary="in"', b""))
    yield "inner-uses-outer-line", message(b"Content-Type: multipart/mixed\r\n\r\n--b1\r\n" + VIRUS + b"\r\n--b1--")
    yield (
        "encoded-multipart",
        _head("em")
        + (b"Content-Type: multipart/mixed; boundary=b1\r\nContent-Transfer-Encoding: base64\r\n\r\n")
        + encode_base64(b"--b1\r\n" + VIRUS + b"\r\n--b1--\r\n"),
    )
    yield (
        "quoted-multipart",
        _head("qm")
        + (b"Content-Type: multipart/mixed; boundary=b1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
        + encode_quoted(b"--b1\r\n" + VIRUS + b"\r\n--b1--\r\n"),
    )
    yield "alternatives-last", message(_multipart(b"a", text_part(), text_part(), VIRUS, kind=b"alternative"))
    yield "related-inner", message(_multipart(b"r", text_part(), VIRUS, kind=b"related"))
    yield "nine-hundred-parts-before", message(*[text_part(b"%d\r\n" % number) for number in range(900)], VIRUS)
    yield "empty-parts-before", message(*[b"\r\n"] * 300, VIRUS)


def _declared() -> Iterator[tuple[str, bytes]]:
    for media_type in (
        b"text/plain", b"text/html", b"image/png", b"audio/mpeg", b"video/mp4", b"font/woff", b"application/pdf",
        b"application/pgp-signature", b"application/pkcs7-signature", b"text/calendar", b"text/vcard", b"x/y", b"",
        b"application/pgp-encrypted", b"message/delivery-status", b"multipart/mixed",
    ):  # fmt: skip
        name = media_type.decode().replace("/", "-") or "nothing"
        yield "declared-" + name, message(text_part(), base64_part(zipped(EICAR), b"picture.png", media_type))
    yield "inline", message(text_part(), VIRUS.replace(b"attachment", b"inline"))
    yield "no-file-name", message(text_part(), b"Content-Transfer-Encoding: base64\r\n\r\n" + encode_base64(EICAR))
    yield "content-location", message(VIRUS.replace(b"Content-Disposition", b"Content-Location: http://x/\r\nX-D"))
    yield "signed-part", message(_multipart(b"s", VIRUS, base64_part(b"x", b"smime.p7s"), kind=b"signed"))
    yield "signature-is-the-virus", message(_multipart(b"s", text_part(), VIRUS, kind=b"signed"))
    yield "pgp-armour-around", message(text_part(b"-----BEGIN PGP MESSAGE-----\r\n\r\n"), VIRUS)
    yield "delivery-report", message(
        text_part(), b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" + LETTER,
    )  # fmt: skip


def _whole() -> Iterator[tuple[str, bytes]]:
    body = b"Content-Type: application/octet-stream; name=x.com\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    yield "body-is-the-attachment", _head("ba") + body + encode_base64(EICAR)
    yield "body-is-zip", _head("bz") + body + encode_base64(zipped(EICAR))
    yield "header-only-mime", body + encode_base64(EICAR)
    yield "body-is-a-message", _head("bm") + b"Content-Type: message/rfc822\r\n\r\n" + LETTER
    yield "text-then-whole-message", _head("tm") + b"\r\nSee below.\r\n\r\n" + LETTER
    yield "two-messages-joined", message(text_part()) + LETTER
    yield "two-messages-with-mbox-line", message(text_part()) + b"From a@b.example Tue Nov 24 2026\r\n" + LETTER
    yield "mime-in-preamble", LETTER.replace(b"--b1\r\n", b"--other\r\n" + VIRUS + b"\r\n--other--\r\n--b1\r\n", 1)
    yield "part-of-plain-letter", _head("pl") + b"\r\nHello\r\n\r\n--b1\r\n" + VIRUS + b"\r\n--b1--\r\n"
    yield "apple-single-resource", message(base64_part(b"\0\5\x16\0\0\2\0\0" + b"\0" * 16 + EICAR + zipped(EICAR)))
    yield "in-a-header", b"X-File: " + encode_base64(EICAR).replace(b"\r\n", b"\r\n ") + b"\r\n\r\nx\r\n"


def _blocked() -> Iterator[tuple[str, bytes]]:
    partial = b'Content-Type: message/partial; number=1; total=2; id="x@y"\r\n\r\n'
    yield "partial", _head("p1") + partial + LETTER[:300]
    yield "partial-inner", message(partial + LETTER[:300])
    yield "partial-second-of-two", _head("p2") + partial.replace(b"number=1", b"number=2") + encode_base64(EICAR)[40:]
    yield "partial-upper-case", _head("p3") + partial.replace(b"message/partial", b"MESSAGE/PARTIAL") + LETTER[:300]
    yield "partial-in-second-type", _head("p4") + b"Content-Type: text/plain\r\n" + partial + LETTER[:300]
    yield (
        "partial-with-comment",
        _head("p5") + partial.replace(b"message/partial", b"(x)message/partial") + LETTER[:300],
    )
    yield (
        "encrypted-zip",
        message(text_part(), base64_part(zip_of(zip_crypto(b"secret", b"unknown-word")), b"invoice.zip")),
    )
    yield "sixty-five-messages-deep", _letters_within(message(text_part()), 65)
