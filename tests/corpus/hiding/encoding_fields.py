"""Tricks on the attachment's Content-Transfer-Encoding field: which counts, how it is spelt, where it breaks."""

from collections.abc import Iterator

from tests.corpus.letter import Axis, Decoder, Trick, change

FIELD = b"Content-Transfer-Encoding: "


def tricks() -> Iterator[Trick]:
    """All of them, most in base64 and in quoted-printable."""
    yield from _several()
    yield from _names()
    yield from _values()
    yield from _folding()


def _both(name: str, **pieces: bytes) -> Iterator[Trick]:
    """The trick on a body in base64 and on one in quoted-printable."""
    yield Trick(name, Axis.ENCODING, change(**pieces), Decoder.BASE64)
    yield Trick(name + "-quoted", Axis.ENCODING, change(**pieces), Decoder.QUOTED)


def _several() -> Iterator[Trick]:
    for name, before, after in (
        ("first-is-7bit", b"7bit", b""),
        ("second-is-7bit", b"", b"7bit"),
        ("first-is-other", b"x-other", b""),
        ("second-is-binary", b"", b"binary"),
        ("first-is-empty", b" ", b""),
        ("middle-of-three", b"8bit", b"7bit"),
    ):
        pieces = {"before_encoding": before and FIELD + before + b"\r\n"}
        yield from _both(name, **pieces, after_encoding=after and FIELD + after + b"\r\n")
    yield Trick(
        "other-decoder-second", Axis.ENCODING, change(after_encoding=FIELD + b"quoted-printable\r\n"), Decoder.BASE64
    )
    yield Trick(
        "other-decoder-first", Axis.ENCODING, change(before_encoding=FIELD + b"quoted-printable\r\n"), Decoder.BASE64
    )
    yield Trick(
        "other-decoder-second-quoted", Axis.ENCODING, change(after_encoding=FIELD + b"base64\r\n"), Decoder.QUOTED
    )
    yield Trick(
        "other-decoder-first-quoted", Axis.ENCODING, change(before_encoding=FIELD + b"base64\r\n"), Decoder.QUOTED
    )
    yield Trick(
        "uuencode-declared-second", Axis.ENCODING, change(after_encoding=FIELD + b"x-uuencode\r\n"), Decoder.BASE64
    )


def _names() -> Iterator[Trick]:
    for name, field_name in (
        ("upper-case", b"CONTENT-TRANSFER-ENCODING"),
        ("space-before-colon", b"Content-Transfer-Encoding "),
        ("nul-before-colon", b"Content-Transfer-Encoding\0"),
        ("space-before", b" Content-Transfer-Encoding"),
        ("nul-before", b"\0Content-Transfer-Encoding"),
        ("half-comment", b"Content-Transfer-Encoding (x)"),
        ("comment-before", b"(x) Content-Transfer-Encoding"),
        ("content-encoding", b"Content-Encoding"),
        ("underscores", b"Content_Transfer_Encoding"),
    ):
        yield from _both("name-" + name, encoding_name=field_name)
    first = {"before_encoding": FIELD, "part_type": b"", "disposition": b""}
    yield Trick(
        "name-first-in-part-with-space", Axis.ENCODING, change(**first | {"before_encoding": b" "}), Decoder.BASE64
    )


def _values() -> Iterator[Trick]:
    for name, spelt in (
        ("upper-case", lambda word: word.upper()),
        ("mixed-case", lambda word: word[:2].upper() + word[2:]),
        ("quoted-string", lambda word: b'"' + word + b'"'),
        ("single-quotes", lambda word: b"'" + word + b"'"),
        ("trailing-dot", lambda word: word + b"."),
        ("trailing-semicolon", lambda word: word + b";"),
        ("parameter-after", lambda word: word + b"; charset=utf-8"),
        ("comma-after", lambda word: word + b", 7bit"),
        ("comma-before", lambda word: b"7bit, " + word),
        ("word-after", lambda word: word + b" 7bit"),
        ("word-before", lambda word: b"7bit " + word),
        ("comment-before", lambda word: b"(7bit) " + word),
        ("comment-after", lambda word: word + b" (7bit)"),
        ("comment-after-glued", lambda word: word + b"(7bit)"),
        ("comment-within", lambda word: word[:3] + b"(x)" + word[3:]),
        ("nested-comment", lambda word: b"(a(b)c)" + word),
        ("open-comment-after", lambda word: word + b" (x"),
        ("open-comment-before", lambda word: b"(x " + word),
        ("close-paren-before", lambda word: b") " + word),
        ("whole-in-comment", lambda word: b"(" + word + b")"),
        ("encoded-word", lambda word: b"=?us-ascii?Q?" + word + b"?="),
        ("encoded-word-part", lambda word: b"=?us-ascii?Q?" + word[:3] + b"?=" + word[3:]),
        ("nul-before", lambda word: b"\0" + word),
        ("nul-within", lambda word: word[:3] + b"\0" + word[3:]),
        ("nul-after", lambda word: word + b"\0"),
        ("no-break-space-before", lambda word: b"\xa0" + word),
        ("vertical-tab-before", lambda word: b"\x0b" + word),
        ("x-prefix", lambda word: b"x-" + word),
        ("colon-before", lambda word: b": " + word),
        ("letter-added", lambda word: word + b"5"),
        ("letters-spaced", lambda word: word[:4] + b" " + word[4:]),
        ("backslash-within", lambda word: word[:2] + b"\\" + word[2:]),
        ("angle-brackets", lambda word: b"<" + word + b">"),
        ("long-space-before", lambda word: b" " * 990 + word),
        ("field-name-repeated", lambda word: b"Content-Transfer-Encoding: " + word),
    ):
        yield Trick("value-" + name, Axis.ENCODING, change(encoding_value=spelt(b"base64")), Decoder.BASE64)
        quoted_word = change(encoding_value=spelt(b"quoted-printable"))
        yield Trick("value-" + name + "-quoted", Axis.ENCODING, quoted_word, Decoder.QUOTED)
    for name, value in (
        ("base-64", b"base-64"),
        ("b", b"b"),
        ("base64-utf-8", b"base64-utf-8"),
        ("unheard-of", b"x-secret"),
        ("eight-bit", b"8bit"),
        ("binary", b"binary"),
        ("empty", b""),
        ("base65", b"base65"),
        ("mime64", b"x-base64url"),
    ):
        says_none = value in (b"8bit", b"binary", b"")
        yield Trick("wrong-" + name, Axis.ENCODING, change(encoding_value=value), Decoder.BASE64, says_none)
    yield Trick("absent", Axis.ENCODING, change(encoding_name=b"X-Encoding"), Decoder.BASE64, True)
    yield Trick("absent-quoted", Axis.ENCODING, change(encoding_name=b"X-Encoding"), Decoder.QUOTED, True)
    other = change(encoding_value=b"quoted-printable")
    yield Trick("is-quoted-printable-body-is-base64", Axis.ENCODING, other, Decoder.BASE64, is_undeclared=True)


def _folding() -> Iterator[Trick]:
    for name, colon in (
        ("after-colon", b":\r\n "),
        ("spaces-then-fold", b":  \r\n\t"),
        ("before-colon", b"\r\n : "),
        ("twice", b":\r\n \r\n "),
        ("none", b":"),
    ):
        yield from _both("fold-" + name, encoding_colon=colon)
    yield Trick("fold-within-word", Axis.ENCODING, change(encoding_value=b"bas\r\n e64"), Decoder.BASE64)
    yield Trick(
        "fold-within-word-quoted", Axis.ENCODING, change(encoding_value=b"quoted-\r\n printable"), Decoder.QUOTED
    )
    yield Trick(
        "fold-within-name", Axis.ENCODING, change(encoding_name=b"Content-Transfer-\r\n Encoding"), Decoder.BASE64
    )
    yield Trick("fold-truncated", Axis.ENCODING, change(encoding_value=b"bas\r\ne64"), Decoder.BASE64)
    yield Trick("in-comment-over-fold", Axis.ENCODING, change(encoding_value=b"(7bit\r\n x) base64"), Decoder.BASE64)
    yield Trick(
        "on-disposition-line",
        Axis.ENCODING,
        change(disposition=b"Content-Disposition: attachment;\r\n "),
        Decoder.BASE64,
    )
    yield Trick(
        "glued-to-type-line",
        Axis.ENCODING,
        change(part_type=b"Content-Type: text/plain; ", disposition=b""),
        Decoder.BASE64,
    )
