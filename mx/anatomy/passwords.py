"""Passwords to try on what is encrypted: the words of the message itself, since that is how they are sent, and a list.

Comes in: the texts of the message, in every reading. Goes out: candidates, each once, the likelier ones first.

Limits: MOST_CANDIDATES, whatever the message holds; the reader's budget bounds the time spent on them.
"""

import re
from collections.abc import Iterable, Sequence

from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Stretch
from mx.artifact import Artifact

MOST_CANDIDATES = 200
_MOST_TEXT_OCTETS = 64 << 10
_WORD = re.compile(r"\S{1,64}")
_AROUND = "\"'`.,:;!?()[]{}<>\u201c\u201d\u2018\u2019\u00ab\u00bb*_"
_TEXTS = ("text/plain", "text/html", "")


def is_text(artifact: Artifact) -> bool:
    """Whether this artifact may tell a password: a text that is shown, or a header with its subject."""
    if artifact.reading == "headers":
        return True
    return artifact.declared_type in _TEXTS and artifact.reading in ("body", "part", "preamble", "epilogue")


def candidates(texts: Iterable[tuple[Stretch, str]], tenant_passwords: Sequence[str] = ()) -> tuple[str, ...]:
    """What to try, in order; each text comes with its declared charset."""
    words: dict[str, None] = dict.fromkeys(tenant_passwords)
    for content, charset in texts:
        raw = content.base[content.start : min(content.end, content.start + _MOST_TEXT_OCTETS)]
        for word in _WORD.findall(decode_charset(raw, charset)):
            words.setdefault(word)
            words.setdefault(word.strip(_AROUND))
            if len(words) > MOST_CANDIDATES:
                return tuple(words)[:MOST_CANDIDATES]
    return tuple(words)
