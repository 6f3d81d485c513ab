"""yEnc blocks within text: `=ybegin`, octets shifted by 42, `=yend`. News programs, and some mail programs, show them.

Standards: the yEnc draft 1.3. Lines may be of any length; sizes and sums that differ do not matter to readers.
Failure: none; a `=ybegin` line without data is text. Parts of one file are each a member, and joined where there are
several.
"""

import re
from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Member, Step, Stretch, whole

_BEGIN = re.compile(rb"(?:\A|(?<=[\r\n]))=ybegin ([^\r\n]{0,500})(?:\r?\n|\r)(?:=ypart [^\r\n]{0,500}(?:\r?\n|\r))?")
_END = re.compile(rb"(?:\r?\n|\r|\A)=y(?:end|begin)")
_NAME = re.compile(rb"name=([^\r\n]{0,255})")
_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_SHIFT = bytes((octet - 42) % 256 for octet in range(256))
_UNESCAPED = {bytes([octet]): bytes([(octet - 64) % 256]) for octet in range(256)}


def open_yenc(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The content of each block."""
    text = content.raw
    pieces: list[bytes] = []
    position = 0
    while (begin := _BEGIN.search(text, position)) is not None:
        budget.check_time()
        end = _END.search(text, begin.end() - 1)
        position = end.start() if end else len(text)
        octets = _decode(text[begin.end() : max(position, begin.end())])
        position = max(position, begin.end())
        if octets:
            budget.charge_octets(len(octets))
            pieces.append(octets)
            name = _NAME.search(begin[1])
            yield Member(decode_charset(name[1], "") if name else "yenc", "", "yenc", whole(octets))
    if len(pieces) > 1:
        joined = b"".join(pieces)
        budget.charge_octets(len(joined))
        yield Member("yenc", "", "yenc", whole(joined), is_further=True)


def _decode(lines: bytes) -> bytes:
    # Dots that SMTP or NNTP doubled at the start of a line are left as they are: the transport took them away.
    unescaped = _ESCAPED.sub(lambda escaped: _UNESCAPED[escaped[1]], lines.translate(None, b"\r\n"))
    return unescaped.translate(_SHIFT)
