"""File names: every name that some program could show for a part.

Comes in: the values of a part's Content-Type and Content-Disposition fields. Goes out: the name that most programs
show, and all others: first and last of duplicates, RFC 2231 pieces, encoded words decoded or not, percent signs decoded
or not, other charsets, what stands before a NUL, behind a path, or without trailing dots and spaces, and the end of
a long one. The others may hold what turns the writing direction round, which the first never does.

Standards: RFC 2183 section 2.3; RFC 2231; RFC 2047.
Failure: none. Limits: 24 names of 255 characters.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from mx.anatomy.charsets import decode_charset
from mx.anatomy.headers import raw_text_of, read_parameters, text_of

_MOST_NAMES = 24
_MOST_OCTETS, _MOST_LONG = 255, 1020
_MOST_HEADER = 8192
_MOST_FIELDS = 12
_PLAIN = re.compile(rb"[A-Za-z0-9_()+,@~-](?:[A-Za-z0-9 _()+,@~.-]{0,200}[A-Za-z0-9_()+,@~-])?")
_USUAL = re.compile(
    rb"(?:attachment|inline);[ \t]*filename=\"([A-Za-z0-9_(](?:[A-Za-z0-9 _().-]{0,200}[A-Za-z0-9_)])?)\""
    rb"(?:;[ \t]*(?:size|creation-date|modification-date)=(?:\"[^\"]{0,60}\"|[0-9]{1,20}))*;?"
)
_RAW = re.compile(rb"name[*0-9\0 \t]{0,12}=[ \t]*([^;\r\n]{1,300})", re.IGNORECASE)
_OTHER_CHARSETS = ("utf-8", "windows-1252", "gb18030", "shift_jis", "koi8-r")
_INVISIBLE = dict.fromkeys((*range(32), *range(127, 160)))


def file_names(types: list[bytes], dispositions: list[bytes]) -> tuple[str, tuple[str, ...]]:
    """The name that most programs show, empty where there is none, and every other one."""
    if not dispositions and b"name" not in b"\n".join(types).lower():
        return "", ()
    if len(dispositions) == 1 and (usual := _USUAL.fullmatch(dispositions[0])) is not None:
        again = b'name="' + usual[1].lower() + b'"'
        if b"name" not in b"\n".join(types).lower().replace(again, b"\n"):
            return usual[1].decode("ascii"), ()
    fields = [(value, b"filename") for value in dispositions] + [(value, b"name") for value in types]
    read = [(value, key, read_parameters(value)[1]) for value, key in fields]
    main = ""
    for _, key, parameters in read:
        main = main or _named(dict(reversed(parameters)), key)
    given = {text for _, key, parameters in read for name, text in parameters if name.startswith(key)}
    if len(given) <= 1 and all(_is_plain(text, fields) for text in given):
        return main, ()
    others: dict[str, None] = {}
    for value, key, parameters in read:
        for name in _every_name(value, key, parameters):
            for variant in _variants(name):
                others.setdefault(variant[:_MOST_OCTETS])
                others.setdefault(variant[-_MOST_OCTETS:])
    others.pop(main, None)
    return main, tuple(name for name in others if name)[:_MOST_NAMES]


def _is_plain(text: bytes, fields: list[tuple[bytes, bytes]]) -> bool:
    """Whether all programs show the same name: no odd character, no pieces, and in quotes when it has spaces."""
    if _PLAIN.fullmatch(text) is None or any(b"*" in value for value, _ in fields):
        return False
    return b" " not in text or all(b'"' + text + b'"' in value for value, _ in fields if text in value)


def loose_file_names(header: bytes) -> tuple[str, tuple[str, ...]]:
    """The same for octets that may be a header, whatever stands in them."""
    names: dict[str, None] = {}
    for raw in _RAW.findall(header[:_MOST_HEADER])[:_MOST_FIELDS]:
        for name in _texts(raw.partition(b'";')[0].strip(b' \t"')):
            names.setdefault(name)
    found = [name for name in names if name]
    return (found[0], tuple(found[1:_MOST_NAMES])) if found else ("", ())


def _every_name(value: bytes, key: bytes, parameters: list[tuple[bytes, bytes]]) -> Iterator[str]:
    named = dict(reversed(parameters))
    if key in named:
        yield raw_text_of(named[key], _MOST_LONG)
    yield _decoded(named, key)
    yield _named(dict(parameters), key)
    yield _extended(named, key)
    pieces = [text for name, text in parameters if name.startswith(key + b"*")]
    if len(pieces) > 1:
        yield text_of(b"".join(pieces), _MOST_OCTETS)
    for name, text in parameters:
        if name.rstrip(b"*0123456789\0 \t") == key:
            yield from _texts(text)
    for raw in _RAW.findall(value):
        yield text_of(raw.strip(b' \t"'), _MOST_OCTETS)
        yield text_of(raw.partition(b" ")[0].strip(b'"'), _MOST_OCTETS)


def _texts(raw: bytes) -> Iterator[str]:
    """The readings of one value: words decoded or not, percent signs decoded or not, other charsets."""
    yield text_of(raw, _MOST_OCTETS)
    yield decode_charset(raw[:_MOST_OCTETS], "")
    if b"%" in raw:
        yield text_of(unquote_to_bytes(raw[: 4 * _MOST_OCTETS]), _MOST_OCTETS)
    if b"\\" in raw:
        yield text_of(raw.replace(b"\\", b""), _MOST_OCTETS)
    if not raw.isascii():
        for charset in _OTHER_CHARSETS:
            yield decode_charset(raw[:_MOST_OCTETS], charset)


def _variants(name: str) -> Iterator[str]:
    yield name
    yield name.translate(_INVISIBLE)
    yield name.partition("\0")[0]
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    yield last
    yield last.rstrip(". \t\u3000\xa0\u200b")


def _named(parameters: dict[bytes, bytes], name: bytes) -> str:
    """One parameter's text, RFC 2231 pieces and charsets included (its sections 3 and 4)."""
    if name in parameters:
        return text_of(parameters[name], _MOST_OCTETS)
    return _extended(parameters, name)


def _extended(parameters: dict[bytes, bytes], name: bytes) -> str:
    return text_of(_decoded(parameters, name).encode("utf-8", "replace"), _MOST_OCTETS)


def _decoded(parameters: dict[bytes, bytes], name: bytes) -> str:
    """What its charset says, control characters and writing directions included."""
    pieces = []
    for number in range(50):
        extended, plain = b"%s*%d*" % (name, number), b"%s*%d" % (name, number)
        if extended in parameters:
            pieces.append(parameters[extended])
        elif plain in parameters:
            pieces.append(parameters[plain].replace(b"%", b"%25"))
        else:
            break
    raw = parameters.get(name + b"*", b"") or b"".join(pieces)
    if not raw:
        return ""
    charset, quote, rest = raw.partition(b"'")
    text = rest.partition(b"'")[2] if quote else raw
    return decode_charset(unquote_to_bytes(text[: 4 * _MOST_LONG]), charset[:40].decode("ascii", "replace"))
