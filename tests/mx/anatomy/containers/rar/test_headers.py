"""What a rar's own headers say."""

from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.rar.headers import Walk, walk_headers
from tests.contracts.archives import RAR_4, RAR_5, rar_4, rar_5


def walked(octets: bytes) -> Walk:
    return walk_headers(whole(octets), Budget(lambda: 0.0))


def test_files_are_counted() -> None:
    """In both generations, of valid archives."""
    assert walked(rar_4(b"x")) == Walk(is_valid=True, files=1)
    assert walked(rar_5(b"x")) == Walk(is_valid=True, files=1)


def test_files_that_are_encrypted_are_named() -> None:
    """In both generations."""
    assert walked(rar_4(b"x", b"a.exe", flags=4)).encrypted_files == [("a.exe",)]
    assert walked(rar_5(b"x", b"a.exe", extra=b"\x03\x01\x00\x00")).encrypted_files == [("a.exe",)]


def test_a_wrong_checksum_is_no_archive() -> None:
    """The first header counts."""
    assert not walked(RAR_4 + bytes(7) + rar_4(b"x")[7:]).is_valid
    assert not walked(RAR_5 + bytes(4) + rar_5(b"x")[12:]).is_valid
    assert walked(b"no rar") == Walk()


@given(st.sampled_from([RAR_4, RAR_5]), st.binary(max_size=300))
def test_any_octets_are_walked(mark: bytes, rest: bytes) -> None:
    """Nothing is raised."""
    walked(mark + rest)
