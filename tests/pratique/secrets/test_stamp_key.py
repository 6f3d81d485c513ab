"""The stamp key: made once, for its owner alone."""

from pathlib import Path

import pytest

from mx.stamp.key_record import read_public_key
from pratique.secrets.stamp_key import FILE_NAME, StampKeyError, open_signer, public_octets, record_of


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """Nobody else may read it; its record holds the public half."""
    first, second = open_signer(tmp_path, "mx.example"), open_signer(tmp_path, "mx.example")
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert public_octets(first.key) == public_octets(second.key)
    assert first.selector == second.selector
    name, _, text = record_of(first).partition(" TXT ")
    assert name == f"{first.selector}._pratique-stamp.mx.example."
    assert read_public_key(text.strip('"').encode()) == public_octets(first.key)


@pytest.mark.parametrize("content", [b"", b"no key"])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    """In one plain sentence."""
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StampKeyError, match=r"stamp\.key is not a key"):
        open_signer(tmp_path, "mx.example")
