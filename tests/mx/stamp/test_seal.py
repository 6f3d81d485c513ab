"""A good stamp saves work; thirteen bad ones, and more, do not."""

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mx.stamp.form import read_stamp
from mx.stamp.seal import Flaw, flaw_of, is_genuine, saved
from tests.contracts.stamps import HEADER, LEAVES, NOW, OURS, THEIRS, Stamped, stamped


def test_a_good_stamp_has_no_flaw() -> None:
    """And lists what need not be examined again."""
    good = stamped()
    assert good.flaw() is None
    assert saved(good.stamp.leaves, [*LEAVES, bytes(32)]) == frozenset(LEAVES)


def test_an_unsigned_or_forged_stamp_is_found_out() -> None:
    """No signature, somebody else's, and any changed word."""
    good = stamped()
    other = stamped(Ed25519PrivateKey.generate())
    for forged in (replace(good.stamp, signature=b""), other.stamp, replace(good.stamp, covered=(3, 3))):
        assert flaw_of(forged, good.arrival, OURS, (THEIRS,), good.public_key) is Flaw.FORGED


def test_our_name_from_outside_counts_for_nothing() -> None:
    """Whoever has signed it."""
    assert stamped(domain=OURS).flaw(trusted=(OURS, THEIRS)) is Flaw.OURS


def test_a_changed_boundary_breaks_it() -> None:
    """The body is the same, and its parts are cut in other places."""
    assert stamped().flaw(header=HEADER.replace(b"boundary=b1", b"boundary=b2")) is Flaw.FORGED


@pytest.mark.parametrize(
    "added", [b"Content-Type: text/plain\r\n", b"From: eve@evil.example\r\n", b"MIME-Version: 2\r\n", b"Date: x\r\n"]
)
def test_an_added_field_breaks_it(added: bytes) -> None:
    """Above or below; also one that did not stand there at all."""
    good = stamped()
    assert good.flaw(header=added + HEADER) is Flaw.FORGED
    assert good.flaw(header=HEADER + added) is Flaw.FORGED


def test_fields_that_change_nothing_may_be_added() -> None:
    """Received above all."""
    assert stamped().flaw(header=b"Received: from y by z\r\n" + HEADER) is None


def test_parts_that_were_appended_or_swapped_are_examined() -> None:
    """Their digests are not listed; and the same parts in another encoding are."""
    stamp = stamped().stamp
    appended = hashlib.sha256(b"appended").digest()
    assert saved(stamp.leaves, [LEAVES[0], appended]) == {LEAVES[0]}
    assert saved(stamp.leaves, [LEAVES[1], LEAVES[0]]) == frozenset(LEAVES)


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"expires_at": NOW - 1}, Flaw.EXPIRED),
        ({"made_at": NOW + 3600}, Flaw.EXPIRED),
        ({"expires_at": NOW + 30 * 86_400}, Flaw.EXPIRED),
        ({"result": "released"}, Flaw.NOT_CLEAN),
        ({"result": "unscannable"}, Flaw.NOT_CLEAN),
        ({"covered": (1, 2)}, Flaw.INCOMPLETE),
        ({"covered": (0, 0)}, Flaw.INCOMPLETE),
        ({"domain": "mx.stranger.example"}, Flaw.UNKNOWN_SERVICE),
    ],
)
def test_what_the_service_itself_says_counts_against_it(changes: dict[str, object], flaw: Flaw) -> None:
    """Expired, from the future, good for too long, a release of another tenant's, not everything examined."""
    assert stamped(**changes).flaw() is flaw


def test_it_is_good_for_its_recipients_and_its_sender_alone() -> None:
    """Whoever sends it on to somebody else has it examined."""
    good: Stamped = stamped()
    assert good.flaw(recipients=("b@t.example",)) is Flaw.OTHER_RECIPIENTS
    assert good.flaw(reverse_path="eve@evil.example") is Flaw.OTHER_SENDER


def test_without_its_key_it_counts_for_nothing() -> None:
    """An unknown selector, a revoked key, a DNS that does not answer: the message is examined, and not put off."""
    good = stamped()
    assert good.flaw(public_key=None) is Flaw.NO_KEY
    assert good.flaw(public_key=b"short") is Flaw.FORGED


def test_folding_and_case_do_not_matter() -> None:
    """A server on the way may fold anew."""
    good = stamped()
    field = good.stamp.to_field().encode().replace(b"\r\n\t", b"\r\n  ").replace(b"Pratique", b"pratique")
    header = HEADER.replace(b"Subject: x", b"SUBJECT:\r\n x ")
    assert is_genuine(read_stamp(field), header, good.public_key)
