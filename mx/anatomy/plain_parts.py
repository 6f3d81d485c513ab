"""Plain parts: the header of a part that one look proves to be read alike by everybody.

Comes in: where a part begins, and where it has ended. Goes out: the one view of it, and where its body begins; None for
any header that this look says nothing of, which `headers.py` and `views.py` then read. Most parts' headers are a type,
an encoding and a file name as all programs write them, and the whole reading of such a one costs three times as much.

What is proved: nothing but lines of these fields, each but the last ones at most once, all ending in CRLF, with nothing
in them that is written in two ways. So this gives what the whole reading gives, which a test holds for every header
that it takes; what it leaves out costs time alone.

Standards: RFC 2045 sections 5 and 6; RFC 2183 section 2; RFC 2046 section 5.1.1.
Failure: none. Limits: linear in the header's size: no two alternatives begin alike.
"""

import re

from mx.anatomy.views import View

_FOLD = rb"[ \t]*(?:\r\n[ \t]+)?"
_END = rb";?[ \t]*\r\n"
_FILE = rb"(?![ .])[A-Za-z0-9 _()+,@~.-]{1,200}(?<![ .])"
_ONCE = b"(?(%d)(?!))"
"""Nothing where that group has matched already."""
_BOUNDARY = rb"(?:\"([0-9A-Za-z_+./:=-]{1,70})\"|([0-9A-Za-z_+./:=-]{1,70}))"
_PARAMETERS = (
    rb"(?:;%b(?:"
    rb"charset=%b(\"?)([A-Za-z0-9_.:+-]{1,40})\4"
    rb"|name=%b\"(%b)\""
    rb"|(?:format|delsp|reply-type|method|x-unix-mode|x-mac-type|x-mac-creator)=[A-Za-z0-9_.-]{1,40}"
    rb"))*"
) % (_FOLD, _ONCE % 4, _ONCE % 6, _FILE)
_DISPOSITION = (
    rb"(attachment|inline)(?:;%b(?:"
    rb"filename=%b\"(%b)\""
    rb"|size=[0-9]{1,20}|(?:creation|modification|read)-date=\"[A-Za-z0-9,:+() -]{0,60}\""
    rb"))*"
) % (_FOLD, _ONCE % 9, _FILE)
_PLAIN_PART = re.compile(
    rb"(?:content-(?:t(?:"
    rb"ype:[ \t]*(multipart/[a-z-]{1,40};%b%b[ \t]*\r\n|(?!multipart|message)[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,99}%b%b)"
    rb"|ransfer-encoding:[ \t]*(7bit|8bit|binary|base64|quoted-printable)[ \t]*\r\n)"
    rb"|disposition:%b[ \t]*%b%b"
    rb"|(?:id|description|language|location|base|md5):[\t -~\x80-\xff]*\r\n)"
    rb"|(?:mime-version|x-attachment-id):[\t -~\x80-\xff]*\r\n"
    rb")*\r\n" % (_FOLD, b"boundary=" + _BOUNDARY, _PARAMETERS, _END, _ONCE % 8, _DISPOSITION, _END),
    re.IGNORECASE,
)


def read_plain_part(base: bytes, start: int, end: int) -> tuple[View, int] | None:
    """The one view of the part that begins here, as no type is its type by default, and where its body begins."""
    found = _PLAIN_PART.match(base, start, end)
    if found is None:
        return None
    declared, quoted, bare, _, charset, name, encoding, _, file = found.groups(b"")
    lower = found[0].lower()
    # A value that speaks of another field, or of a boundary, is one that programs may read as more than a value.
    if lower.count(b"content-t") != bool(declared) + bool(encoding) or (name and file and name != file):
        return None
    boundary = quoted or bare or None
    if boundary is None and b"boundary" in lower:
        return None
    media_type = declared.partition(b";")[0].strip().lower().decode("ascii")
    shown = (file or name).decode("ascii")
    return View(media_type, boundary, charset.decode("ascii"), encoding.lower(), shown), found.end()
