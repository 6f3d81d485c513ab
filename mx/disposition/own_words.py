"""What a sender is told of a refusal by policy: the tenant's words where it gives any, in the sender's likely language.

Comes in: the message, the copy that is refused. Goes out: the reply. A sender's language is what its message says
(Content-Language, then Accept-Language), then what is mostly read where its domain is registered; an answer to a person
is worth a guess that costs nothing, and a wrong one is the tenant's first text.

Standards: RFC 3282 (Content-Language, Accept-Language); RFC 6531 (letters beyond ASCII).
Failure: none: what cannot be read says nothing, and a tenant without words has ours.
Limits: 10 languages of a field.
"""

import re
from collections.abc import Iterator

from mx import reply
from mx.disposition.copies import Copy, ExaminedMessage
from mx.own_headers import fields_of, header_octets_of
from mx.reply import Reply
from tenants.policies.reject_texts import text_for

_SAYS = re.compile(rb"(content|accept)-language[ \t]*:(.*)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_MOST_LANGUAGES = 10
_READ_THERE = {
    **dict.fromkeys(("de", "at", "li"), "de"),
    **dict.fromkeys(("fr", "mc", "sn", "ci"), "fr"),
    **dict.fromkeys(("es", "mx", "ar", "cl", "co", "pe", "ve", "ec", "uy", "cr", "do", "gt"), "es"),
    **dict.fromkeys(("pt", "br", "ao", "mz"), "pt"),
    **dict.fromkeys(("it", "sm", "va"), "it"),
    **dict.fromkeys(("uk", "us", "ie", "au", "nz", "gov", "mil", "edu"), "en"),
    **dict.fromkeys(("gr", "cy"), "el"),
    **{"nl": "nl", "pl": "pl", "cz": "cs", "sk": "sk", "hu": "hu", "ro": "ro", "bg": "bg", "si": "sl", "hr": "hr"},
    **{"se": "sv", "dk": "da", "no": "nb", "fi": "fi", "ee": "et", "lv": "lv", "lt": "lt", "is": "is", "tr": "tr"},
    **{"ru": "ru", "ua": "uk", "jp": "ja", "cn": "zh", "tw": "zh", "kr": "ko", "il": "he", "sa": "ar", "eg": "ar"},
    **{"vn": "vi", "th": "th", "id": "id", "ir": "fa"},
}
"""Of domains in which one language is read by nearly everybody."""


def refusal_of(message: ExaminedMessage, copy: Copy, reason: str) -> Reply:
    """The reply for this copy, which policy refuses for this reason."""
    standard, texts = reply.refusal(reason), copy.standing.policy.reject_texts
    if not texts:
        return standard
    envelope = message.envelope
    languages = likely_languages(header_octets_of(message.spool), envelope.reverse_path.address)
    said = text_for(texts, languages, allows_utf8=envelope.is_smtputf8)
    return standard if said is None else reply.in_own_words(standard, said)


def likely_languages(header: bytes, reverse_path: str) -> tuple[str, ...]:
    """What the sender probably reads, the most probable first."""
    said: dict[bytes, list[str]] = {b"content": [], b"accept": []}
    for field in fields_of(header):
        if match := _SAYS.match(field):
            said[match[1].lower()] += _tags(match[2].decode("ascii", "replace"))
    top_level = reverse_path.rpartition(".")[2].lower() if "@" in reverse_path else ""
    read_there = [_READ_THERE[top_level]] if top_level in _READ_THERE else []
    return tuple(dict.fromkeys([*said[b"content"], *said[b"accept"], *read_there]))


def _tags(value: str) -> Iterator[str]:
    """The tags of a list in the order of their weights, those of weight 0 left out."""
    weighed = []
    for place, item in enumerate(value.split(",")[:_MOST_LANGUAGES]):
        tag, _, weight = (part.strip() for part in item.partition(";"))
        if _TAG.fullmatch(tag):
            weighed.append((-_weight(weight), place, tag.lower()))
    return (tag for weight, _, tag in sorted(weighed) if weight)


def _weight(text: str) -> float:
    match = re.fullmatch(r"q[ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", text, re.IGNORECASE)
    return float(match[1]) if match else 1.0
