"""The master key and the tenants' keys: made once, wrapped for one use, gone when shredded."""

import base64
from pathlib import Path

import pytest
from sqlalchemy import select

from tenants.customers.book import OPERATOR, tenant_named
from tenants.encryption.keys import (
    Keyring,
    KeyTrouble,
    add_missing_keys,
    current_key,
    load_keyring,
    shred,
    unwrap,
    wrap,
)
from tenants.refusals import NotFound
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld

MASTER = bytes(range(32))


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The next start reads the same key."""
    file = tmp_path / "master.key"
    made = load_keyring(None, file)
    assert file.stat().st_mode & 0o777 == 0o600
    key = made.new_tenant_key(1, 1)
    assert load_keyring(None, file).unwrap(key) == made.unwrap(key)
    assert load_keyring(file.read_text(), tmp_path / "unused").unwrap(key) == made.unwrap(key)
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"too short").decode(), "ä" * 44])
def test_a_file_that_holds_no_key_is_never_replaced(tmp_path: Path, text: str) -> None:
    """All mail that is held would be lost with it."""
    file = tmp_path / "master.key"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(KeyTrouble, match="master"):
        load_keyring(None, file)
    assert file.read_text(encoding="utf-8") == text


def test_a_key_that_cannot_be_read_or_used_is_said_in_one_sentence(tmp_path: Path) -> None:
    """With the place it came from."""
    with pytest.raises(KeyTrouble, match="PRATIQUE_MASTER_KEY does not hold a master key: 32 octets in base64"):
        load_keyring("c2hvcnQ=", tmp_path / "unused")
    with pytest.raises(KeyTrouble, match="Is a directory"):
        load_keyring(None, tmp_path)


def test_a_wrapped_key_opens_for_its_use_alone() -> None:
    """Not for another, not with another key, not when changed; two wrappings are never alike."""
    wrapped = wrap(MASTER, b"k" * 32, b"use")
    assert unwrap(MASTER, wrapped, b"use") == b"k" * 32
    assert wrap(MASTER, b"k" * 32, b"use") != wrapped
    for outer, changed, use in [
        (MASTER, wrapped, b"other"),
        (bytes(32), wrapped, b"use"),
        (MASTER, wrapped[:-1], b"use"),
        (MASTER, b"", b"use"),
    ]:
        with pytest.raises(SealBroken):
            unwrap(outer, changed, use)


def test_a_key_ring_does_not_show_its_key() -> None:
    """Not in a traceback's repr either."""
    assert repr(MASTER) not in repr(Keyring(MASTER))
    with pytest.raises(KeyTrouble):
        Keyring(b"short")


def test_every_tenant_gets_a_key_once(world: CustomerWorld) -> None:
    """The built-in one too, though the migration that made it could not."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        operator = tenant_named(session, OPERATOR)
        with pytest.raises(NotFound):
            current_key(session, operator.id)
        before = current_key(session, world.acme.id)
        add_missing_keys(session, world.keyring, NOW)
        add_missing_keys(session, world.keyring, NOW)
        assert world.keyring.unwrap(current_key(session, operator.id))
        assert current_key(session, world.acme.id) == before
        assert len(session.execute(select(customers.tenant_key)).all()) == 3


def test_a_shredded_key_is_gone(world: CustomerWorld) -> None:
    """The other tenants' stay."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        shred(session, world.acme.id)
        with pytest.raises(NotFound):
            current_key(session, world.acme.id)
        current_key(session, world.blue_harbour.id)
