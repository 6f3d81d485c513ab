"""The master key in the setting, in a file, and kept by KMS: the same mail is read, and a wrong one is said."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from pratique.opening import open_database
from pratique.secrets.master_keys import keeper_of, open_keyring
from pratique.settings.settings import Settings
from tenants.encryption.keys import Keyring, KeyTrouble, TenantKey, add_missing_keys, any_key
from tenants.key_rotation import rewrap_tenant_keys
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database import Database
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.servers.ports import HOST, free_port
from tests.servers.s3_server import CREDENTIALS, S3Server

GIVEN = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated one, in which the built-in tenant has no key yet."""
    found = open_database(Settings(data=tmp_path / "data"))
    yield found
    found.close()


@pytest.fixture
def kept(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The setting for a new key of KMS, with credentials in the environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return f"kms://{s3.new_kms_key()}?endpoint={s3.endpoint}"


def give_keys(database: Database, keyring: Keyring) -> TenantKey:
    with database.unit_of_work(Reader.OPERATOR) as session:
        add_missing_keys(session, keyring, NOW)
        key = any_key(session)
    assert key is not None
    return key


def rows(database: Database) -> list[bytes]:
    with database.read(Reader.NODE) as session:
        return list(session.scalars(select(customers.master_key.c.wrapped)).all())


def test_every_start_has_the_same_key_of_kms(database: Database, kept: str) -> None:
    """Made once; the database holds nothing that opens the tenants' keys."""
    first = open_keyring(kept, database)
    key = give_keys(database, first)
    again = open_keyring(kept, database)
    assert again.unwrap(key) == first.unwrap(key)
    [wrapped] = rows(database)
    for start in range(len(wrapped) - 31):
        with pytest.raises(SealBroken):
            Keyring(wrapped[start : start + 32]).unwrap(key)


def test_a_running_process_does_without_kms(database: Database, kept: str, s3: S3Server) -> None:
    """It has its key; one that starts is told plainly."""
    keyring = open_keyring(kept, database)
    key = give_keys(database, keyring)
    away = kept.replace(s3.endpoint, f"http://{HOST}:{free_port()}")
    with pytest.raises(KeyTrouble, match=r"cannot be had: KMS for [\w-]+ cannot be asked: Connection refused\.$"):
        open_keyring(away, database)
    assert keyring.unwrap(key)
    assert len(rows(database)) == 1


def test_a_key_of_kms_is_rotated_under_running_processes(database: Database, kept: str) -> None:
    """They find the new one by themselves, and what only the old one opens is gone."""
    running = open_keyring(kept, database)
    before = give_keys(database, running)
    keeper = keeper_of(kept, database)
    keeper.begin_rotation()
    keeper.begin_rotation()
    assert len(rows(database)) == 2
    with database.unit_of_work(Reader.OPERATOR) as session:
        assert rewrap_tenant_keys(session, open_keyring(kept, database)) == 1
    keeper.end_rotation()
    with database.read(Reader.OPERATOR) as session:
        after = any_key(session)
    assert after is not None and after.wrapped != before.wrapped
    assert running.unwrap(after) == running.unwrap(before) == open_keyring(kept, database).unwrap(after)
    with pytest.raises(SealBroken):
        open_keyring(kept, database).unwrap(before)
    assert len(rows(database)) == 1


def test_another_master_key_than_the_tenants_keys_is_said(database: Database, kept: str, tmp_path: Path) -> None:
    """At the start, whatever keeps it; nobody's mail is lost by a slip."""
    give_keys(database, open_keyring(GIVEN, database))
    for other in (kept, str(tmp_path / "other.key"), base64.b64encode(b"k" * 32).decode()):
        with pytest.raises(KeyTrouble, match="wrapped by another master key than PRATIQUE_MASTER_KEY names"):
            open_keyring(other, database)
    assert open_keyring(GIVEN, database)


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_credentials_that_are_missing_are_named(
    database: Database, kept: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is a region that nobody says."""
    monkeypatch.setenv(missing, " ")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(KeyTrouble, match="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        open_keyring(kept, database)
    with pytest.raises(KeyTrouble, match="PRATIQUE_MASTER_KEY names no region"):
        keeper_of("kms://alias/mail", database, {})


def test_a_file_that_holds_no_key_is_never_replaced(database: Database, tmp_path: Path) -> None:
    """Everything would be lost with it."""
    file = tmp_path / "key"
    file.write_text("not a key")
    with pytest.raises(KeyTrouble, match="does not hold a master key"):
        open_keyring(str(file), database)
    assert file.read_text() == "not a key"
