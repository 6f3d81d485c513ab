"""Tricks on the Content-Type field of the message: which of several counts, and what still is one.

Each keeps the boundary lines right, so that whoever takes the field for what it looks like finds the attachment.
"""

from collections.abc import Iterator

from tests.corpus.letter import Axis, Trick, boundary_value, change

PLAIN = b"Content-Type: text/plain\r\n"
OTHER = b"Content-Type: multipart/mixed; boundary=other\r\n"


def tricks() -> Iterator[Trick]:
    """All of them."""
    yield from _several()
    yield from _names()
    yield from _values()
    yield from _folding()
    yield from _octets()


def _several() -> Iterator[Trick]:
    for name, pieces in (
        ("second-is-plain", {"after_type": PLAIN}),
        ("first-is-plain", {"before_type": PLAIN}),
        ("first-has-other-boundary", {"before_type": OTHER}),
        ("second-has-other-boundary", {"after_type": OTHER}),
        ("middle-of-three", {"before_type": PLAIN, "after_type": OTHER}),
        ("first-is-empty", {"before_type": b"Content-Type:\r\n"}),
        ("first-is-message", {"before_type": b"Content-Type: message/rfc822\r\n"}),
        ("second-differs-in-case", {"after_type": b"CONTENT-TYPE: text/plain\r\n"}),
        ("first-name-has-space", {"before_type": b"Content-Type : text/plain\r\n"}),
        ("second-name-has-space", {"after_type": b"Content-Type : text/plain\r\n"}),
        ("two-values-first-counts", {"type_value": b"multipart/mixed, text/plain"}),
        ("two-values-last-counts", {"type_value": b"text/plain, multipart/mixed"}),
        ("two-values-by-semicolon", {"type_value": b"text/plain; multipart/mixed"}),
        ("two-values-by-space", {"type_value": b"multipart/mixed text/plain"}),
        ("far-after-others", {"after_type": b"X-Filler: x\r\n" * 400 + PLAIN}),
        ("fifty-copies", {"before_type": PLAIN * 50}),
        ("overlapping-fields", {"before_type": b"Content-Type: text/plain; x=\r\n "}),
    ):
        yield Trick(name, Axis.TYPE, change(**pieces))


def _names() -> Iterator[Trick]:
    for name, field_name in (
        ("upper-case", b"CONTENT-TYPE"),
        ("mixed-case", b"cOnTeNt-tYpE"),
        ("space-before-colon", b"Content-Type "),
        ("tab-before-colon", b"Content-Type\t"),
        ("many-spaces-before-colon", b"Content-Type" + b" " * 60),
        ("nul-before-colon", b"Content-Type\0"),
        ("nul-before-name", b"\0Content-Type"),
        ("no-break-space-before-colon", b"Content-Type\xa0"),
        ("vertical-tab-before-colon", b"Content-Type\x0b"),
        ("byte-order-mark-before-name", b"\xef\xbb\xbfContent-Type"),
    ):
        yield Trick("name-" + name, Axis.TYPE, change(type_name=field_name))
    # A field that begins with white space belongs to the one before it, unless the reader is kind.
    yield Trick("name-space-before", Axis.TYPE, change(type_name=b" Content-Type"))
    yield Trick("name-tab-before", Axis.TYPE, change(type_name=b"\tContent-Type"))
    first = b" Content-Type: multipart/mixed; boundary=b1\r\nFrom: a@sender.example\r\nMIME-Version: 1.0\r\n"
    yield Trick("name-first-of-all-with-space", Axis.TYPE, change(head=first, type_name=b"X-Type"))


def _values() -> Iterator[Trick]:
    for name, value in (
        ("upper-case", b"MULTIPART/MIXED"),
        ("unknown-subtype", b"multipart/x-unheard-of"),
        ("no-subtype", b"multipart"),
        ("empty-subtype", b"multipart/"),
        ("spaces-around-slash", b"multipart / mixed"),
        ("quoted", b'"multipart/mixed"'),
        ("comment-before", b"(text/plain) multipart/mixed"),
        ("comment-after", b"multipart/mixed (text/plain)"),
        ("comment-within", b"multipart(x)/(y)mixed"),
        ("nested-comment", b"(a (b) c) multipart/mixed"),
        ("open-comment", b"multipart/mixed (text"),
        ("comment-with-quoted-pair", b"(a\\) b) multipart/mixed"),
        ("encoded-word", b"=?us-ascii?Q?multipart/mixed?="),
        ("encoded-word-base64", b"=?us-ascii?B?bXVsdGlwYXJ0L21peGVk?="),
        ("semicolon-before", b"; multipart/mixed"),
        ("comma-before", b", multipart/mixed"),
        ("two-semicolons-after", b"multipart/mixed;;"),
        ("comma-for-semicolon", b"multipart/mixed,"),
        ("alternative", b"multipart/alternative"),
        ("related", b"multipart/related; type=text/html"),
        ("report", b"multipart/report; report-type=delivery-status"),
        ("signed", b'multipart/signed; protocol="application/pgp-signature"'),
        ("parallel", b"multipart/parallel"),
        ("form-data", b"multipart/form-data"),
        ("digest-with-type", b"multipart/digest"),
        ("appledouble", b"multipart/appledouble"),
        ("trailing-slash", b"multipart/mixed/"),
        ("text-html-with-boundary", b"text/html; x=y"),
        ("message-global", b"multipart/mixed; charset=utf-16"),
    ):
        yield Trick("value-" + name, Axis.TYPE, change(type_value=value))
    yield Trick("value-absent", Axis.TYPE, change(type_name=b"X-Type"))
    yield Trick("value-without-mime-version", Axis.TYPE, change(head=b"From: a@sender.example\r\nSubject: x\r\n"))
    yield Trick("value-mime-version-2", Axis.TYPE, change(head=b"From: a@sender.example\r\nMIME-Version: 2.0\r\n"))
    yield Trick(
        "value-mime-version-comment", Axis.TYPE, change(head=b"From: a@b.example\r\nMIME-Version: (x) 1.0 (y)\r\n")
    )


def _folding() -> Iterator[Trick]:
    for name, colon in (
        ("after-colon", b":\r\n "),
        ("after-colon-tab", b":\r\n\t"),
        ("empty-line-of-spaces", b": \r\n \r\n "),
        ("no-space", b":"),
        ("many-spaces", b":" + b" " * 900),
        ("tab-after-colon", b":\t"),
        ("two-colons", b":: "),
        ("colon-space-colon", b": : "),
    ):
        yield Trick("fold-" + name, Axis.TYPE, change(type_colon=colon))
    # The fold stands before the colon: one program's field is another's broken line.
    yield Trick("fold-before-colon", Axis.TYPE, change(type_colon=b"\r\n : "))
    yield Trick("fold-within-name", Axis.TYPE, change(type_name=b"Content-\r\n Type"))
    yield Trick("fold-within-value", Axis.TYPE, change(type_value=b"multipart/\r\n mixed"))
    yield Trick("fold-within-word", Axis.TYPE, change(type_value=b"multi\r\n part/mixed"))
    yield Trick(
        "fold-lost-before-parameter", Axis.TYPE, change(type_value=b"multipart/mixed;\r\n", parameters=b"boundary=b1")
    )
    yield Trick("fold-form-feed", Axis.TYPE, change(type_value=b"multipart/mixed;\r\n\x0c", parameters=b"boundary=b1"))


def _octets() -> Iterator[Trick]:
    for name, value in (
        ("nul-before", b"\0multipart/mixed"),
        ("nul-within", b"multi\0part/mixed"),
        ("nul-after", b"multipart/mixed\0"),
        ("escape-before", b"\x1bmultipart/mixed"),
        ("no-break-space-before", b"\xa0multipart/mixed"),
        ("high-octet-after", b"multipart/mixed\xff"),
        ("backspace-within", b"multipx\bart/mixed"),
    ):
        yield Trick("octet-" + name, Axis.TYPE, change(type_value=value))
    yield Trick("long-line-before-parameter", Axis.TYPE, change(type_value=b"multipart/mixed; x=" + b"y" * 20_000))
    yield Trick("long-value-of-parameters", Axis.TYPE, change(type_value=b"multipart/mixed" + b"; x=y" * 2_000))
    yield Trick("text-type-and-boundary-lines", Axis.TYPE, boundary_value(b"b1", type_value=b"text/plain"))
