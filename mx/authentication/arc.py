"""ARC: what earlier handlers of a message said of it, and a seal of our own on top. Pure, but for the DNS it is given.

Comes in: the header section, a way to get the body's digests, a key. Goes out: the state of the chain, and the three
fields of one more set.

A chain of sets, each of an ARC-Authentication-Results, an ARC-Message-Signature (a DKIM signature in all but name) and
an ARC-Seal over all sets so far. A seal says what its maker found; whether to believe the maker is for the reader.

Standards: RFC 8617 sections 4, 5.1 and 5.2 (experimental); RFC 6376 for signatures and keys.
Failure: a chain that does not hold is `fail`, and stays that for good (section 5.1.2); a DNS that does not answer says
nothing of it, so no seal is put on top.
Limits: MOST_SETS sets (section 4.2.1 gives 50).
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mx.authentication.dkim import BodyDigests, is_signed_by, signed_octets, split_fields
from mx.authentication.dkim_canonical import BodyForm, canonical_field
from mx.authentication.dkim_signature import (
    BadKey,
    BadSignature,
    Signature,
    read_arc_signature,
    read_key,
    read_seal,
    read_tags,
)
from mx.authentication.questions import Dns

MOST_SETS = 50
BODY_FORM = BodyForm(is_relaxed=True)
SIGNED = (
    *(b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding", b"dkim-signature", b"list-id"),
)
"""The fields that our message signature is over, as far as the message has them."""
_KINDS = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
_INSTANCE = re.compile(rb"(?:^|;)[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})[ \t\r\n]*(?:;|\Z)")
_LINE_CHARACTERS = 70


class ChainState(StrEnum):
    """What a chain is worth; the words of the tag `cv`."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - a state, no secret
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ArcSet:
    """One handler's three fields, as received."""

    results: bytes
    message_signature: bytes
    seal: bytes

    @property
    def fields(self) -> tuple[bytes, bytes, bytes]:
        """In the order in which a seal is over them (section 5.1.1)."""
        return self.results, self.message_signature, self.seal


@dataclass(frozen=True, slots=True)
class Chain:
    """All sets of a message, the oldest first, and what they are worth."""

    state: ChainState
    sets: tuple[ArcSet, ...] = ()
    was_failed: bool = False
    """An earlier handler has sealed that the chain does not hold: nothing is to be added (section 5.1)."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Who seals: a domain, the selector of its key, and the key's signature (RSA with SHA-256) over octets."""

    domain: str
    selector: str
    sign: Callable[[bytes], bytes]


async def check(dns: Dns, header: bytes, digests: BodyDigests) -> Chain:
    """The chain of this message (section 5.2). Raises DnsFailed when a key cannot be asked for."""
    fields = split_fields(header)
    try:
        sets = _sets(fields)
    except ValueError:
        return Chain(ChainState.FAIL)
    if not sets:
        return Chain(ChainState.NONE)
    try:
        states = [_state_of(each.seal) for each in sets]
        if states[-1] is ChainState.FAIL:
            return Chain(ChainState.FAIL, sets, was_failed=True)
        if states != [ChainState.NONE, *[ChainState.PASS] * (len(sets) - 1)]:
            return Chain(ChainState.FAIL, sets)
        is_good = await _message_signature_holds(dns, sets[-1], fields, digests) and await _seals_hold(dns, sets)
    except (BadSignature, BadKey, ValueError, KeyError):
        is_good = False
    return Chain(ChainState.PASS if is_good else ChainState.FAIL, sets)


def sealed(
    chain: Chain, header: bytes, body_sha256: bytes, results: str, sealer: Sealer, now: int
) -> tuple[str, str, str] | None:
    """The three fields to put on top, the seal uppermost, without their last CRLF; None where nothing is to be added.

    `results` is what stands in our Authentication-Results behind its name: the authserv-id first.
    """
    number = len(chain.sets) + 1
    if chain.was_failed or number > MOST_SETS:
        return None
    own = f"ARC-Authentication-Results: i={number}; {results}"
    fields = split_fields(header)
    present = {field.partition(b":")[0].strip(b" \t").lower() for field in fields}
    names = [name for name in SIGNED if name in present]
    by_us = f"d={sealer.domain};\r\n\ts={sealer.selector}; t={now};"
    signature = _signed(
        f"ARC-Message-Signature: i={number}; a=rsa-sha256; c=relaxed/relaxed; {by_us}\r\n\t"
        f"h={_listed(names)};\r\n\tbh={base64.b64encode(body_sha256).decode('ascii')};",
        sealer,
        lambda unsigned: signed_octets(names, fields, unsigned, is_relaxed=True),
    )
    # A chain that does not hold is sealed for itself alone: what stands below cannot be vouched for (section 5.1.2).
    below = chain.sets if chain.state is not ChainState.FAIL else ()
    sets = [*(field for each in below for field in each.fields), own.encode("ascii"), signature.encode("ascii")]
    seal = _signed(
        f"ARC-Seal: i={number}; a=rsa-sha256; cv={chain.state.value}; {by_us}",
        sealer,
        lambda unsigned: _octets_of_sets(sets, unsigned),
    )
    return seal, signature, own


def _sets(fields: Sequence[bytes]) -> tuple[ArcSet, ...]:
    """The sets by their instance. Raises ValueError where one is not whole, or stands twice (section 5.2, step 3)."""
    found: dict[int, dict[bytes, bytes]] = {}
    for field in fields:
        name, _, value = field.partition(b":")
        kind = name.strip(b" \t").lower()
        if kind not in _KINDS:
            continue
        match = _INSTANCE.search(value)
        number = int(match[1]) if match else 0
        if not 1 <= number <= MOST_SETS or kind in found.setdefault(number, {}):
            raise ValueError("an instance that cannot be")
        found[number][kind] = field
    if sorted(found) != list(range(1, len(found) + 1)) or any(len(each) != len(_KINDS) for each in found.values()):
        raise ValueError("a set that is not whole")
    return tuple(ArcSet(*(found[number][kind] for kind in _KINDS)) for number in sorted(found))


def _state_of(seal: bytes) -> ChainState:
    tags = read_tags(seal.partition(b":")[2])
    if b"h" in tags:
        raise ValueError("a seal names no fields (section 4.1.3)")
    return ChainState(tags[b"cv"].decode("ascii").lower())


async def _message_signature_holds(dns: Dns, newest: ArcSet, fields: Sequence[bytes], digests: BodyDigests) -> bool:
    signature = read_arc_signature(newest.message_signature)
    if b"arc-seal" in signature.signed:
        return False
    digest = (await digests({signature.body}))[signature.body]
    if digest.sha256 != signature.body_hash or not digest.is_whole:
        return False
    is_relaxed = signature.is_header_relaxed
    octets = signed_octets(signature.signed, fields, signature.unsigned_field, is_relaxed=is_relaxed)
    return await _is_genuine(dns, signature, octets)


async def _seals_hold(dns: Dns, sets: Sequence[ArcSet]) -> bool:
    """Each seal, the newest first, is over all sets up to its own."""
    for number in range(len(sets), 0, -1):
        seal = read_seal(sets[number - 1].seal)
        before = [field for each in sets[:number] for field in each.fields][:-1]
        if not await _is_genuine(dns, seal, _octets_of_sets(before, seal.unsigned_field)):
            return False
    return True


async def _is_genuine(dns: Dns, signature: Signature, octets: bytes) -> bool:
    texts = await dns.txt(f"{signature.selector}._domainkey.{signature.domain}")
    return bool(texts) and is_signed_by(read_key(texts[0]), signature, octets)


def _octets_of_sets(fields: Sequence[bytes], last: bytes) -> bytes:
    """Relaxed, in the order of the sets (section 5.1.1); the seal's own field last."""
    lines = [canonical_field(field, is_relaxed=True) + b"\r\n" for field in fields]
    return b"".join(lines) + canonical_field(last, is_relaxed=True)


def _signed(field: str, sealer: Sealer, octets: Callable[[bytes], bytes]) -> str:
    """The field with its signature at the end."""
    begun = f"{field}\r\n\tb="
    value = base64.b64encode(sealer.sign(octets(begun.encode("ascii")))).decode("ascii")
    return begun + "\r\n\t".join(
        value[start : start + _LINE_CHARACTERS] for start in range(0, len(value), _LINE_CHARACTERS)
    )


def _listed(names: Sequence[bytes]) -> str:
    """Folded behind every few names, so that no line grows long."""
    words = [name.decode("ascii") for name in names]
    return ":\r\n\t ".join(":".join(words[start : start + 5]) for start in range(0, len(words), 5))
