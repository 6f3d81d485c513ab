"""Rotating keys: everything stays readable, the old key opens nothing any more, and nothing is promised under it."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tenants.domains.book import add_domain
from tenants.encryption.keys import (
    Keyring,
    KeyTrouble,
    TenantKey,
    begin_master_rotation,
    current_key,
    end_master_rotation,
    load_keyring,
)
from tenants.encryption.sealed import BlobKind, SealedBlob, SealedStore, add_blobs, blobs_named
from tenants.key_rotation import drop_old_keys, new_version, reseal_passwords, rewrap_blobs, rewrap_tenant_keys
from tenants.recipients.directories import Directory, lease_directories, open_directory, set_directory
from tenants.storage.blobs.folder import FolderBlobStore
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.tables import customers, mail
from tenants.storage.viewpoint import OfTenant, Reader
from tests.contracts.customer_world import NOW, CustomerWorld

BODY = b"Subject: x\r\n\r\nbody\r\n"


def keep(world: CustomerWorld, count: int = 1) -> list[SealedBlob]:
    """Blobs of acme's, with their rows."""
    with world.database.unit_of_work(OfTenant(world.acme.id)) as session:
        blobs = [world.blob(session, content=BODY) for _ in range(count)]
        add_blobs(session, blobs, NOW)
    return blobs


def found(world: CustomerWorld, blob: SealedBlob) -> SealedBlob:
    with world.database.read(OfTenant(world.acme.id)) as session:
        return blobs_named(session, world.acme.id, [blob.name])[blob.name]


def rotate_tenant(world: CustomerWorld, most: int = 100) -> bool:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new_version(session, world.keyring, world.acme.id, NOW)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        rewrap_blobs(session, world.keyring, world.acme.id, most)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        return drop_old_keys(session, world.acme.id)


def test_a_tenants_mail_is_read_after_its_key_was_rotated_twice(world: CustomerWorld) -> None:
    """The octets stay as they were; another tenant's key is not touched."""
    [blob] = keep(world)
    sealed = b"".join(world.sealed._blobs.get(blob.name))
    assert rotate_tenant(world) and rotate_tenant(world)
    now = found(world, blob)
    assert (now.tenant_key.version, now.sealed_version) == (3, 1)
    assert b"".join(world.sealed.read(now)) == BODY
    assert b"".join(world.sealed._blobs.get(blob.name)) == sealed
    [later] = keep(world)
    assert (later.sealed_version, b"".join(world.sealed.read(found(world, later)))) == (3, BODY)
    with world.database.read(Reader.OPERATOR) as session:
        rows = session.execute(select(customers.tenant_key.c.tenant_id, customers.tenant_key.c.version)).all()
    assert (world.acme.id, 3) in rows and (world.blue_harbour.id, 1) in rows and (world.acme.id, 1) not in rows


def test_a_rotation_goes_on_where_it_was(world: CustomerWorld) -> None:
    """The old key stays while anything is sealed with it, and no third one is made."""
    blobs = keep(world, 5)
    assert not rotate_tenant(world, most=2)
    assert all(b"".join(world.sealed.read(found(world, blob))) == BODY for blob in blobs)
    assert not rotate_tenant(world, most=2)
    assert rotate_tenant(world, most=2)
    assert {found(world, blob).tenant_key.version for blob in blobs} == {2}


def test_nothing_is_promised_under_a_key_that_is_gone(world: CustomerWorld) -> None:
    """A message that took too long: its rows are refused, so that its sender is told to come again."""
    with world.database.read(OfTenant(world.acme.id)) as session:
        late = world.blob(session)
    assert rotate_tenant(world)
    with pytest.raises(SealBroken, match="key was changed"), world.database.unit_of_work(OfTenant(1)) as session:
        add_blobs(session, [late], NOW)
    with world.database.read(Reader.OPERATOR) as session:
        assert session.scalar(select(func.count()).select_from(mail.blob)) == 0


@pytest.mark.parametrize("part", ["tenant", "name", "sealed_version", "key_version", "wrapped_key"])
def test_a_blob_in_anothers_place_is_refused(world: CustomerWorld, part: str) -> None:
    """Tenant, object and both versions are bound to key and octets."""
    first, second = keep(world, 2)
    other = {
        "tenant": (second.name, first.wrapped_key, TenantKey(world.blue_harbour.id, 1, first.tenant_key.wrapped), 1),
        "name": (second.name, first.wrapped_key, first.tenant_key, 1),
        "sealed_version": (first.name, first.wrapped_key, first.tenant_key, 2),
        "key_version": (first.name, first.wrapped_key, TenantKey(world.acme.id, 2, first.tenant_key.wrapped), 1),
        "wrapped_key": (first.name, second.wrapped_key, first.tenant_key, 1),
    }
    name, wrapped, key, version = other[part]
    with pytest.raises(SealBroken):
        b"".join(world.sealed.read(SealedBlob(name, BlobKind.BODY, len(BODY), wrapped, key, version)))


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(world: CustomerWorld, tmp_path: Path) -> None:
    """A process that runs meanwhile reads the file once more, and keeps what it knew."""
    file = tmp_path / "master.key"
    running = load_keyring(None, file)
    old = file.read_text()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        key = running.new_tenant_key(world.acme.id, 2)
        session.execute(customers.tenant_key.delete())
        values = {"tenant_id": world.acme.id, "version": 2, "wrapped": key.wrapped, "created_at": NOW}
        session.execute(customers.tenant_key.insert().values(**values))
        store = SealedStore(FolderBlobStore(tmp_path / "more"), running)
        blob = store.store(current_key(session, world.acme.id), BlobKind.BODY, [BODY])
        add_blobs(session, [blob], NOW)
    assert begin_master_rotation(file) and not begin_master_rotation(file)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert rewrap_tenant_keys(session, load_keyring(None, file)) == 1
        assert rewrap_tenant_keys(session, load_keyring(None, file)) == 0
    end_master_rotation(file)
    now = found(world, blob)
    for keyring in (running, load_keyring(None, file)):
        assert b"".join(SealedStore(FolderBlobStore(tmp_path / "more"), keyring).read(now)) == BODY
    assert b"".join(store.read(blob)) == BODY, "what was read from the database a moment ago"
    assert old not in file.read_text()
    with pytest.raises(SealBroken):
        load_keyring(old, file).unwrap(now.tenant_key)
    with pytest.raises(SealBroken):
        load_keyring(None, file).unwrap(blob.tenant_key)


def test_a_key_of_somebody_else_stays_closed() -> None:
    """Reading again makes no difference where nothing new is found."""
    keyring = Keyring(bytes(32), read_again=lambda: (bytes(32),))
    with pytest.raises(SealBroken):
        keyring.unwrap(Keyring(bytes(range(32))).new_tenant_key(1, 1))


def test_the_password_of_a_directory_is_sealed_anew(world: CustomerWorld) -> None:
    """The old key stays until that is done, and the password is what it was."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        own = {"tenant_id": world.acme.id, "routes": ("smtp://10.0.0.1",), "service": "mx.example"}
        domain = add_domain(session, **own, name="acme.example", verified_at=NOW, now=NOW)  # type: ignore[arg-type]
        directory = Directory("ldap://x.example:389", True, "dc=x", "(mail=*)", "cn=x", "s3cret")
        own_ids = {"tenant_id": world.acme.id, "domain_id": domain.id}
        set_directory(session, world.keyring, **own_ids, directory=directory, now=NOW)
    assert not rotate_tenant(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert reseal_passwords(session, world.keyring, world.acme.id) == 1
        assert reseal_passwords(session, world.keyring, world.acme.id) == 0
        assert drop_old_keys(session, world.acme.id)
        [lease] = lease_directories(session, now=NOW, limit=1, owner="one")
        assert open_directory(session, world.keyring, lease).directory == directory


def test_a_keeper_that_is_away_opens_nothing_and_breaks_nothing() -> None:
    """What the process has already opens what it opened before."""

    def away() -> tuple[bytes, ...]:
        raise KeyTrouble("It does not answer.")

    keyring, other = Keyring(bytes(32), read_again=away), Keyring(bytes(range(32)))
    with pytest.raises(SealBroken):
        keyring.unwrap(other.new_tenant_key(1, 1))
    assert keyring.unwrap(Keyring(bytes(32)).new_tenant_key(1, 1))
    with pytest.raises(KeyTrouble):
        keyring.new_tenant_key(1, 2)
