"""The skeleton of a message: its header section and its text, without its attachments. Pure.

Comes in: the artifacts of an opened message. Goes out: one more artifact, in the place of the message itself: what
stands for the whole mail before signatures that were written for mail. It begins with the octets with which the
message began, header section and blank line, so a scanner takes it for mail as it would the message. Then come the
type and the name of each part, and its text where it is one, decoded, in their order. The encoded attachments, which
cost a scanner most and tell it nothing that the decoded ones do not, are left out.

Limits: MOST_OCTETS of text, because reading mail is what a scanner is slow at; what comes later is examined as a part
alone. Known gaps: a signature for the encoded form of an attachment finds nothing here; `whole_message` shows that too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from mx.artifact import Artifact
from mx.engines.canary import Octets

READING = "skeleton"
MOST_OCTETS = 16 << 10
_PARTS = ("body", "part")
_TEXTS = ("", "text/plain", "text/html")


def with_skeleton(artifacts: Sequence[Artifact]) -> Sequence[Artifact]:
    """The artifacts, and the skeleton behind them where the message was opened."""
    headers = next((each for each in artifacts if each.reading == "headers" and each.parent == 0), None)
    if headers is None or artifacts[0].number != 0:
        return artifacts
    pieces = [*headers.content.chunks(), b"\r\n"]
    left = MOST_OCTETS
    for artifact in artifacts:
        if artifact.reading not in _PARTS:
            continue
        pieces.append(_about(artifact))
        if artifact.declared_type in _TEXTS and left > 0:
            for chunk in artifact.content.chunks():
                pieces.append(chunk[:left])
                left -= len(pieces[-1])
            pieces.append(b"\r\n")
    raw = b"".join(pieces)
    digest = hashlib.sha256(raw).hexdigest()
    return [*artifacts, replace(artifacts[0], reading=READING, sha256=digest, content=Octets(raw))]


def _about(artifact: Artifact) -> bytes:
    """The part's type and name as a header would have them."""
    if artifact.reading == "body":
        return b""
    about = f'Content-Type: {artifact.declared_type}\r\nContent-Disposition: attachment; filename="{artifact.name}"\r\n'
    return about.encode("utf-8", "replace") + b"\r\n"
