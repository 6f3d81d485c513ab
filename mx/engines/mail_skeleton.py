"""The skeleton of a message: its header section and its text as one mail of our own, without its attachments. Pure.

Comes in: the artifacts of an opened message. Goes out: one more artifact, in the place of the message itself: what
stands for the whole mail before signatures that were written for mail. It is a mail whose structure is ours alone:

1. What it carries: texts that are not asked about by themselves, each a part in base64, so that a scanner that opens
   mail has exactly their octets, within a mail: clamd looks for phishing in HTML only there.
2. The message's header section as it came, then the type and name of each part and its text where it is one, decoded,
   in their order, with CRLF and once more with LF: for patterns that want headers and text in one file. It is declared
   form data, which clamd does not open: it has been looked at as it stands.

The structure comes first and its boundary depends on the message's digest, so nothing in a message can end it, hide a
part, or keep it from being opened. The encoded attachments, which cost a scanner most and tell it nothing that the
decoded ones do not, are left out.

Limits: MOST_OCTETS of text, because reading mail is what a scanner is slow at, and MOST_PAGE_OCTETS of HTML carried;
what goes beyond is examined as a part alone. Known gaps, for which there is `whole_message`: signatures for the encoded
form of a part, for a place counted from the mail's first octet, and for an attachment within a mail.
"""

import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mx.artifact import Artifact, Octets

READING = "skeleton"
MOST_OCTETS = 16 << 10
MOST_PAGE_OCTETS = 256 << 10
_PARTS = ("body", "part")
_PAGE = "text/html"
_TEXTS = ("", "text/plain", _PAGE)
_UNNAMED = "text"
_NOT_PLAIN = re.compile(r"[^\w .@+=,~\[\]-]")
_LINE_OCTETS = 675
"""900 characters: longer lines are cut by clamd, shorter ones cost it more."""


def carriable(artifacts: Sequence[Artifact]) -> dict[int, str]:
    """The texts that a skeleton may carry: by number, and the key of each, which tells them apart as they are carried.

    Not their digests: octets that were found clean by themselves are examined again as the page of a mail.
    """
    if _header_section(artifacts) is None:
        return {}
    room = {True: MOST_PAGE_OCTETS, False: MOST_OCTETS}
    keys: dict[int, str] = {}
    for artifact in artifacts:
        is_page, octets = artifact.declared_type == _PAGE, artifact.content.octets
        if artifact.reading in _PARTS and artifact.declared_type in _TEXTS and 0 < octets <= room[is_page]:
            room[is_page] -= octets
            told = f"{artifact.sha256} {artifact.declared_type} {artifact.name}"
            keys[artifact.number] = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
    return keys


def skeleton_of(artifacts: Sequence[Artifact], carried: Sequence[Artifact]) -> Artifact | None:
    """The skeleton, with these in it; None where the message was not opened."""
    headers = _header_section(artifacts)
    if headers is None:
        return None
    seen = [*headers.content.chunks(), b"\r\n", *_texts(artifacts)]
    raw = _mail(artifacts[0].sha256, carried, b"".join(seen))
    return replace(artifacts[0], reading=READING, sha256=hashlib.sha256(raw).hexdigest(), content=Octets(raw))


def carrying(octets: bytes) -> Octets:
    """A skeleton of no message, which carries this page."""
    digest = hashlib.sha256(octets).hexdigest()
    return Octets(_mail(digest, [Artifact(1, 0, _UNNAMED, _PAGE, "body", digest, Octets(octets))], b""))


def _header_section(artifacts: Sequence[Artifact]) -> Artifact | None:
    if not artifacts or artifacts[0].number != 0:
        return None
    return next((each for each in artifacts if each.reading == "headers" and each.parent == 0), None)


def _mail(digest: str, carried: Sequence[Artifact], seen: bytes) -> bytes:
    boundary = f"=_{digest[:40]}"
    pieces = [f'Received: by pratique\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode()]
    start = f"--{boundary}\r\n".encode()
    for artifact in carried:
        pieces += (start, _head(artifact), *_base64(b"".join(artifact.content.chunks())))
    pieces += (start, b"Content-Type: text/plain\r\nContent-Disposition: form-data\r\n\r\n", seen)
    return b"".join((*pieces, f"\r\n--{boundary}--\r\n".encode()))


def _head(artifact: Artifact) -> bytes:
    """Nothing that a stranger wrote stands in it but the plain characters of a name."""
    head = f"Content-Type: {artifact.declared_type or 'text/plain'}\r\nContent-Transfer-Encoding: base64\r\n"
    if artifact.name != _UNNAMED:
        head += f'Content-Disposition: inline; filename="{_NOT_PLAIN.sub("_", artifact.name)}"\r\n'
    return f"{head}\r\n".encode("utf-8", "replace")


def _base64(octets: bytes) -> Iterator[bytes]:
    for start in range(0, len(octets), _LINE_OCTETS):
        yield binascii.b2a_base64(octets[start : start + _LINE_OCTETS], newline=False) + b"\r\n"


def _texts(artifacts: Sequence[Artifact]) -> Iterator[bytes]:
    """What is told of each part, and its text; then the texts again with other line ends."""
    texts: list[bytes] = []
    left = MOST_OCTETS
    for artifact in artifacts:
        if artifact.reading not in _PARTS:
            continue
        yield _about(artifact)
        if artifact.declared_type in _TEXTS and left > 0:
            text = b"".join(artifact.content.chunks())[:left]
            left -= len(text)
            texts.append(text)
            yield text + b"\r\n"
    for text in texts:
        if b"\r\n" in text:
            yield text.replace(b"\r\n", b"\n") + b"\n"


def _about(artifact: Artifact) -> bytes:
    """The part's type and name as a header would have them."""
    if artifact.reading == "body":
        return b""
    about = f'Content-Type: {artifact.declared_type}\r\nContent-Disposition: attachment; filename="{artifact.name}"\r\n'
    return about.encode("utf-8", "replace") + b"\r\n"
