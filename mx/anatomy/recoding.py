"""Texts of other charsets once more as UTF-8, so that patterns written in ASCII see what a reader would see.

Comes in: a text and its declared charset, or the text alone. Goes out: the same text as UTF-8.

Standards: RFC 2152 (UTF-7), RFC 2781 (UTF-16); the Unicode standard's section 23.8 (byte order marks).
Failure: none; what cannot be decoded becomes U+FFFD. Limits: one decoding, charged to the budget.
"""

import codecs

from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset, is_transparent
from mx.anatomy.containers.contract import Stretch, whole

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 400
_RARE = 4
"""Fewer NULs than one of so many octets have got into the text in some other way."""


def recoded(content: Stretch, charset: str, budget: Budget) -> Stretch | None:
    """The text as UTF-8 where its charset spells ASCII in other octets, else None."""
    if is_transparent(charset):
        return None
    raw = content.raw
    budget.charge_octets(len(raw))
    text = decode_charset(raw, charset).removeprefix("\ufeff").encode("utf-8", "replace")
    return None if text == raw else whole(text)


def evident_charset(content: Stretch) -> str:
    """The charset of a text that has NULs, or the sequences of UTF-7 or ISO-2022-JP, by their places; empty if none."""
    sample = content.base[content.start : min(content.end, content.start + _SAMPLE)]
    for mark, charset in _MARKS:
        if sample.startswith(mark):
            return charset
    if b"\0" not in sample:
        if content.base.find(b"\x1b", content.start, content.end) >= 0:
            return "iso-2022-jp"
        return "utf-7" if content.base.find(b"+A", content.start, content.end) >= 0 else ""
    if sample.count(0) * _RARE < len(sample):
        return ""
    if sample.count(b"\0\0\0") * 5 > len(sample):
        return "utf-32be" if sample.startswith(b"\0") else "utf-32le"
    return "utf-16be" if sample[::2].count(0) > sample[1::2].count(0) else "utf-16le"
