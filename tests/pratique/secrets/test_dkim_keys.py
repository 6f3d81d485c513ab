"""The keys of our own mail: made once, for their owner alone, and published as records that our checker reads."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mx.authentication.dkim_signature import read_key
from pratique.secrets.dkim_keys import ED25519_FILE, RSA_FILE, DkimKeyError, open_dkim_keys, records_of


def test_the_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    """Nobody else may read them; their records hold the public halves, in strings that a TXT record can have."""
    first, second = open_dkim_keys(tmp_path), open_dkim_keys(tmp_path)
    assert [key.selector for key in first] == [key.selector for key in second]
    for name in (ED25519_FILE, RSA_FILE):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    kinds = []
    for key, record in zip(first, records_of(first, "mx.example"), strict=True):
        name, _, strings = record.partition(" TXT ")
        assert name == f"{key.selector}._domainkey.mx.example."
        texts = strings.strip('"').split('" "')
        assert max(map(len, texts)) <= 255
        kinds.append(read_key("".join(texts).encode()).kind)
    assert kinds == ["ed25519", "rsa"]


@pytest.mark.parametrize("content", [b"", b"no key"])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    """In one plain sentence."""
    (tmp_path / RSA_FILE).write_bytes(content)
    with pytest.raises(DkimKeyError, match=r"dkim-rsa\.key is not a key"):
        open_dkim_keys(tmp_path)


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    """And a file that cannot be read."""
    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / ED25519_FILE).write_bytes(pem)
    with pytest.raises(DkimKeyError, match="neither an Ed25519 nor an RSA key"):
        open_dkim_keys(tmp_path)
    (tmp_path / ED25519_FILE).unlink()
    (tmp_path / ED25519_FILE).mkdir()
    with pytest.raises(DkimKeyError, match="cannot be used: Is a directory"):
        open_dkim_keys(tmp_path)
