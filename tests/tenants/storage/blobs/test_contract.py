"""Names of blobs. What a store must do is in tests/contracts/blob_store.py."""

import re

from tenants.storage.blobs.contract import new_name


def test_names_are_32_hexadecimal_digits_and_never_the_same() -> None:
    """Safe in a file name and in an URL."""
    names = {new_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in names)
