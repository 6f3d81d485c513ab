"""Tricks on where a header ends and the body begins, for the message and for the attachment."""

from collections.abc import Iterator

from tests.corpus.letter import Axis, Trick, change, encode_base64

_ENDS = (
    ("lf", b"\n"), ("cr", b"\r"), ("lf-cr", b"\n\r"), ("cr-cr-lf", b"\r\r\n"), ("lf-lf", b"\n\n"), ("cr-cr", b"\r\r"),
    ("space", b" \r\n"), ("tab", b"\t\r\n"), ("nul", b"\0\r\n"), ("form-feed", b"\x0c\r\n"),
    ("space-then-none", b" \r\n\r\n"), ("three-empty-lines", b"\r\n\r\n\r\n"), ("cr-nul-lf", b"\r\0\n"),
    ("no-break-space", b"\xa0\r\n"), ("dot", b".\r\n"), ("two-dashes", b"--\r\n"), ("none", b""),
)  # fmt: skip


def tricks() -> Iterator[Trick]:
    """All of them."""
    for name, end in _ENDS:
        yield Trick("message-" + name, Axis.HEADER_END, change(head_end=end))
        yield Trick("part-" + name, Axis.HEADER_END, change(part_head_end=end))
    for name, line in (
        ("no-colon", b"this is no field\r\n"),
        ("only-colon", b": x\r\n"),
        ("space-in-name", b"X Field: x\r\n"),
        ("from-line", b"From someone Tue Nov 24 09:00:00 2026\r\n"),
        ("quoted-from-line", b">From someone Tue Nov 24 09:00:00 2026\r\n"),
        ("high-name", b"X-F\xe9: x\r\n"),
        ("boundary-like", b"--b9\r\n"),
        ("only-spaces", b"   \r\n"),
        ("only-dot", b".\r\n"),
        ("spaces-and-field", b" \r\nX-Field: x\r\n"),
        ("control", b"X-\x01: x\r\n"),
        ("empty-name-field", b"\t: x\r\n"),
    ):
        yield Trick("broken-line-before-type-" + name, Axis.HEADER_END, change(before_type=line))
        yield Trick("broken-line-before-encoding-" + name, Axis.HEADER_END, change(before_encoding=line))
        yield Trick("broken-line-last-" + name, Axis.HEADER_END, change(after_encoding=line))
    in_body = change(part_type=b"\r\n", disposition=b"")
    yield Trick("part-type-in-body", Axis.HEADER_END, in_body, is_undeclared=True)
    no_header = change(part_type=b"", disposition=b"", encoding_name=b"X")
    yield Trick("part-without-header", Axis.HEADER_END, no_header, is_undeclared=True)
    behind = change(before_encoding=b"\r\n")
    yield Trick("encoding-behind-blank-line", Axis.HEADER_END, behind, is_undeclared=True)
    yield Trick("encoding-behind-space-line", Axis.HEADER_END, change(before_encoding=b" \r\n"))
    yield Trick("encoding-behind-cr-line", Axis.HEADER_END, change(before_encoding=b"\r\r\n"))
    yield Trick("body-glued-to-header", Axis.HEADER_END, change(encoding_end=b"\r\n", part_head_end=b"X: x\r\n"))
    yield Trick("message-body-at-malformed-line", Axis.HEADER_END, change(head_end=b"no field here\r\n"))
    yield Trick("ten-thousand-fields", Axis.HEADER_END, change(before_type=b"X-F: x\r\n" * 10_000))
    yield Trick("field-of-64-kb-before-type", Axis.HEADER_END, change(before_type=b"X-F: " + b"x" * 65_600 + b"\r\n"))
    yield Trick("lf-lf-in-part-and-body-in-lf", Axis.HEADER_END, change(part_head_end=b"\n", encode=_lines_of_lf))


def _lines_of_lf(octets: bytes) -> bytes:
    return encode_base64(octets).replace(b"\r\n", b"\n")
