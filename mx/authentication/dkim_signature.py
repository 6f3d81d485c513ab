"""DKIM signatures and keys as they are written: tag lists, read and checked. Pure.

Comes in: a DKIM-Signature field, a key record. Goes out: `Signature`, `Key`.

Standards: RFC 6376 sections 3.2, 3.5, 3.6.1; RFC 8463 (Ed25519); RFC 8301 (no SHA-1, no RSA below 1024 bits).
Failure: `BadSignature`, `BadKey`: permanent errors of that signature.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum

from mx.authentication.dkim_canonical import BodyForm

_TAG = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")
_OWN_SIGNATURE = re.compile(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_WHITE = re.compile(rb"[ \t\r\n]+")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_NUMBER = re.compile(rb"[0-9]{1,12}")
_OF_A_SEAL = {b"v": b"1", b"c": b"relaxed/relaxed", b"h": b"from", b"bh": b""}
"""What a seal does not say because it cannot be otherwise."""


class BadSignature(ValueError):
    """The signature cannot be used."""


class BadKey(ValueError):
    """The key cannot be used."""


class Algorithm(StrEnum):
    """What may sign."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature field."""

    algorithm: Algorithm
    domain: str
    selector: str
    identity: str
    """The domain of the tag `i`."""
    signed: tuple[bytes, ...]
    """The names of the signed fields, lower case, in their order."""
    is_header_relaxed: bool
    body: BodyForm
    body_hash: bytes
    value: bytes
    made_at: int | None
    """Seconds since 1970."""
    expires_at: int | None
    field: bytes
    """As received."""

    @property
    def unsigned_field(self) -> bytes:
        """The field with its own signature left out, as it was when it was signed."""
        name, colon, value = self.field.partition(b":")
        return name + colon + _OWN_SIGNATURE.sub(rb"\1", value, count=1)


@dataclass(frozen=True, slots=True)
class Key:
    """One key record."""

    kind: str
    public: bytes
    must_be_exact: bool
    """The flag `s`: the identity's domain is the signing domain itself."""
    is_testing: bool


def read_tags(text: bytes) -> dict[bytes, bytes]:
    """A tag list; raises ValueError for one that is none, or has a tag twice."""
    tags: dict[bytes, bytes] = {}
    for each in text.split(b";"):
        if not each.strip(b" \t\r\n"):
            continue
        name, equals, value = each.partition(b"=")
        name = name.strip(b" \t\r\n")
        if not equals or not _TAG.fullmatch(name) or name in tags:
            raise ValueError("no tag list")
        tags[name] = value.strip(b" \t\r\n")
    return tags


def read_signature(field: bytes) -> Signature:
    """The signature in this field. Raises BadSignature."""
    try:
        tags = read_tags(field.partition(b":")[2])
        return _signature(tags, field)
    except (ValueError, KeyError, binascii.Error) as error:
        raise BadSignature(str(error) or type(error).__name__) from None


def read_arc_signature(field: bytes) -> Signature:
    """The signature in an ARC-Message-Signature, whose tag `i` is its instance (RFC 8617 section 4.1.2)."""
    try:
        tags = read_tags(field.partition(b":")[2])
        del tags[b"i"]
        return _signature({**tags, b"v": b"1"}, field)
    except (ValueError, KeyError, binascii.Error) as error:
        raise BadSignature(str(error) or type(error).__name__) from None


def read_seal(field: bytes) -> Signature:
    """The signature in an ARC-Seal, which is over header fields alone, all of them relaxed (section 4.1.3)."""
    try:
        tags = read_tags(field.partition(b":")[2])
        return _signature({**_OF_A_SEAL, b"a": tags[b"a"], b"d": tags[b"d"], b"s": tags[b"s"], b"b": tags[b"b"]}, field)
    except (ValueError, KeyError, binascii.Error) as error:
        raise BadSignature(str(error) or type(error).__name__) from None


def _signature(tags: dict[bytes, bytes], field: bytes) -> Signature:
    if tags[b"v"] != b"1":
        raise ValueError("another version")
    domain, selector = _domain(tags[b"d"]), _domain(tags[b"s"])
    identity = _domain(tags[b"i"].rpartition(b"@")[2]) if b"i" in tags else domain
    if identity != domain and not identity.endswith("." + domain):
        raise ValueError("its identity is not below its domain")
    signed = tuple(name.strip(b" \t\r\n").lower() for name in tags[b"h"].split(b":"))
    if b"from" not in signed:
        raise ValueError("it does not sign From")
    header_form, _, body_form = tags.get(b"c", b"simple/simple").lower().partition(b"/")
    forms = {b"simple": False, b"relaxed": True}
    return Signature(
        Algorithm(tags[b"a"].decode("ascii").lower()),
        domain,
        selector,
        identity,
        signed,
        forms[header_form],
        BodyForm(forms[body_form or b"simple"], _number(tags, b"l")),
        _base64(tags[b"bh"]),
        _base64(tags[b"b"]),
        _number(tags, b"t"),
        _number(tags, b"x"),
        field,
    )


def _domain(written: bytes) -> str:
    name = written.decode("ascii").lower().rstrip(".")
    if not _DOMAIN.fullmatch(name):
        raise ValueError("a domain that is none")
    return name


def _number(tags: dict[bytes, bytes], name: bytes) -> int | None:
    if name not in tags:
        return None
    if not _NUMBER.fullmatch(tags[name]):
        raise ValueError("a number that is none")
    return int(tags[name])


def _base64(written: bytes) -> bytes:
    return base64.b64decode(_WHITE.sub(b"", written), validate=True)


def read_key(text: bytes) -> Key:
    """The key in this record. Raises BadKey; one that was revoked is none."""
    try:
        tags = read_tags(text)
        if tags.get(b"v", b"DKIM1") != b"DKIM1":
            raise ValueError("another version")
        public = _base64(tags[b"p"])
    except (ValueError, KeyError, binascii.Error) as error:
        raise BadKey(str(error) or type(error).__name__) from None
    if not public:
        raise BadKey("revoked")
    hashes, services = tags.get(b"h", b"sha256"), tags.get(b"s", b"*")
    if b"sha256" not in re.split(rb"[ \t]*:[ \t]*", hashes):
        raise BadKey("not for SHA-256")
    if not {b"*", b"email"} & set(re.split(rb"[ \t]*:[ \t]*", services)):
        raise BadKey("not for mail")
    flags = re.split(rb"[ \t]*:[ \t]*", tags.get(b"t", b""))
    return Key(tags.get(b"k", b"rsa").decode("ascii", "replace").lower(), public, b"s" in flags, b"y" in flags)
