"""Dumps: octets that stand in a text as digits of hexadecimal, line by line, with something around them.

Comes in: a text. Goes out: the octets that its lines stand for: the records of Intel HEX and of Motorola's S-records,
the lines of `xxd`, `hexdump -C` and `od`, and lines of pairs that a script writes into a file (`echo 4D 5A>>x`).

Standards: Intel Hexadecimal Object File Format, revision A (1988): records of type 00 hold data; S0 to S9 likewise.
Failure: none. Limits: linear.
"""

import re
from collections.abc import Iterator

_PAIR = rb"[0-9A-Fa-f]{2}"
EVIDENCE = re.compile(
    rb"\n[ \t]{0,20}(?:@?echo[ \t]{1,9}(?:-n[ \t]{1,9})?|[0-9A-Fa-f]{4,16}:?[ \t]{1,9}|:|S[1-3]|[\"'])?(?:%b[ ,:-]?){8}"
    % _PAIR
)
"""A line of a dump; by its line end first, which is found fast."""
_INTEL = re.compile(rb"^[ \t]*:%b[0-9A-Fa-f]{4}00((?:%b){0,255})%b[ \t\r]*$" % ((_PAIR,) * 3), re.MULTILINE)
_MOTOROLA = tuple(
    re.compile(
        rb"^[ \t]*S%d%b(?:%b){%d}((?:%b){0,255})%b[ \t\r]*$" % (kind, _PAIR, _PAIR, kind + 1, _PAIR, _PAIR), re.M
    )
    for kind in (1, 2, 3)
)
_XXD = re.compile(rb"^[0-9A-Fa-f]{4,16}: ?((?:%b){1,8}(?: (?:%b){1,8})*)" % (_PAIR, _PAIR), re.MULTILINE)
_HEXDUMP = re.compile(
    rb"^[0-9A-Fa-f]{4,16}[ \t]+(%b(?:[ ]{1,3}%b)*)[ \t]*(?:[|>*].*)?\r?$" % (_PAIR, _PAIR), re.MULTILINE
)
_WRITTEN = re.compile(
    rb"^[ \t]*(?:@?echo[ \t]+(?:-n[ \t]+)?)?[\"']?(%b(?:[ ,:-]?%b)*)[\"']?[ \t]*(?:[>,;\\^].*)?\r?$" % (_PAIR, _PAIR),
    re.MULTILINE,
)
_FORMS = (_INTEL, *_MOTOROLA, _XXD, _HEXDUMP, _WRITTEN)
_NO_DIGIT = re.compile(rb"[^0-9A-Fa-f]+")
_FEWEST_LINES = 2


def dumped(text: bytes) -> Iterator[bytes]:
    """What the lines of each form stand for, in their order."""
    if EVIDENCE.search(b"\n" + text[:200]) is None and EVIDENCE.search(text) is None:
        return
    for form in _FORMS:
        lines = form.findall(text)
        if len(lines) >= _FEWEST_LINES:
            digits = _NO_DIGIT.sub(b"", b"".join(lines))
            yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
