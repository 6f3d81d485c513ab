"""Texts that carry files, HTML and scripts before all: `data:` URLs, and the long literals from which files are made.

Comes in: a text in which `kinds.py` saw signs of either. Goes out: what each URL and literal decodes to: base64, digits
of hexadecimal, lists of numbers, escapes of JavaScript and of URLs, dumps (`hex_dumps.py`); literals that are joined by
plus signs count as one, and what a script puts together from pieces (`script_pieces.py`) as well. In JSON, LDIF and the
like a value is such a literal. Where the text speaks of deflate, what literals decode to is inflated. Nothing is run: a
script that computes its file by other means is for the signatures, which see its text.

Standards: RFC 2397; the HTML standard (character references); ECMA-262 (string escapes).
Failure: none; most literals are no files, and are then small artifacts of no use.
Limits: after MOST_LITERALS, all further ones of a text are one artifact.
"""

import re
from collections.abc import Iterator

from mx.anatomy.ascii85 import ascii85_blocks
from mx.anatomy.base64_readings import decode_block, is_plausible_base64, lenient_base64
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.containers.inflate import FEWEST_OF_SCRAP, inflate
from mx.anatomy.data_urls import data_urls
from mx.anatomy.hex_dumps import dumped
from mx.anatomy.number_lists import shifted
from mx.anatomy.script_pieces import put_together, without_taken_out

MOST_LITERALS = 100
_NAMED = {b"colon": b":", b"comma": b",", b"sol": b"/", b"plus": b"+", b"equals": b"=", b"semi": b";", b"quot": b'"',
          b"apos": b"'", b"tab": b"\t", b"newline": b"\n", b"amp": b"&", b"lt": b"<", b"gt": b">"}  # fmt: skip
_REFERENCE = re.compile(
    rb"&(?:#[xX]0{0,20}([0-9A-Fa-f]{1,2})|#0{0,20}([0-9]{1,3})|(%b));?" % b"|".join(_NAMED), re.IGNORECASE
)
_JOINT = re.compile(
    rb"([\"'`])(?:\s|/\*[^*]{0,200}\*/){0,20}(?:[+,&.](?:\s|/\*[^*]{0,200}\*/|_\r?\n|concat\(){0,20}|\\\r?\n\s*)[\"'`]"
    rb"|\$\{\s*(?:''|\"\"|``)\s*\}"
)
_LETTERS = re.compile(
    rb"(?:[A-Za-z0-9+/_-]{20,}(?:\s|\\[rn]|\\\r?\n)*)+[A-Za-z0-9+/_-]*={0,2}"
    rb"|(?:[A-Za-z0-9+/_-]{1,19}[ \t]*(?:\r?\n|\r|\\[rn])[ \t]*){3,}[A-Za-z0-9+/_-]*={0,2}"
    rb"|(?:[A-Za-z0-9+/_-]+={1,2}){20,}"
)
_QUOTED = re.compile(rb"[\"'`]([A-Za-z0-9+/=\s]{40,})[\"'`]")
"""Base64 with white space in it, which `atob` passes over."""
_FEWEST_LETTERS = 40
_WITHIN_URL = frozenset(b"/?&=.:;%#@~+")
_BEFORE_A_VALUE = frozenset(b"=;:")
_NUMBER = rb"(?:0[xX][0-9A-Fa-f]{1,2}|-?\d{1,3})"
_NUMBERS = re.compile(rb"%b(?:\s*,\s*%b){15,}" % (_NUMBER, _NUMBER))
_SEPARATED = re.compile(rb"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{1,3}(?:[ ;:|_-]|, ?)){15,}+[0-9A-Fa-f]{0,3}")
_SEPARATORS = re.compile(rb"[ ,;:|_-]+")
_SIGN = re.compile(
    rb"(?i:chr[wb$]{0,2}\s{0,3}\(|charcode\(|\[char\]\(?)\s{0,9}(0[xX][0-9A-Fa-f]{1,2}|&[hH][0-9A-Fa-f]{1,2}|\d{1,4})"
    rb"(?:\s{0,9}([-+*/])\s{0,9}(\d{1,4}))?"
)
"""A call that makes a sign of a number, or of a sum of two."""
_FEWEST_NUMBERS = 16
_ESCAPES = re.compile(
    rb"(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{0{0,20}[0-9A-Fa-f]{1,2}\}|%u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}"
    rb"|\\(?:[0-3][0-7]{0,2}|[4-7][0-7]?))"
)
_LETTER_ESCAPE = re.compile(rb"\\(/|x[2-7][0-9A-Fa-f]|u00[2-7][0-9A-Fa-f])")
"""How scripts and JSON may write a letter of base64."""
_ESCAPED = re.compile(rb"(?:%b){8,}" % _ESCAPES.pattern)
_CONTINUED = re.compile(rb"(?:[\\^`]|[ \t]_)\r?\n[ \t]*")
"""How a line of a script, a batch file or a registry file goes on in the next."""
_FEWEST_REFERENCES = 16
_INNER_SPACE = re.compile(rb"\S\s+\S")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")


def open_html(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What the URLs and literals of the text hold."""
    text = content.raw
    seen: set[bytes] = set()
    rest: list[bytes] = []
    may_be_packed = b"eflate" in text
    for declared, octets in _files(text):
        budget.charge_octets(len(octets))
        if len(seen) % 64 == 0:
            budget.check_time()
        if not octets or octets in seen:
            continue
        if not declared and may_be_packed and (plain := inflate(octets, 0, len(octets), budget).octets):
            rest.extend([plain] if len(plain) >= FEWEST_OF_SCRAP else [])
        if len(seen) >= MOST_LITERALS:
            rest.append(octets)
            continue
        seen.add(octets)
        yield Member("embedded", declared, "embedded", whole(octets), is_further=True, is_guess=not declared)
    if rest:
        yield Member("embedded", "", "embedded", whole(b"\n".join(rest)), is_further=True, is_guess=True)


def _files(text: bytes) -> Iterator[tuple[str, bytes]]:
    texts = [text]
    if _REFERENCE.search(text):
        texts.append(_REFERENCE.sub(_resolved, text))
    for plain in texts:
        yield from data_urls(plain)
    if (flat := texts[-1].translate(None, b"\t\r\n")).lower().count(b"data:") > texts[-1].lower().count(b"data:"):
        # Browsers leave these out of a URL wherever they stand.
        yield from data_urls(flat)
    if len(_REFERENCE.findall(text)) >= _FEWEST_REFERENCES:
        yield "", texts[-1]
    yield from (("", octets) for octets in (*dumped(texts[-1]), *ascii85_blocks(texts[-1])))
    continued = _CONTINUED.sub(b"", texts[-1])
    joined = _JOINT.sub(b"", continued)
    for found in _ESCAPED.finditer(joined):
        yield from (("", octets) for octets in _unescaped(found[0]))
    if _ESCAPED.search(joined):
        joined = _JOINT.sub(b"", _ESCAPES.sub(lambda escape: _octet(escape[0]), joined))
        yield "", joined
    joined = _LETTER_ESCAPE.sub(_letter, joined) if b"\\" in joined else joined
    is_reversed = b"reverse" in text
    yield from (("", octets) for octets in _of_letters(joined, is_reversed=is_reversed, is_markup=b"<" in text))
    kept = without_taken_out(continued)
    for whole_text in (*put_together(continued), *((kept, *put_together(kept)) if kept is not continued else ())):
        yield "", whole_text
        yield from (("", octets) for octets in _of_letters(whole_text, is_reversed=is_reversed, is_markup=False))
        if b"," in whole_text or b" " in whole_text:
            yield from (("", octets) for octets in numbers_of(whole_text))
    if b"atob" in text or b"ase64" in text:
        for quoted in _QUOTED.finditer(joined):
            if _INNER_SPACE.search(quoted[1]) is not None and is_plausible_base64(quoted[1]):
                yield from (("", octets) for octets in lenient_base64(quoted[1]))
    yield from (("", octets) for octets in numbers_of(joined))


def _of_letters(text: bytes, *, is_reversed: bool, is_markup: bool) -> Iterator[bytes]:
    """What the runs of letters decode to; in markup, where scripts take a file from elements, all as one too."""
    pieces: list[bytes] = []
    for found in _LETTERS.finditer(text):
        if _is_within_url(text, found):
            continue
        pieces.append(found[0])
        if len(found[0]) >= _FEWEST_LETTERS:
            yield from _decoded(found[0], is_reversed=is_reversed)
    if len(pieces) > 1 and is_markup:
        yield from _decoded(b"".join(pieces), is_reversed=False)


def _letter(escape: re.Match[bytes]) -> bytes:
    return b"/" if escape[1] == b"/" else bytes([int(escape[1][-2:], 16)])


def numbers_of(text: bytes) -> Iterator[bytes]:
    """The octets that lists of numbers stand for, whatever parts them, and calls that make a sign of each."""
    for found in _NUMBERS.finditer(text):
        listed = [_number(number) for number in found[0].split(b",")]
        yield bytes(number & 255 for number in listed)
        yield from shifted(listed)
    for found in _SEPARATED.finditer(text):
        numbers = [number for number in _SEPARATORS.split(found[0]) if number]
        if all(number.isdigit() for number in numbers):
            yield bytes(int(number) & 255 for number in numbers)
        if all(len(number) <= 2 for number in numbers):
            yield bytes(int(number, 16) for number in numbers)
    signs = _SIGN.findall(text)
    if len(signs) >= _FEWEST_NUMBERS:
        reckoned = [_sum(*sign) for sign in signs]
        yield bytes(number & 255 for number in reckoned)
        yield from shifted(reckoned)


def _sum(number: bytes, operator: bytes, other: bytes) -> int:
    """Two numbers as a script reckons with them; one alone as it is."""
    first, second = _number(number.lower().replace(b"&h", b"0x")), int(other or b"0")
    match operator:
        case b"+":
            return first + second
        case b"-":
            return first - second
        case b"*":
            return first * second
        case b"/":
            return first // (second or 1)
        case _:
            return first


def _resolved(reference: re.Match[bytes]) -> bytes:
    """The octet that a character reference stands for; files are written in ASCII."""
    if reference[3]:
        return _NAMED[reference[3].lower()]
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return bytes([code]) if code < 256 else reference[0]


def _is_within_url(text: bytes, found: re.Match[bytes]) -> bool:
    before, after = text[max(found.start() - 1, 0) : found.start()], text[found.end() : found.end() + 1]
    return bool(before and before[0] in _WITHIN_URL - _BEFORE_A_VALUE and after and after[0] not in b"\"'`")


def _decoded(literal: bytes, *, is_reversed: bool) -> Iterator[bytes]:
    letters = literal.replace(b"\\r", b"").replace(b"\\n", b"").translate(None, b"\\ \t\r\n").removeprefix(b"0x")
    if _HEX.fullmatch(letters):
        yield bytes.fromhex(letters.decode("ascii"))
    yield from lenient_base64(letters)
    if is_reversed:
        yield decode_block(letters[::-1].translate(None, b"=-_"))


def _unescaped(run: bytes) -> Iterator[bytes]:
    """The octets of a run of escapes; code units of two octets are read in both ways."""
    escapes = _ESCAPES.findall(run)
    yield b"".join(map(_octet, escapes))
    if any(escape[1:2] == b"u" for escape in escapes):
        units = [int(escape[2:].strip(b"{}"), 16) for escape in escapes if escape[1:2] == b"u"]
        yield b"".join(unit.to_bytes(2, "little") for unit in units)


def _octet(escape: bytes) -> bytes:
    if escape.startswith(b"%") and escape[1:2] not in b"uU":
        return bytes([int(escape[1:], 16)])
    if escape[1:2] in b"xu":
        return bytes([int(escape[2:].strip(b"{}"), 16) & 255])
    return bytes([int(escape[1:], 8) & 255])


def _number(text: bytes) -> int:
    number = text.strip().lower()
    return int(number, 16 if number.startswith(b"0x") else 10)
