"""Tricks on the encoded body: what some decoders skip, stop at, or read on after."""

import base64
import re
from collections.abc import Callable, Iterator

from tests.corpus.letter import Axis, Decoder, Trick, change, encode_base64, encode_quoted

Encode = Callable[[bytes], bytes]


def tricks() -> Iterator[Trick]:
    """All of them."""
    for name, encode in _base64():
        yield Trick("base64-" + name, Axis.BODY, change(encode=encode), Decoder.BASE64)
    for name, encode in _quoted():
        yield Trick("quoted-" + name, Axis.BODY, change(encode=encode), Decoder.QUOTED)


def _letters(octets: bytes) -> bytes:
    return base64.b64encode(octets)


def _every(letters: bytes, size: int, between: bytes) -> bytes:
    return between.join(letters[at : at + size] for at in range(0, len(letters), size)) + b"\r\n"


def _pieces(octets: bytes, size: int, between: bytes = b"\r\n") -> bytes:
    """Each piece encoded and padded on its own."""
    return between.join(_letters(octets[at : at + size]) for at in range(0, len(octets), size)) + b"\r\n"


def _base64() -> Iterator[tuple[str, Encode]]:
    for name, between in (
        ("dot", b"."), ("dash", b"-"), ("hash", b"#"), ("space", b" "), ("equals", b"="), ("nul", b"\0"),
        ("high", b"\xff"), ("star", b"*"), ("question", b"?"), ("underscore", b"_"),
    ):  # fmt: skip
        yield "each-letter-" + name, lambda octets, between=between: _every(_letters(octets), 1, between)
        yield "each-four-" + name, lambda octets, between=between: _every(_letters(octets), 4, between)
    yield "one-per-line", lambda octets: _every(_letters(octets), 1, b"\r\n")
    yield "six-per-line", lambda octets: _every(_letters(octets), 6, b"\r\n")
    yield "equals-at-line-ends", lambda octets: _every(_letters(octets), 8, b"=\r\n")
    yield "pieces-of-one-octet", lambda octets: _pieces(octets, 1, b"")
    yield "pieces-of-two-octets", lambda octets: _pieces(octets, 2, b"")
    yield "pieces-of-two-lines", lambda octets: _pieces(octets, 20)
    yield "padding-in-the-middle", lambda octets: _letters(octets[:31]) + _letters(octets[31:]) + b"\r\n"
    yield "first-padded-alone", lambda octets: b"QQ==" + _letters(octets) + b"\r\n"
    yield "padding-first", lambda octets: b"====" + _letters(octets) + b"\r\n"
    yield "padding-of-nothing-first", lambda octets: b"=\r\n" + encode_base64(octets)
    yield "no-padding", lambda octets: _letters(octets).rstrip(b"=") + b"\r\n"
    yield "too-much-padding", lambda octets: _letters(octets) + b"====\r\n"
    yield "one-letter-more", lambda octets: _letters(octets).rstrip(b"=") + b"A\r\n"
    yield "text-before-of-letters", lambda octets: b"AAAA\r\n\r\n" + encode_base64(octets)
    yield "text-after", lambda octets: encode_base64(octets) + b"\r\n-- \r\nThis mail was checked.\r\n"
    yield "list-footer-after", lambda octets: encode_base64(octets) + b"_______\r\nList mailing list\r\n"
    yield "blank-lines-before", lambda octets: b"\r\n\r\n\r\n" + encode_base64(octets)
    yield "spaces-on-all-lines", lambda octets: b" \t" + _every(_letters(octets), 20, b" \r\n\t ")
    yield "one-endless-line", lambda octets: _letters(octets + b" " * 60_000) + b"\r\n"
    yield "url-alphabet", lambda octets: base64.urlsafe_b64encode(b"\xfb\xff" + octets) + b"\r\n"
    yield "dot-lines", lambda octets: _every(_letters(octets), 20, b"\r\n.\r\n")
    yield "quote-marks", lambda octets: b"> " + _every(_letters(octets), 20, b"\r\n> ")
    yield "boundary-like-lines", lambda octets: _every(_letters(octets), 20, b"\r\n--\r\n")
    yield "wrong-last-bits", lambda octets: _letters(octets).replace(b"Co=", b"Cp=") + b"\r\n"
    yield "twice", lambda octets: _letters(_letters(octets)) + b"\r\n"
    yield "comment-in-parens", lambda octets: _every(_letters(octets), 24, b"(!!)")
    yield "html-tags-between", lambda octets: _every(_letters(octets), 24, b"<!>")
    yield "quoted-printable-of-base64", lambda octets: _every(_letters(octets), 24, b"=\r\n").replace(b"==", b"=3D=3D")
    yield "decoy-then-real", lambda octets: _letters(b"harmless text 1") + b"==\r\n" + encode_base64(octets)
    yield "end-mark-in-middle", lambda octets: _every(_letters(octets), 48, b"\r\n*\r\n")
    yield "nul-at-end-of-lines", lambda octets: _every(_letters(octets), 24, b"\0\r\n")
    yield "cr-at-each-four", lambda octets: _every(_letters(octets), 4, b"\r")
    yield "lf-at-each-four", lambda octets: _every(_letters(octets), 4, b"\n")
    yield "two-letters-more-on-lines", lambda octets: _every(_letters(octets), 20, b"XX\r\n")
    yield "three-letters-more-on-lines", lambda octets: _every(_letters(octets), 4, b"XXX\r\n")
    yield "lines-of-six-that-are-four", lambda octets: _every(_letters(octets + b"\n" * 28), 4, b"XX\r\n")
    yield "rest-of-line-after-hash", lambda octets: _every(_letters(octets), 20, b"#abcd1234\r\n")
    yield "rest-of-line-after-semicolon", lambda octets: _every(_letters(octets), 24, b" ;more\r\n")
    yield "padding-within-groups", lambda octets: b"".join(_padded_within(octets)) + b"\r\n"
    yield "padding-for-a-zero", lambda octets: _letters(b"\0" * 9 + octets).replace(b"AA", b"=A") + b"\r\n"
    yield "equals-then-blank-line", lambda octets: _letters(octets[:40]) + b"\r\n\r\n" + _letters(octets[40:]) + b"\r\n"


def _padded_within(octets: bytes) -> Iterator[bytes]:
    """Two octets to a group, whose padding stands behind its first letter."""
    for at in range(0, len(octets), 2):
        letters = _letters(octets[at : at + 2]).rstrip(b"=")
        yield letters[:1] + b"=" + letters[1:] if len(letters) == 3 else letters + b"=="


def _quoted() -> Iterator[tuple[str, Encode]]:
    yield "lower-case", lambda octets: encode_quoted(octets).lower()
    yield "soft-breaks-everywhere", lambda octets: b"=\r\n".join(b"=%02X" % octet for octet in octets) + b"\r\n"
    yield "soft-breaks-of-letters", lambda octets: b"=\r\n".join(bytes([octet]) for octet in octets) + b"\r\n"
    yield "soft-break-and-space", lambda octets: _broken(octets, b"= \r\n")
    yield "soft-break-and-tab", lambda octets: _broken(octets, b"=\t\r\n")
    yield "soft-break-lf", lambda octets: _broken(octets, b"=\n")
    yield "soft-break-cr", lambda octets: _broken(octets, b"=\r")
    yield "soft-break-cr-cr-lf", lambda octets: _broken(octets, b"=\r\r\n")
    yield "soft-break-cr-lf-lf", lambda octets: _broken(octets, b"=\r\n\n")
    yield "soft-break-within-code", lambda octets: _split_codes(octets, b"=\r\n")
    yield "lf-within-code", lambda octets: _split_codes(octets, b"\n")
    yield "two-equals", lambda octets: _broken(octets, b"==\r\n")
    yield "equals-before-letter", lambda octets: b"=".join(bytes([octet]) for octet in octets) + b"\r\n"
    for name, between in (
        ("half-code-at-line-end", b"=E\r\n"),
        ("half-code-of-digit", b"=0"),
        ("code-and-no-letter", b"=0x"),
        ("code-of-signs", b"=@!"),
        ("code-with-tab", b"=1\t"),
        ("equals-alone-at-line-end", b"=\t=\r\n"),
        ("equals-space-equals", b"= =\r\n"),
    ):
        yield name, lambda octets, between=between: _broken(octets, between)
    yield "hard-breaks", lambda octets: encode_quoted(octets).replace(b"=\r\n", b"\r\n")
    yield "sign-and-cr-lf-before-code", lambda octets: encode_quoted(octets).replace(b"=5", b"=\r\n5")
    yield "space-before-code", lambda octets: encode_quoted(octets).replace(b"=5", b" =5")
    yield "codes-of-x", lambda octets: b"".join(b"=x%02X" % octet for octet in octets) + b"\r\n"
    yield "mixed-case-codes", lambda octets: encode_quoted(octets).replace(b"A", b"a").replace(b"C", b"c")
    yield "small-codes-for-nothing", lambda octets: b"=0a".join(b"=%02X" % octet for octet in octets) + b"\r\n"
    yield "illegal-code", lambda octets: _broken(octets, b"=GG")
    yield "half-code", lambda octets: _broken(octets, b"=E")
    yield "space-within-code", lambda octets: encode_quoted(octets).replace(b"=5", b"= 5")
    yield "no-soft-breaks", lambda octets: b"".join(b"=%02X" % octet for octet in octets) + b"\r\n"
    yield "endless-line", lambda octets: b"".join(b"=%02X" % octet for octet in octets + b" " * 30_000) + b"\r\n"
    yield "trailing-spaces-on-lines", lambda octets: encode_quoted(octets).replace(b"=\r\n", b"=    \r\n")
    yield "control-octets-between", lambda octets: _broken(octets, b"\x01=\r\n").replace(b"\x01", b"")
    yield "equals-at-the-end", lambda octets: encode_quoted(octets).rstrip() + b"="
    yield "signs-for-codes", lambda octets: encode_quoted(octets).replace(b"=", b"=\r\n=")
    yield "base64-within", lambda octets: encode_quoted(encode_base64(octets))
    yield "nul-within-codes", lambda octets: encode_quoted(octets).replace(b"=4", b"=\x004")


def _broken(octets: bytes, between: bytes) -> bytes:
    return between.join(_plain(octets[at : at + 9]).rstrip() for at in range(0, len(octets), 9)) + b"\r\n"


def _plain(octets: bytes) -> bytes:
    """As few codes as can be: only the sign itself."""
    return octets.replace(b"=", b"=3D") + b"\r\n"


def _split_codes(octets: bytes, between: bytes) -> bytes:
    return re.sub(rb"=(.)(.)", rb"=\1" + between.replace(b"\\", b"\\\\") + rb"\2", encode_quoted(octets))
