"""Canonical forms: the examples of the standard, any pieces, and dkimpy as the reference."""

import hashlib

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from mx.authentication.dkim_canonical import BodyForm, BodyHash, canonical_field, hash_bodies

SIMPLE, RELAXED = BodyForm(is_relaxed=False), BodyForm(is_relaxed=True)
PIECES = st.lists(st.sampled_from([b"a", b"b ", b" ", b"\t", b"\r\n", b"  ", b"\r\n\r\n", b"c\r\n", b"."]), max_size=20)


def digest(form: BodyForm, *pieces: bytes) -> bytes:
    """The digest of these pieces."""
    taken = BodyHash(form)
    for piece in pieces:
        taken.add(piece)
    return taken.digest().sha256


@pytest.mark.parametrize(
    ("form", "body", "canonical"),
    [
        (SIMPLE, b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n"),
        (RELAXED, b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (SIMPLE, b"", b"\r\n"),
        (RELAXED, b"", b""),
        (RELAXED, b"\r\n \r\n", b""),
        (RELAXED, b"no end", b"no end\r\n"),
        (SIMPLE, b"no end", b"no end\r\n"),
    ],
)
def test_bodies_of_the_standard(form: BodyForm, body: bytes, canonical: bytes) -> None:
    """RFC 6376 section 3.4.5, and empty ones."""
    assert digest(form, body) == hashlib.sha256(canonical).digest()


@given(PIECES)
def test_any_pieces_give_what_the_reference_gives_for_the_whole(pieces: list[bytes]) -> None:
    """A run of white space or empty lines may lie across pieces."""
    body = b"".join(pieces)
    for form, reference in ((SIMPLE, Simple), (RELAXED, Relaxed)):
        expected = reference.canonicalize_body(body)
        if form is RELAXED and expected and not expected.endswith(b"\r\n"):
            expected += b"\r\n"
        assert digest(form, *pieces) == digest(form, body)
        if body.endswith(b"\r\n"):
            assert digest(form, body) == hashlib.sha256(expected).digest()


def test_a_length_leaves_the_rest_out_and_says_so() -> None:
    """Whoever appends to such a message is not caught by its digest."""
    limited = BodyForm(is_relaxed=False, most_octets=3)
    short, longer = BodyHash(limited), BodyHash(limited)
    short.add(b"a")
    longer.add(b"abcd\r\n")
    assert short.digest().is_whole
    assert not longer.digest().is_whole
    assert longer.digest().sha256 != hashlib.sha256(b"abcd\r\n").digest()


def test_the_header_is_skipped_over_any_pieces() -> None:
    """The body begins behind so many octets."""
    message, forms = b"A: b\r\n\r\nbody\r\n", (SIMPLE, RELAXED)
    for size in (1, 3, 8, 100):
        pieces = [message[at : at + size] for at in range(0, len(message), size)]
        assert hash_bodies(pieces, 8, forms)[SIMPLE].sha256 == hashlib.sha256(b"body\r\n").digest()


@pytest.mark.parametrize(
    ("field", "relaxed"),
    [(b"A: X", b"a:X"), (b"B : Y\t\r\n\tZ  ", b"b:Y Z"), (b"SUBJECT:  a  b\r\n c\r\n", b"subject:a b c")],
)
def test_fields_of_the_standard(field: bytes, relaxed: bytes) -> None:
    """RFC 6376 section 3.4.5; a simple field stays as it is."""
    assert canonical_field(field, is_relaxed=True) == relaxed
    assert canonical_field(field, is_relaxed=False) == field.removesuffix(b"\r\n")
