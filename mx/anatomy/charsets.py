"""Octets to text for people, by a closed list of charsets.

A message names its charset, and Python has codecs that are no charsets, or are slow on purpose-made input (`punycode`,
`unicode_escape`); so only the charsets in this list are used, and anything else is read as UTF-8, else Latin-1.

Standards: RFC 2046 section 4.1.2; the WHATWG's habit of reading ISO-8859-1 as windows-1252.
Failure: none; what cannot be decoded becomes U+FFFD.
"""

import codecs

_EBCDIC = ("037", "500", "1140", "273", "1026")
_CHARSETS = {
    **{name: name for name in ("utf-8", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-7", "koi8-r", "koi8-u")},
    **{name: name for name in ("gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr")},
    **{name: name for name in ("iso-2022-kr", "hz", "tis-620", "macintosh", "cp437", "cp850", "cp866", "cp932")},
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)},
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"iso-2022-jp{more}": "iso2022_jp_ext" for more in ("", "-1", "-2", "-3", "-2004", "-ext", "-ms")},
    **dict.fromkeys(("csiso2022jp", "cp50220", "cp50221", "iso-2022-cn", "iso-2022-cn-ext"), "iso2022_jp_ext"),
    **{"hz-gb-2312": "hz", "csiso2022kr": "iso-2022-kr"},
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    **{name: name for name in ("utf-32le", "utf-32be")},
    **{f"utf-{size}-{order}": f"utf-{size}{order}" for size in (16, 32) for order in ("le", "be")},
    **dict.fromkeys(("utf16", "ucs-2", "iso-10646-ucs-2", "unicode", "csunicode"), "utf-16"),
    **dict.fromkeys(("utf32", "ucs-4", "iso-10646-ucs-4"), "utf-32"),
    **dict.fromkeys(("utf7", "unicode-1-1-utf-7", "csunicode11utf7"), "utf-7"),
    **{f"{vendor}{page}": f"cp{page:0>3}" for vendor in ("ibm", "cp", "ibm-", "cp-") for page in (*_EBCDIC, "37")},
}
_SHIFTED = ("iso2022_jp_ext", "iso-2022-kr", "hz")
"""Signs that change the alphabet, and may change nothing, stand between the letters."""
_NOT_TRANSPARENT = frozenset(
    {"utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be", "utf-7", *_SHIFTED}
) | frozenset(f"cp{page}" for page in _EBCDIC)
_UTF8_FIRST = frozenset({"", "us-ascii", "ascii", "utf-8", "utf8"})


def decode_charset(octets: bytes, charset: str) -> str:
    """The text of these octets in the named charset, as well as can be."""
    name = charset.strip().lower()
    if name in _UTF8_FIRST or name not in _CHARSETS:
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return octets.decode("utf-8" if name in {"utf-8", "utf8"} else "cp1252", "replace")
    # UTF-7 can spell half a surrogate pair, which no later step could encode again.
    return octets.decode(_CHARSETS[name], "replace").encode("utf-8", "replace").decode("utf-8")


def is_transparent(charset: str) -> bool:
    """Whether ASCII stands for itself in this charset; an unknown one counts as such."""
    return _CHARSETS.get(charset.strip().lower(), "") not in _NOT_TRANSPARENT


def load_charsets() -> None:
    """Load every codec of the list now: a confined process can open no file later."""
    for codec in _CHARSETS.values():
        codecs.lookup(codec)
