"""Row-level security on PostgreSQL: whose each row is, and what each role may do. One place for all tables.

`secure` makes the roles, grants and policies as this file lists them; `migrate` calls it after each revision, so they
are always those of the newest tables, and those of a database that was restored without its roles come back.
A table with a column `tenant_id` needs nothing more than that column: its rows are that tenant's. What belongs to a
tenant by way of another table is in `_BY_PARENT`; what is nobody's, in `NOBODYS`; a reader's grants, in `GRANTS`.

Roles belong to the whole server, so their names begin with the database's. None can log in, none may bypass the
policies. The owner of the tables is made a member of each, and has a policy of its own for all rows, because revisions
change rows as the owner, and so does the release before this one while it runs on. A login that is a member of
`..._serving`, and no owner, sees nothing at all before it has taken a role.

Failure: `Refusal` that says what to run when the owner may not make roles, or a role can bypass the policies.
A grant that a release no longer needs is taken away one release later, because the one before still runs.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, Table, text

from tenants.refusals import Refusal
from tenants.storage.tables.schema import whole_schema
from tenants.storage.viewpoint import ROLE_FUNCTION, TENANT_ROLE, TENANT_SETTING, Reader

SERVING_ROLE = "serving"
ROLES = (TENANT_ROLE, *(reader.value for reader in Reader))
NOBODYS = frozenset({"engine_state", "master_key"})
"""The tables that hold nothing of any tenant; they have no policies."""
_ME = f"NULLIF(current_setting('{TENANT_SETTING}', true), '')::bigint"
_BY_PARENT = {
    "route": "SELECT FROM domain AS parent WHERE parent.id = domain_id",
    "message_recipient": "SELECT FROM message AS parent WHERE parent.transaction_id = message_recipient.transaction_id",
    "held_recipient": "SELECT FROM held AS parent WHERE parent.id = held_id",
    "held_finding": "SELECT FROM held AS parent WHERE parent.id = held_id",
    "app_user": "SELECT FROM membership AS parent WHERE parent.user_id = app_user.id",
}
"""A row is the tenant's when this finds the parent's, which is asked for under the parent's own policy."""
_ESPECIALLY = {"tenant": f"id = {_ME}", "sign_in_link": "false"}
_ALSO_SEEN = {"ignored_finding": "tenant_id IS NULL"}
"""What a tenant may look at, and not write, beside its own."""
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
_TENANT_MAY: Mapping[str, tuple[str, ...]] = {
    "tenant": ("SELECT",),
    # The UPDATE is for the lock that `keys.hold_key` takes.
    "tenant_key": ("SELECT", "UPDATE (created_at)"),
    "app_user": ("SELECT",),
    "audit": ("SELECT", "INSERT"),
    "sign_in_link": (),
    "engine_state": (),
    "master_key": (),
}
"""Where that is less than all."""
_OPERATOR_MAY: Mapping[str, tuple[str, ...]] = {"audit": ("SELECT", "INSERT")}
_HELD_LEASE = "state, lease_until, fence, requested_by, override_findings, only_if_clean"
GRANTS: Mapping[Reader, Mapping[str, tuple[str, ...]]] = {
    Reader.DIRECTORY: {
        "tenant": ("SELECT (id, name, language, suspended_at, deleted_at)",),
        "tenant_key": ("SELECT",),
        "domain": ("SELECT",),
        "route": ("SELECT",),
        "policy": ("SELECT",),
        "recipient_group": ("SELECT",),
        "recipient_policy": ("SELECT",),
        "group_member": ("SELECT",),
        "ignored_finding": ("SELECT",),
    },
    Reader.RUNNER: {
        "delivery": (
            "SELECT (id, tenant_id, domain, body, state, next_attempt_at, expires_at, lease_until, fence)",
            "UPDATE (lease_owner, lease_until, fence)",
        ),
        "lane_rest": _ALL,
        "notice": ("SELECT", "UPDATE (lease_owner, lease_until, fence)"),
        "held": (
            f"SELECT (id, tenant_id, rescan_at, {_HELD_LEASE})",
            f"UPDATE (changed_at, lease_owner, {_HELD_LEASE})",
        ),
        "recipient_directory": (
            "SELECT (id, tenant_id, domain_id, due_at, lease_until, fence)",
            "UPDATE (lease_owner, lease_until, fence)",
        ),
    },
    Reader.SWEEPER: {
        "blob": ("SELECT (name)", "DELETE"),
        "notice": ("SELECT (done_at, body)", "DELETE"),
        "message_step": ("SELECT (expires_at)", "DELETE"),
        "greylisted": ("SELECT (tenant_id, last_seen_at, passes)", "DELETE"),
        "delivery": ("SELECT (state, body, record)",),
        "held": ("SELECT (state, body, record)",),
    },
    Reader.SIGN_IN: {
        "tenant": ("SELECT",),
        "app_user": ("SELECT",),
        "membership": ("SELECT",),
        "notice": ("SELECT (id, kind, recipient, asked_from, asked_at, done_at)", "INSERT"),
        "sign_in_link": _ALL,
        "portal_session": _ALL,
    },
    Reader.NODE: {"engine_state": _ALL, "master_key": ("SELECT", "INSERT")},
}


def condition_of(table: Table) -> str | None:
    """The SQL condition under which a row is the present tenant's; None where nobody has said whose rows these are."""
    if table.name in _ESPECIALLY:
        return _ESPECIALLY[table.name]
    if table.name in _BY_PARENT:
        return f"EXISTS ({_BY_PARENT[table.name]})"
    return f"tenant_id = {_ME}" if "tenant_id" in table.c else None


def grants_of(role: str, table: str) -> tuple[str, ...]:
    """What a role may do with a table, in the words of GRANT."""
    if role == TENANT_ROLE:
        return _TENANT_MAY.get(table, _ALL)
    if role == Reader.OPERATOR.value:
        return _OPERATOR_MAY.get(table, _ALL)
    return GRANTS[Reader(role)].get(table, ())


def secure(connection: Connection) -> None:
    """Make roles, grants and policies as they are listed here. Raises Refusal."""
    database, schema = connection.execute(text("SELECT current_database(), current_schema()")).one()
    names = {role: f"{_prefix(database)}_{role}" for role in (*ROLES, SERVING_ROLE)}
    _make_roles(connection, names)
    _run(connection, _statements(names, schema))


def _run(connection: Connection, statements: Iterable[str]) -> None:
    connection.exec_driver_sql(";\n".join(statements), execution_options={"no_parameters": True})


def _prefix(database: str) -> str:
    # A name of PostgreSQL has 63 octets; longer ones are cut without an error.
    if len(database.encode()) <= 48:
        return database
    return f"{database[:24].encode()[:36].decode(errors='ignore')}_{hashlib.sha256(database.encode()).hexdigest()[:8]}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _make_roles(connection: Connection, names: Mapping[str, str]) -> None:
    owner, may_create = connection.execute(
        text("SELECT rolname, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    ).one()
    asked = text(
        "SELECT rolname, rolsuper OR rolbypassrls AS is_too_mighty, pg_has_role(oid, 'MEMBER') AS is_ours"
        " FROM pg_roles WHERE rolname = ANY (:names)"
    )
    found = connection.execute(asked, {"names": list(names.values())}).all()
    if too_mighty := sorted(row.rolname for row in found if row.is_too_mighty):
        raise Refusal(
            f"The role {too_mighty[0]} may bypass row-level security. As a superuser run, then migrate again: "
            f"ALTER ROLE {_quoted(too_mighty[0])} NOSUPERUSER NOBYPASSRLS;"
        )
    ready = {row.rolname for row in found if row.is_ours or row.rolname == names[SERVING_ROLE]}
    if ready == set(names.values()):
        return
    there = {row.rolname for row in found}
    acting = ", ".join(_quoted(names[role]) for role in ROLES)
    statements = [f"CREATE ROLE {_quoted(name)} NOINHERIT" for name in names.values() if name not in there]
    statements.append(f"GRANT {acting} TO {_quoted(owner)}, {_quoted(names[SERVING_ROLE])}")
    if not may_create:
        raise Refusal(
            f"The database user {owner} may not create roles. As a superuser run, then migrate again: "
            + " ".join(f"{statement};" for statement in statements)
        )
    _run(connection, statements)


def _statements(names: Mapping[str, str], schema: str) -> Iterator[str]:
    quoted = {role: _quoted(name) for role, name in names.items()}
    every = ", ".join(quoted.values())
    choices = " ".join(f"WHEN '{role}' THEN '{names[role].replace(chr(39), chr(39) * 2)}'" for role in ROLES)
    yield (
        f"CREATE OR REPLACE FUNCTION {ROLE_FUNCTION}(viewpoint text) RETURNS text LANGUAGE sql IMMUTABLE "
        f"AS $$ SELECT CASE viewpoint {choices} END $$"
    )
    yield f"GRANT USAGE ON SCHEMA {_quoted(schema)} TO {every}"
    yield f"GRANT SELECT ON alembic_version TO {quoted[SERVING_ROLE]}"
    for table in whole_schema().sorted_tables:
        yield f"REVOKE ALL ON {table.name} FROM {every}"
        for role in ROLES:
            for privilege in grants_of(role, table.name):
                yield f"GRANT {privilege} ON {table.name} TO {quoted[role]}"
        if table.autoincrement_column is not None and table.autoincrement_column.name == "id":
            for role in ROLES:
                if "INSERT" in grants_of(role, table.name):
                    yield f"GRANT USAGE ON SEQUENCE {table.name}_id_seq TO {quoted[role]}"
        if table.name not in NOBODYS:
            yield from _policies(table, quoted)


def _policies(table: Table, quoted: Mapping[str, str]) -> Iterator[str]:
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    own = condition_of(table)
    seen = f"({own}) OR {_ALSO_SEEN[table.name]}" if table.name in _ALSO_SEEN else own
    readers = [quoted[reader.value] for reader in Reader if grants_of(reader.value, table.name)]
    policies = {
        "own": f"TO {quoted[TENANT_ROLE]} USING ({seen}) WITH CHECK ({own})",
        "readers": f"TO {', '.join(readers)} USING (true)",
        "owner": "TO CURRENT_USER USING (true)",
    }
    for name, rest in policies.items():
        yield f"DROP POLICY IF EXISTS {name} ON {table.name}"
        yield f"CREATE POLICY {name} ON {table.name} {rest}"
