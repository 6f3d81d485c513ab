"""Wrapped master keys as rows, on both databases."""

from tenants.encryption.wrapped_master_keys import (
    add_wrapped_master_key,
    forget_master_keys,
    keep_newest_master_key,
    wrapped_master_keys,
)
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_the_newest_of_a_kms_key_comes_first(world: CustomerWorld) -> None:
    """Another's are left alone, whatever is done with these."""
    with world.database.unit_of_work(Reader.NODE) as session:
        add_wrapped_master_key(session, "one", b"first", 0, NOW)
        add_wrapped_master_key(session, "one", b"too late", 0, NOW)
        add_wrapped_master_key(session, "other", b"its own", 0, NOW)
        add_wrapped_master_key(session, "one", b"second", 1, NOW)
        assert wrapped_master_keys(session, "one") == (b"second", b"first")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        keep_newest_master_key(session, "one")
        keep_newest_master_key(session, "nobody's")
        assert wrapped_master_keys(session, "one") == (b"second",)
        forget_master_keys(session, "one")
        assert (wrapped_master_keys(session, "one"), wrapped_master_keys(session, "other")) == ((), (b"its own",))
