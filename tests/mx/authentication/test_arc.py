"""ARC: chains that dkimpy made are checked by us, chains that we made by dkimpy; and what must not pass."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

import dkim as reference
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mx.authentication.arc import BODY_FORM, MOST_SETS, Chain, ChainState, Sealer, check, sealed
from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies
from mx.authentication.questions import DnsFailed
from tests.contracts.coroutines import result_at_once
from tests.contracts.dns_table import DnsTable
from tests.mx.authentication.test_dkim import BODY, HEADER, KEY_NAME, rsa_key, signed

RESULTS = "mx.s.example; spf=pass smtp.mailfrom=ann@s.example;\r\n\tdkim=pass header.d=s.example"
RECORDS = {KEY_NAME: [rsa_key()[1]]}


def chain_of(header: bytes, body: bytes = BODY, records: Mapping[str, list[str]] = RECORDS) -> Chain:
    """What we say of a message."""

    async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
        return hash_bodies([body], 0, forms)

    return result_at_once(check(DnsTable(records), header, digests))


@cache
def sealer() -> Sealer:
    key = load_pem_private_key(rsa_key()[0], None)
    assert isinstance(key, RSAPrivateKey)
    return Sealer("s.example", "sel", lambda octets: key.sign(octets, PKCS1v15(), SHA256()))


def with_our_seal(header: bytes, body: bytes = BODY) -> bytes:
    """The header with a set of ours on top."""
    digest = hash_bodies([body], 0, [BODY_FORM])[BODY_FORM].sha256
    fields = sealed(chain_of(header, body), header, digest, RESULTS, sealer(), 1_790_000_000)
    assert fields is not None
    return "".join(f"{field}\r\n" for field in fields).encode() + header


def with_their_seal(header: bytes, body: bytes = BODY) -> bytes:
    """The header with a set of dkimpy's on top; it seals what a field of ours says, the chain's state included."""
    field = f"Authentication-Results: {RESULTS};\r\n\tarc={chain_of(header, body).state.value}\r\n".encode()
    # Claims in its own name that are there already are taken away, as a gateway does.
    header = re.sub(rb"Authentication-Results: mx\.s\.example(?:.|\r\n\t)*\r\n(?![ \t])", b"", header, count=1)
    message = field + header + b"\r\n" + body
    fields = reference.arc_sign(message, b"sel", b"s.example", rsa_key()[0], b"mx.s.example", timestamp=1_790_000_000)
    assert fields
    return b"".join(fields) + field + header


def dns_for_them(name: bytes, timeout: int = 5) -> bytes:
    return rsa_key()[1].encode() if name.startswith(b"sel._domainkey.s.example") else b""


def their_state(header: bytes, body: bytes = BODY) -> bytes:
    """What dkimpy says of the chain."""
    state, _, _ = reference.arc_verify(header + b"\r\n" + body, dnsfunc=dns_for_them)
    return bytes(state)


def test_no_chain_is_none() -> None:
    """As of nearly all mail."""
    assert chain_of(HEADER) == Chain(ChainState.NONE)


def test_chains_of_others_and_ours_hold_for_both() -> None:
    """One set on the other, by turns; ours read by the reference, its by us."""
    header = signed()[0]
    for number, put in enumerate((with_our_seal, with_their_seal, with_our_seal, with_our_seal, with_their_seal), 1):
        header = put(header)
        chain = chain_of(header)
        assert (chain.state, len(chain.sets)) == (ChainState.PASS, number)
        assert their_state(header) == b"pass"


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (rb"Subject: a", b"Subject: b"),
        (rb"spf=pass", b"spf=fail"),
        (rb"cv=none", b"cv=pass"),
        (rb"\tb=....", b"\tb=AAAA"),
        (rb"i=1;", b"i=2;"),
        (rb"ARC-Seal: i=1[^\x00]*?\r\n(?=ARC)", b""),
        (rb"ARC-Seal: i=1; a=rsa-sha256", b"ARC-Seal: i=1; a=rsa-sha1"),
        (rb"ARC-Seal: i=1;", b"ARC-Seal: i=1; h=from;"),
        (rb"ARC-Seal: i=1;", b"ARC-Seal: i=x;"),
    ],
)
def test_a_chain_that_was_touched_fails(pattern: bytes, instead: bytes) -> None:
    """Whichever field it was."""
    changed = re.sub(pattern, instead, with_our_seal(HEADER), count=1)
    assert chain_of(changed).state is ChainState.FAIL


def test_a_changed_body_fails_and_the_failure_is_sealed_for_good() -> None:
    """Our set says so, over itself alone; behind it nobody adds anything."""
    failed = with_our_seal(with_our_seal(HEADER), BODY + b"more\r\n")
    assert b"cv=fail" in failed
    chain = chain_of(failed, BODY + b"more\r\n")
    assert chain.was_failed and chain.state is ChainState.FAIL
    assert sealed(chain, failed, b"", RESULTS, sealer(), 0) is None


def test_a_dns_that_does_not_answer_says_nothing() -> None:
    """It must not make a good chain a bad one."""
    with pytest.raises(DnsFailed):

        async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
            return hash_bodies([BODY], 0, forms)

        dns = DnsTable({}, frozenset({"sel._domainkey.s.example"}))
        result_at_once(check(dns, with_our_seal(HEADER), digests))
    assert chain_of(with_our_seal(HEADER), records={}).state is ChainState.FAIL


def test_a_chain_has_an_end() -> None:
    """At fifty sets nothing is added (RFC 8617 section 4.2.1)."""
    full = Chain(ChainState.PASS, chain_of(with_our_seal(HEADER)).sets * MOST_SETS)
    assert sealed(full, HEADER, b"", RESULTS, sealer(), 0) is None


def test_no_line_grows_long() -> None:
    """Mail programs break lines over 998 octets, and with them the seal."""
    assert max(map(len, with_our_seal(signed()[0]).split(b"\r\n"))) < 200
