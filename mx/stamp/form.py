"""The stamp as a header field: its tags, written and read. Pure.

Comes in: a `Stamp`; or a field as it arrived. Goes out: the other. `docs/stamp.md` is the specification.

Failure: `BadStamp` for a field that is none of ours in every respect; it then counts for nothing, and is taken away.
Limits: MOST_LEAVES leaves are listed, so that the field stays below 4 KB.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mx.authentication.dkim_signature import read_tags

FIELD_NAME = "Pratique-Stamp"
MOST_LEAVES = 40
MOST_OCTETS = 6000
_DIGEST_OCTETS, _SIGNATURE_OCTETS = 32, 64
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,250}[a-z0-9])?")
_WORD = re.compile(r"[a-z-]{1,30}")
_WHITE = re.compile(rb"[ \t\r\n]+")
_ALGORITHM = b"ed25519-sha256"
OVER_SIGNED = (
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding",
)  # fmt: skip
"""Each is signed once more often than it stands there, so that none can be added."""


class BadStamp(ValueError):
    """Not a stamp."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Everything that is signed, and the signature."""

    domain: str
    """Whose stamp it is; its key is in the DNS below it."""
    selector: str
    made_at: int
    """Seconds since 1970."""
    expires_at: int
    transaction: str
    tenant: str
    """Who it was examined for, as the digest of a name that only the service knows."""
    result: str
    """`clean` or another word; only `clean` ever saves work."""
    covered: tuple[int, int]
    """How many leaves were examined whole, and how many there are."""
    policy: bytes
    signed: tuple[str, ...]
    body_hash: bytes
    leaves: tuple[bytes, ...]
    """SHA-256 of each decoded leaf, as far as they are listed."""
    root: bytes
    """Of all leaves, also those that are not listed."""
    reverse_path: bytes
    recipients: bytes
    signature: bytes = b""

    def to_field(self) -> str:
        """The header field, folded, without its last CRLF."""
        lines = [
            f"v=1; a={_ALGORITHM.decode()}; d={self.domain}; s={self.selector};",
            f"t={self.made_at}; x={self.expires_at}; q={self.transaction}; n={self.tenant};",
            f"r={self.result}; cov={self.covered[0]}/{self.covered[1]}; pol={_text(self.policy)};",
            *_folded("h", self.signed),
            f"c=relaxed/simple; bh={_text(self.body_hash)};",
            *_folded("lf", [_text(leaf) for leaf in self.leaves]),
            f"pr={_text(self.root)};",
            f"mf={_text(self.reverse_path)};",
            f"rt={_text(self.recipients)};",
            f"b={_text(self.signature)}",
        ]
        return f"{FIELD_NAME}: " + "\r\n\t".join(lines)


def _folded(name: str, parts: Sequence[str]) -> list[str]:
    """A long tag in lines of some parts each."""
    lines, line = [], f"{name}="
    for number, part in enumerate(parts):
        if len(line) + len(part) > 72 and number:
            lines.append(line)
            line = ""
        line += part + (":" if number + 1 < len(parts) else "")
    return [*lines, line + ";"]


def read_stamp(field: bytes) -> Stamp:
    """The stamp in this field. Raises BadStamp."""
    if len(field) > MOST_OCTETS:
        raise BadStamp("too long")
    try:
        return _stamp(read_tags(field.partition(b":")[2]))
    except (ValueError, KeyError, binascii.Error) as error:
        raise BadStamp(str(error) or type(error).__name__) from None


def _stamp(tags: dict[bytes, bytes]) -> Stamp:
    if tags[b"v"] != b"1" or tags[b"a"] != _ALGORITHM or tags[b"c"] != b"relaxed/simple" or b"l" in tags:
        raise ValueError("another version")
    whole = tags[b"cov"].split(b"/")
    if len(whole) != 2:
        raise ValueError("a cover that is none")
    leaves = tuple(_digest(each) for each in tags[b"lf"].split(b":") if each.strip())
    if len(leaves) > MOST_LEAVES:
        raise ValueError("too many leaves")
    signed = tuple(name.strip(b" \t\r\n").decode("ascii").lower() for name in tags[b"h"].split(b":"))
    if any(signed.count(name) < 1 for name in OVER_SIGNED):
        raise ValueError("it leaves out a field that changes how a message is read")
    return Stamp(
        _matched(_NAME, tags[b"d"]),
        _matched(_NAME, tags[b"s"]),
        int(tags[b"t"]),
        int(tags[b"x"]),
        _matched(_NAME, tags[b"q"]),
        tags[b"n"].decode("ascii"),
        _matched(_WORD, tags[b"r"]),
        (int(whole[0]), int(whole[1])),
        _digest(tags[b"pol"]),
        signed,
        _digest(tags[b"bh"]),
        leaves,
        _digest(tags[b"pr"]),
        _digest(tags[b"mf"]),
        _digest(tags[b"rt"]),
        _exactly(_SIGNATURE_OCTETS, tags[b"b"]),
    )


def _matched(pattern: "re.Pattern[str]", written: bytes) -> str:
    text = written.decode("ascii").lower()
    if not pattern.fullmatch(text):
        raise ValueError("a word that is none")
    return text


def _octets(written: bytes) -> bytes:
    return base64.b64decode(_WHITE.sub(b"", written), validate=True)


def _digest(written: bytes) -> bytes:
    return _exactly(_DIGEST_OCTETS, written)


def _exactly(octets: int, written: bytes) -> bytes:
    decoded = _octets(written)
    if len(decoded) != octets:
        raise ValueError("a digest or a signature that is none")
    return decoded


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def digest_of_recipients(recipients: Iterable[str]) -> bytes:
    """Of the envelope's recipients, in any order; domains in lower case."""
    spelled = sorted(f"{local}@{domain.lower()}" for local, _, domain in (each.rpartition("@") for each in recipients))
    return hashlib.sha256("\n".join(spelled).encode()).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """One digest for all leaves; leaves and knots are told apart, so that no knot can pass for a leaf (RFC 9162)."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves] or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]
