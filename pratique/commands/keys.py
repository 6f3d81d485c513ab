"""`pratique keys`: the keys that stored mail is sealed with. What they are is never shown.

`rotate --master` makes a new master key where it is kept and wraps the tenants' keys with it; with `--from` they are
moved to the master key of now from one that is kept elsewhere (a file, KMS). `rotate --tenant` makes a new key for a
tenant and wraps the keys of its stored mail with that. The mail itself is not touched, and goes on arriving.
Each may be interrupted at any moment: the same command goes on where it was.

Failure: one plain line and exit status 1; the old key stays until nothing needs it any more.
"""

import time
from datetime import UTC, datetime

import click
from sqlalchemy import func, select

from pratique.opening import COMMAND_LINE, Opened, open_database, opened, plain_outages, reading
from pratique.options import json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.secrets.master_keys import keeper_of, master_keys_of
from pratique.settings.settings import Settings
from pratique.settings.values import parse_master_key
from tenants.customers.audit import record_action
from tenants.customers.book import tenant_named
from tenants.encryption.keys import Keyring
from tenants.key_rotation import (
    drop_old_keys,
    has_objects,
    new_version,
    reseal_passwords,
    rewrap_blobs,
    rewrap_tenant_keys,
)
from tenants.refusals import Refusal
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database import Database
from tenants.storage.tables import customers, mail
from tenants.storage.viewpoint import Reader

AT_ONCE = 200
GRACE_SECONDS = 60
"""A message under way may use a key that was read this long ago: 5 s remembered, and 45 s until it is answered."""


@click.group(epilog="Example: pratique keys rotate --tenant acme")
def command() -> None:
    """Keys of stored mail: list them, rotate them."""


@command.command("list", epilog="Example: pratique keys list --json")
@json_option
@with_settings()
def list_all(settings: Settings, as_json: bool) -> None:
    """List the tenants' keys; two versions of one tenant mean a rotation that has not ended."""
    tenant, key, blob = customers.tenant, customers.tenant_key, mail.blob
    sealed = select(func.count()).where(blob.c.tenant_id == key.c.tenant_id, blob.c.key_version == key.c.version)
    wanted = select(tenant.c.name, key.c.version, key.c.created_at, sealed.scalar_subquery().label("objects"))
    with reading(settings) as session:
        rows = session.execute(wanted.join(tenant).order_by(tenant.c.name, key.c.version)).all()
    if as_json:
        print_json([{"tenant": row[0], "version": row[1], "since": row[2], "objects": row[3]} for row in rows])
    else:
        print_table(["!tenant", "version", "since (UTC)", "objects"], rows, "There are no keys yet.")


@command.command("rotate", epilog="Example: pratique keys rotate --master")
@click.option("--master", is_flag=True, help="Make a new master key.")
@click.option("--from", "place", help="With --master: move to the master key of now from this file or KMS key.")
@click.option("--tenant", help="Make a new key for this tenant.")
@click.option(
    "--grace", type=float, default=GRACE_SECONDS, show_default=True, help="Seconds before a tenant's old key goes."
)
@json_option
@with_settings()
def rotate(
    settings: Settings, master: bool, place: str | None, tenant: str | None, grace: float, as_json: bool
) -> None:
    """Make a new key and wrap with it what the old one wraps; then the old one is gone."""
    if master == (tenant is not None) or (place and tenant):
        raise click.UsageError("Give either --master or --tenant; --from goes with --master.")
    if place:
        wrapped = _move_master(settings, place)
    else:
        with opened(settings) as parts:
            wrapped = _rotate_tenant(parts, tenant, grace) if tenant else _rotate_master(settings, parts)
    what = f"The key of {tenant}" if tenant else "The master key"
    if as_json:
        print_json({"wrapped": wrapped})
    else:
        click.echo(f"{what} is rotated: {wrapped} keys were wrapped anew.")


def _rotate_master(settings: Settings, parts: Opened) -> int:
    keeper = keeper_of(settings.master_key, parts.database)
    keeper.begin_rotation()
    wrapped = _rewrap_all(parts.database, parts.keyring)
    keeper.end_rotation()
    # Once more: a tenant may have been added with the old key in the moment before the new one was there.
    return wrapped + _rewrap_all(parts.database, parts.keyring)


def _move_master(settings: Settings, place: str) -> int:
    try:
        before = parse_master_key(place)
    except ValueError as error:
        raise click.UsageError(f"--from {error}.") from None
    database = open_database(settings)
    try:
        with plain_outages():
            old = master_keys_of(before, database)
            keyring = keeper_of(settings.master_key, database).keyring().joined_by(old)
            wrapped = _rewrap_all(database, keyring)
            keeper_of(before, database).forget()
    except SealBroken:
        raise Refusal("A tenant's key is wrapped by neither of these master keys; nothing was changed.") from None
    finally:
        database.close()
    return wrapped


def _rewrap_all(database: Database, keyring: Keyring) -> int:
    with database.unit_of_work(Reader.OPERATOR) as session:
        wrapped = rewrap_tenant_keys(session, keyring)
        if wrapped:
            now = datetime.now(UTC)
            record_action(session, at=now, tenant_id=None, who=COMMAND_LINE, action="keys.rotate", subject="master")
    return wrapped


def _rotate_tenant(parts: Opened, name: str, grace: float) -> int:
    now = datetime.now(UTC)
    with parts.database.unit_of_work(Reader.OPERATOR) as session:
        number = tenant_named(session, name).id
        new_version(session, parts.keyring, number, now)
        record_action(session, at=now, tenant_id=number, who=COMMAND_LINE, action="keys.rotate", subject=name)
    wrapped = _rewrap_tenant(parts, number)
    with parts.database.read(Reader.OPERATOR) as session:
        is_waited_for = has_objects(session, number)
    if is_waited_for:
        time.sleep(grace)
    while True:
        wrapped += _rewrap_tenant(parts, number)
        with parts.database.unit_of_work(Reader.OPERATOR) as session:
            if drop_old_keys(session, number):
                return wrapped


def _rewrap_tenant(parts: Opened, number: int) -> int:
    with parts.database.unit_of_work(Reader.OPERATOR) as session:
        total = reseal_passwords(session, parts.keyring, number)
    while True:
        with parts.database.unit_of_work(Reader.OPERATOR) as session:
            wrapped = rewrap_blobs(session, parts.keyring, number, AT_ONCE)
        total += wrapped
        if not wrapped:
            return total
