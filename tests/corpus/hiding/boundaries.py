"""Tricks on the boundary: which parameter names it, what its octets are, and which lines are it."""

from collections.abc import Iterator

from tests.corpus.letter import TEXT_PART, Axis, Trick, boundary_value, change

_DECOY = b"--%b\r\n" + TEXT_PART + b"--%b--\r\n"


def tricks() -> Iterator[Trick]:
    """All of them."""
    yield from _parameters()
    yield from _values()
    yield from _lines()
    yield from _around()


def _named(name: str, parameters: bytes, line: bytes = b"b1", **pieces: bytes) -> Trick:
    mark = boundary_value(b"unused", line, parameters=parameters, **pieces)
    return Trick(name, Axis.BOUNDARY, mark)


def _parameters() -> Iterator[Trick]:
    yield _named("first-of-two", b"; boundary=b1; boundary=b2")
    yield _named("last-of-two", b"; boundary=b2; boundary=b1")
    yield _named("middle-of-three", b"; boundary=b2; boundary=b1; boundary=b3")
    yield _named("two-with-decoy", b"; boundary=b2; boundary=b1", preamble=_DECOY.replace(b"%b", b"b2"))
    yield _named("two-with-decoy-first", b"; boundary=b1; boundary=b2", preamble=_DECOY.replace(b"%b", b"b2"))
    yield _named("name-upper-case", b"; BOUNDARY=b1")
    yield _named("space-before-equals", b"; boundary =b1")
    yield _named("space-after-equals", b"; boundary= b1")
    yield _named("fold-before-equals", b"; boundary\r\n =b1")
    yield _named("fold-after-equals", b"; boundary=\r\n b1")
    yield _named("fold-within-quotes", b'; boundary="b1\r\n x"', b"b1 x")
    yield _named("fold-within-quotes-joined", b'; boundary="b1\r\n x"', b"b1x")
    yield _named("fold-without-space", b"; boundary=b1\r\nx", b"b1")
    yield _named("no-semicolon", b" boundary=b1")
    yield _named("comma-for-semicolon", b", boundary=b1")
    yield _named("two-semicolons", b";; boundary=b1")
    yield _named("semicolon-after", b"; boundary=b1;")
    yield _named("comment-before-name", b"; (boundary=b2) boundary=b1")
    yield _named("comment-before-value", b"; boundary=(b2)b1")
    yield _named("comment-after-value", b"; boundary=b1 (b2)")
    yield _named("comment-is-kept", b"; boundary=b1(b2)", b"b1(b2)")
    yield _named("comment-is-left-out", b"; boundary=b1(b2)")
    yield _named("open-comment-after", b"; boundary=b1 (b2")
    yield _named("quoted-in-comment", b'; boundary=("b2")"b1"')
    yield _named("within-other-value", b'; x="; boundary=b2"; boundary=b1')
    yield _named("within-other-value-counts", b'; x="; boundary=b1; y="')
    yield _named("nul-before-name", b"; \0boundary=b1")
    yield _named("nul-before-equals", b"; boundary\0=b1")
    yield _named("misspelt-name", b"; bondary=b1")
    yield _named("rfc2231-language", b"; boundary*=us-ascii'en'b1")
    yield _named("rfc2231-percent", b"; boundary*=us-ascii''%62%31")
    yield _named("rfc2231-pieces", b"; boundary*0=b; boundary*1=1")
    yield _named("rfc2231-pieces-out-of-order", b"; boundary*1=1; boundary*0=b")
    yield _named("rfc2231-pieces-encoded", b"; boundary*0*=us-ascii''%62; boundary*1=1")
    yield _named("rfc2231-beside-plain", b"; boundary=b2; boundary*0=b; boundary*1=1")
    yield _named("rfc2231-beside-plain-that-counts", b"; boundary=b1; boundary*0=b; boundary*1=2")
    yield _named("rfc2231-extended-beside-plain", b"; boundary=b2; boundary*=us-ascii''b1")
    yield _named("rfc2231-gap", b"; boundary*0=b1; boundary*2=x")
    yield _named("rfc2231-starts-at-one", b"; boundary*1=b; boundary*2=1", b"b1")
    yield _named("rfc2231-leading-zero", b"; boundary*00=b; boundary*01=1")
    yield _named("rfc2231-repeated-piece", b"; boundary*0=b; boundary*0=x; boundary*1=1")
    yield _named("encoded-word-decoded", b'; boundary="=?us-ascii?Q?b1?="')
    yield _named("encoded-word-base64-decoded", b'; boundary="=?us-ascii?B?YjE=?="')
    yield _named("encoded-word-kept", b'; boundary="=?us-ascii?Q?b1?="', b"=?us-ascii?Q?b1?=")
    yield _named("encoded-word-within", b'; boundary="b=?us-ascii?Q?1?="')
    yield _named("in-second-type-field", b"", after_type=b"Content-Type: multipart/mixed; boundary=b1\r\n")
    yield _named("absent", b"")
    yield _named("empty", b'; boundary=""')
    yield _named("empty-and-lines-of-two-dashes", b'; boundary=""', b"")
    yield _named("is-another", b"; boundary=b2")


def _values() -> Iterator[Trick]:
    seventy = b"b" * 70
    for name, value, line in (
        ("quoted-pair", b'"b\\1"', b"b1"),
        ("quoted-pair-kept", b'"b\\1"', b"b\\1"),
        ("open-quote", b'"b1', b"b1"),
        ("open-quote-kept", b'"b1', b'"b1'),
        ("closing-quote-only", b'b1"', b"b1"),
        ("closing-quote-kept", b'b1"', b'b1"'),
        ("text-after-quote", b'"b1"x', b"b1"),
        ("text-after-quote-joined", b'"b1"x', b"b1x"),
        ("quote-within", b'b"1"', b"b1"),
        ("empty-quotes-before", b'""b1', b"b1"),
        ("two-quoted", b'"b" "1"', b"b1"),
        ("single-quotes-off", b"'b1'", b"b1"),
        ("single-quotes-kept", b"'b1'", b"'b1'"),
        ("space-within-unquoted-cut", b"b1 x", b"b1"),
        ("space-within-unquoted-kept", b"b1 x", b"b1 x"),
        ("space-within-quoted", b'"b1 x"', b"b1 x"),
        ("space-before-in-quotes", b'" b1"', b" b1"),
        ("space-before-in-quotes-off", b'" b1"', b"b1"),
        ("space-after-in-quotes", b'"b1 "', b"b1 "),
        ("space-after-in-quotes-off", b'"b1 "', b"b1"),
        ("tab-within", b'"b\t1"', b"b\t1"),
        ("semicolon-within-quoted", b'"b1;x"', b"b1;x"),
        ("semicolon-within-quoted-cut", b'"b1;x"', b"b1"),
        ("semicolon-within-unquoted-kept", b"b1;x", b"b1;x"),
        ("comma-cut", b"b1,x", b"b1"),
        ("comma-kept", b"b1,x", b"b1,x"),
        ("colon-unquoted", b"b:1", b"b:1"),
        ("equals-unquoted", b"b=1", b"b=1"),
        ("slash-unquoted", b"b/1?x", b"b/1?x"),
        ("nul-within-kept", b'"b\x001"', b"b\x001"),
        ("nul-within-cut", b'"b1\x00x"', b"b1"),
        ("nul-within-left-out", b'"b\x001"', b"b1"),
        ("high-octets", b'"b\xe9\xff"', b"b\xe9\xff"),
        ("utf-8", '"grün"'.encode(), "grün".encode()),
        ("one-letter", b"x", b"x"),
        ("dashes", b"----", b"----"),
        ("two-dashes", b'"--"', b"--"),
        ("ends-in-dashes", b"b1--", b"b1--"),
        ("seventy", seventy, seventy),
        ("seventy-one", seventy + b"x", seventy + b"x"),
        ("seventy-one-cut", seventy + b"x", seventy),
        ("four-hundred", seventy * 6, seventy * 6),
        ("nine-thousand", b"b" * 9000, b"b" * 9000),
        ("case-differs", b"AbC", b"aBc"),
        ("percent-decoded", b"%62%31", b"b1"),
    ):
        yield Trick("value-" + name, Axis.BOUNDARY, boundary_value(value, line))


def _lines() -> Iterator[Trick]:
    for name, opening, delimiter, closing in (
        ("space-after", b"--b1 \r\n", b"--b1 \r\n", b"--b1-- \r\n"),
        ("tab-after", b"--b1\t\r\n", b"--b1\t\r\n", b"--b1--\t\r\n"),
        ("space-after-delimiter-only", b"--b1\r\n", b"--b1   \r\n", b"--b1--\r\n"),
        ("text-after", b"--b1x\r\n", b"--b1x\r\n", b"--b1x--\r\n"),
        ("text-after-space", b"--b1 x\r\n", b"--b1 x\r\n", b"--b1--\r\n"),
        ("space-before", b" --b1\r\n", b" --b1\r\n", b" --b1--\r\n"),
        ("one-dash-before", b"-b1\r\n", b"-b1\r\n", b"-b1--\r\n"),
        ("no-dashes-before", b"b1\r\n", b"b1\r\n", b"b1--\r\n"),
        ("three-dashes-before", b"---b1\r\n", b"---b1\r\n", b"---b1--\r\n"),
        ("space-after-dashes", b"-- b1\r\n", b"-- b1\r\n", b"-- b1--\r\n"),
        ("one-dash-closing", b"--b1\r\n", b"--b1-\r\n", b"--b1--\r\n"),
        ("closing-before", b"--b1\r\n", b"--b1--\r\n", b"--b1--\r\n"),
        ("closing-then-opening", b"--b1\r\n", b"--b1--\r\n--b1\r\n", b"--b1--\r\n"),
        ("closing-and-text", b"--b1\r\n", b"--b1--x\r\n", b"--b1--\r\n"),
        ("closing-and-space", b"--b1\r\n", b"--b1-- \r\n", b"--b1--\r\n"),
        ("closing-is-first", b"--b1--\r\n", b"--b1\r\n", b"--b1--\r\n"),
        ("no-closing", b"--b1\r\n", b"--b1\r\n", b""),
        ("closing-without-dashes", b"--b1\r\n", b"--b1\r\n", b"--b1\r\n"),
        ("closing-without-line-end", b"--b1\r\n", b"--b1\r\n", b"--b1--"),
        ("no-opening", b"", b"--b1\r\n", b"--b1--\r\n"),
        ("nul-after", b"--b1\0\r\n", b"--b1\0\r\n", b"--b1--\r\n"),
        ("blank-line-after", b"--b1\r\n\r\n", b"--b1\r\n\r\n", b"--b1--\r\n"),
        ("encoded-as-quoted-printable", b"--b1\r\n", b"--=62=31\r\n", b"--b1--\r\n"),
        ("upper-case", b"--B1\r\n", b"--B1\r\n", b"--B1--\r\n"),
        ("double", b"--b1\r\n", b"--b1\r\n--b1\r\n", b"--b1--\r\n"),
        ("header-on-the-line", b"--b1\r\n", b"--b1 Content-Type: text/plain\r\n", b"--b1--\r\n"),
        ("longer-decoy", b"--b1\r\n", b"--b12\r\n" + TEXT_PART + b"--b1\r\n", b"--b1--\r\n"),
        ("space-line-before", b"--b1\r\n", b" \r\n--b1\r\n", b"--b1--\r\n"),
    ):
        yield Trick("line-" + name, Axis.BOUNDARY, change(opening=opening, delimiter=delimiter, closing=closing))


def _around() -> Iterator[Trick]:
    yield Trick("in-preamble", Axis.BOUNDARY, change(opening=b"", text_part=b"", delimiter=b"", closing=_close()))
    epilogue_only = change(opening=b"--b1\r\n", delimiter=b"--b1--\r\n\r\n", closing=b"")
    yield Trick("in-epilogue", Axis.BOUNDARY, epilogue_only)
    yield Trick("glued-to-text", Axis.BOUNDARY, change(delimiter=b"x--b1\r\n"))
    yield Trick("part-header-before-line", Axis.BOUNDARY, change(delimiter=b"Content-Type: text/plain\r\n--b1\r\n"))
    yield Trick("right-after-header", Axis.BOUNDARY, change(head_end=b"", opening=b"\r\n--b1\r\n"))
    yield Trick("boundary-is-first-header-line", Axis.BOUNDARY, change(head_end=b""))


def _close() -> bytes:
    return b"--b1\r\n" + TEXT_PART + b"--b1--\r\n"
