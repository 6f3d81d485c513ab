"""The stamp as a field: written, folded, read; and what is no stamp."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.stamp.form import MOST_LEAVES, BadStamp, digest_of_recipients, merkle_root, read_stamp
from tests.contracts.stamps import stamped

FIELD = stamped().stamp.to_field().encode()


def test_a_stamp_is_read_as_it_was_written() -> None:
    """Folded, in other case, with more white space."""
    stamp = stamped().stamp
    assert read_stamp(FIELD) == stamp
    assert read_stamp(FIELD.replace(b"Pratique-Stamp", b"PRATIQUE-STAMP").replace(b"\r\n\t", b"\r\n   ")) == stamp
    many = stamped(leaves=tuple(hashlib.sha256(b"%d" % n).digest() for n in range(MOST_LEAVES))).stamp
    assert read_stamp(many.to_field().encode()) == many
    assert all(len(line) <= 998 for line in many.to_field().split("\r\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"v=1", b"v=2"),
        (b"a=ed25519", b"a=rsa"),
        (b"c=relaxed/simple", b"c=relaxed/simple; l=3"),
        (b"d=mx.there.example", b"d=mx there"),
        (b"r=clean", b"r=cl ean"),
        (b"cov=2/2", b"cov=2"),
        (b"t=", b"t=x"),
        (b"h=from:from", b"h=sender"),
        (b"; x=", b"; y="),
        (b"lf=", b"lf=AAAA:"),
        (b"q=", b"q=1; q="),
    ],
)
def test_what_is_no_stamp_is_refused(before: bytes, after: bytes) -> None:
    """A length tag above all: it would let anybody append."""
    assert before in FIELD
    with pytest.raises(BadStamp):
        read_stamp(FIELD.replace(before, after, 1))


@given(st.binary(max_size=100) | st.integers(0, len(FIELD)).map(lambda cut: FIELD[:cut]))
def test_any_octets_are_a_stamp_or_none(octets: bytes) -> None:
    """Nothing else is raised, and a cut stamp is none."""
    if octets == FIELD:
        return
    with pytest.raises(BadStamp):
        read_stamp(octets)


def test_recipients_count_in_any_order_and_case_of_domains() -> None:
    """But not in the case of local parts."""
    assert digest_of_recipients(["a@X.example", "b@y.example"]) == digest_of_recipients(["b@Y.example", "a@x.example"])
    assert digest_of_recipients(["a@x.example"]) != digest_of_recipients(["A@x.example"])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=9), st.integers(0, 8))
def test_the_root_changes_with_every_leaf(leaves: list[bytes], at: int) -> None:
    """Number, order and content."""
    root = merkle_root(leaves)
    assert root != merkle_root([*leaves, bytes(32)])
    if at < len(leaves):
        changed = [*leaves]
        changed[at] = bytes(x ^ 1 for x in leaves[at])
        assert root != merkle_root(changed)
