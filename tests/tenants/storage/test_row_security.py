"""Row-level security, on a real PostgreSQL: every table has it, and no viewpoint sees or writes what is not its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Table, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tenants.customers.accounts import Role, add_user
from tenants.customers.audit import record_action
from tenants.customers.book import add_tenant
from tenants.customers.sign_in import begin_session, make_link
from tenants.domains.book import add_domain
from tenants.domains.groups import add_members
from tenants.encryption.keys import Keyring
from tenants.engines.ignored_findings import ignore_finding
from tenants.policies.book import change_recipient_policy, change_tenant_policy
from tenants.quarantine.book import hold
from tenants.queue.book import enqueue
from tenants.recipients.book import note_answer, note_probe
from tenants.recipients.directories import Directory, set_directory
from tenants.refusals import Refusal
from tenants.storage.database import Database
from tenants.storage.migration import SchemaState, migrate, state
from tenants.storage.row_security import GRANTS, NOBODYS, ROLES, SERVING_ROLE, condition_of, grants_of
from tenants.storage.tables import customers, mail, people, quarantine, queue
from tenants.storage.tables.column_types import Document, Moment, Words
from tenants.storage.tables.schema import whole_schema
from tenants.storage.viewpoint import OfTenant, Reader, look_as
from tenants.trace.book import record_events
from tenants.trace.events import CopyDiscarded
from tests.contracts.customer_world import NOW, CustomerWorld, customer_world
from tests.servers.postgres_server import PostgresServer

TABLES = sorted(whole_schema().tables.values(), key=lambda table: table.name)
OWNED = [table for table in TABLES if table.name not in NOBODYS]


@pytest.fixture(scope="module")
def world(
    migrated_postgresql: str, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CustomerWorld]:
    """Two tenants with a row in every table; each test leaves it as it was."""
    # A copy, so that roles named after another database are met too.
    with postgres.copy_of(migrated_postgresql) as url:
        database = Database(url)
        world = customer_world(database, tmp_path_factory.mktemp("blobs"))
        fill(world)
        yield world
        database.close()


def fill(world: CustomerWorld) -> None:
    """A row of each tenant in every table."""
    for tenant in (world.acme, world.blue_harbour):
        with world.database.unit_of_work(Reader.OPERATOR) as session:
            whose = {"tenant_id": tenant.id}
            domain = add_domain(
                session,
                **whose,
                name=f"{tenant.name}.example",
                routes=("smtp://mail.example:25",),
                service="service.example",
                verified_at=NOW,
                now=NOW,
            ).id
            hold(session, world.new_held(session, tenant), NOW)
            enqueue(session, [world.new_delivery(session, tenant)], NOW)
            record_events(session, [CopyDiscarded("t", tenant.id, NOW, "a@x.example", "policy")])
            user = add_user(session, **whose, email=f"a@{tenant.name}.example", role=Role.OWNER, now=NOW).user_id
            make_link(session, email=f"a@{tenant.name}.example", now=NOW)
            begin_session(session, user_id=user, **whose, now=NOW)
            record_action(session, at=NOW, **whose, who="x", action="y", subject="z")
            ignore_finding(session, name="false", **whose, who="x", now=NOW)
            change_tenant_policy(session, **whose, entries={"spam": "hold"}, now=NOW)
            address = f"a@{tenant.name}.example"
            add_members(session, **whose, name="staff", addresses=[address], now=NOW)
            own = {**whose, "domain_id": domain, "address": address}
            change_recipient_policy(session, **own, entries={"spam": "discard"}, now=NOW)
            note_probe(session, **whose, domain_id=domain, takes_all=False, now=NOW)
            note_answer(session, **whose, domain_id=domain, local_part="a", refusal=None, now=NOW)
            directory = Directory("ldaps://ldap.example:636", False, "", "(mail=*)", "cn=x", "secret")
            set_directory(session, world.keyring, **whose, domain_id=domain, directory=directory, now=NOW)
            for table in OWNED:
                if "tenant_id" in table.c and not any(
                    row.tenant_id == tenant.id for row in session.execute(select(table))
                ):
                    session.execute(insert(table).values(made_up(table) | whose))


def made_up(table: Table) -> dict[str, object]:
    """A row for a table that nothing above has filled."""
    samples = {Words: "x", Moment: NOW, Document: {}, LargeBinary: b"x", Boolean: False, Integer: 1, BigInteger: 1}
    return {
        column.name: next(sample for kind, sample in samples.items() if isinstance(column.type, kind))
        for column in table.c
        if not column.nullable and not column.foreign_keys and column is not table.autoincrement_column
    }


def count(session: Session, table: Table) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_somebody_has_said_whose_the_rows_of_each_table_are(table: Table) -> None:
    """A column `tenant_id`, the table that it belongs to, or the short list of what is nobody's; new tables too."""
    assert (condition_of(table) is None) is (table.name in NOBODYS)


def test_only_tables_that_exist_are_granted() -> None:
    """A renamed table does not leave its grants behind in the list."""
    named = {table for grants in GRANTS.values() for table in grants} | NOBODYS
    assert named <= {table.name for table in TABLES}


def test_every_table_of_the_database_forces_its_policies(world: CustomerWorld) -> None:
    """Those that the database has, whoever made them; and nothing in it works around them."""
    with world.database.engine.connect() as plain:
        tables = plain.execute(
            text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity, (SELECT count(*) FROM pg_policy"
                " WHERE polrelid = pg_class.oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p')"
            )
        ).all()
        open_tables = {row[0] for row in tables if not row[1] or row[2] != 3}
        assert open_tables == NOBODYS | {"alembic_version"}
        around = "SELECT count(*) FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        assert plain.scalar(text(around)) == 0
        views = "SELECT count(*) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
        assert plain.scalar(text(views)) == 0
        harmless = (
            "SELECT count(*) FROM pg_roles WHERE rolname IN (SELECT pratique_role(name) FROM unnest(CAST(:roles AS"
            " text[])) AS name) AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolinherit)"
        )
        assert plain.scalar(text(harmless), {"roles": list(ROLES)}) == len(ROLES)


@pytest.mark.parametrize("table", OWNED, ids=str)
def test_without_a_tenant_there_are_no_rows(world: CustomerWorld, table: Table) -> None:
    """The role alone is not enough; neither is a tenant that is not there."""
    allowed = "SELECT" in grants_of("tenant", table.name)
    with world.database.read(Reader.OPERATOR) as session:
        assert count(session, table) >= 2
        for tenant in ("''", "NULL", "'987654'"):
            session.execute(text("SELECT set_config('role', pratique_role('tenant'), true)"))
            session.execute(text(f"SELECT set_config('pratique.tenant', {tenant}, true)"))
            assert not allowed or count(session, table) == 0
        look_as(session, OfTenant(world.acme.id))
        assert not allowed or count(session, table) >= 1


@pytest.mark.parametrize("table", OWNED, ids=str)
def test_a_tenant_reads_and_changes_its_own_rows_alone(world: CustomerWorld, table: Table) -> None:
    """What acme sees and what blue-harbour sees are different rows, and a row of the other cannot be touched."""
    may = grants_of("tenant", table.name)
    if "SELECT" not in may:
        return
    key = next(iter(table.primary_key))
    seen = {}
    for tenant in (world.acme, world.blue_harbour):
        with world.database.read(OfTenant(tenant.id)) as session:
            seen[tenant.name] = {tuple(row) for row in session.execute(select(*table.primary_key))}
            if "tenant_id" in table.c:
                assert set(session.scalars(select(table.c.tenant_id))) == {tenant.id}
            if "UPDATE" in may:
                session.execute(update(table).values({key: key}))
    assert seen["acme"] and seen["blue-harbour"] and not seen["acme"] & seen["blue-harbour"]


WRONG: list[tuple[str, Callable[[CustomerWorld], object]]] = [
    ("a domain", lambda world: insert(customers.domain).values(
        tenant_id=world.blue_harbour.id, name="x.example", mx_name="x", verification_token="t", created_at=NOW)),
    ("a route of its domain", lambda world: insert(customers.route).from_select(
        ["domain_id", "priority", "scheme", "host", "port"], select(text("2, 9, 'smtp', 'evil.example', 25")))),
    ("a tenant", lambda world: insert(customers.tenant).values(name="x", language="en", plan="x", created_at=NOW)),
    ("a key", lambda world: insert(customers.tenant_key).values(
        tenant_id=world.blue_harbour.id, version=9, wrapped=b"", created_at=NOW)),
    ("a finding of its held mail", lambda world: insert(quarantine.held_finding).values(held_id=2, name="x")),
    ("an entry in its audit", lambda world: insert(people.audit).values(
        at=NOW, tenant_id=world.blue_harbour.id, who="x", action="x", subject="x", details={})),
    ("a finding that counts for nobody", lambda world: text(
        "INSERT INTO ignored_finding (name, tenant_id, since, who) VALUES ('x', NULL, 0, 'x')")),
    ("its own row given away", lambda world: update(mail.blob).values(tenant_id=world.blue_harbour.id)),
    ("its own audit changed", lambda world: update(people.audit).values(who="y")),
]  # fmt: skip


@pytest.mark.parametrize("what", [name for name, _ in WRONG])
def test_what_is_anothers_cannot_be_written(world: CustomerWorld, what: str) -> None:
    """As acme: refused, and nothing of the transaction stays, neither rows nor the role."""
    statement = dict(WRONG)[what](world)
    with (
        pytest.raises(ProgrammingError, match=r"row-level security|permission denied"),
        world.database.unit_of_work(OfTenant(world.acme.id)) as session,
    ):
        session.execute(update(mail.message).values(subject="changed"))
        session.execute(statement)  # type: ignore[call-overload]
    with world.database.read(OfTenant(world.acme.id)) as session:
        assert "changed" not in set(session.scalars(select(mail.message.c.subject)))


@pytest.mark.parametrize("reader", list(Reader), ids=lambda reader: reader.value)
@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_reader_sees_what_is_listed_for_it_and_no_more(world: CustomerWorld, reader: Reader, table: Table) -> None:
    """Each column of each table, and each way of writing."""
    grants = " ".join(grants_of(reader.value, table.name))
    whole = "SELECT" in grants and "SELECT (" not in grants
    listed = grants.partition("SELECT (")[2].partition(")")[0].split(", ")
    with world.database.read(reader) as session:
        for column in table.c:
            asked = f"SELECT has_column_privilege('{table.name}', '{column.name}', 'SELECT')"
            assert session.scalar(text(asked)) is (whole or column.name in listed), column
        for privilege in ("INSERT", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            asked = f"SELECT has_any_column_privilege('{table.name}', '{privilege}')"
            if privilege in ("DELETE", "TRUNCATE", "TRIGGER"):
                asked = f"SELECT has_table_privilege('{table.name}', '{privilege}')"
            assert session.scalar(text(asked)) is (privilege in grants), privilege


@dataclass(frozen=True, slots=True)
class Logins:
    """A server's superuser, and how others reach a database of theirs."""

    postgres: PostgresServer

    def run(self, *statements: str, database: str = "postgres") -> None:
        """As the superuser."""
        with psycopg.connect(self.postgres.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, user: str, database: str) -> str:
        """How this user reaches it."""
        return self.postgres.url(database).replace("//pratique@", f"//{user}@")


@pytest.fixture
def logins(postgres: PostgresServer) -> Iterator[Logins]:
    yield Logins(postgres)


def test_an_owner_that_may_create_roles_needs_no_superuser(logins: Logins) -> None:
    """Not even where it is not allowed to bypass anything; and two databases of a server do not meet."""
    logins.run(
        "CREATE ROLE keeper LOGIN CREATEROLE",
        'CREATE DATABASE "it\'s" OWNER keeper',
        "CREATE DATABASE two OWNER keeper",
    )
    for name in ("it's", "two"):
        database = Database(logins.url("keeper", name))
        migrate(database)
        migrate(database)
        with database.unit_of_work(Reader.OPERATOR) as session:
            tenant = add_tenant(session, Keyring(bytes(32)), name="acme", now=NOW)
        with database.read(OfTenant(tenant.id)) as session:
            assert count(session, customers.tenant) == 1
            assert session.scalar(text("SELECT current_user")) == f"{name}_tenant"
        database.close()


def test_the_release_before_works_on_as_the_owner(logins: Logins) -> None:
    """It knows of no roles; FORCE binds even the owner, whose policy is for all rows. Later revisions need it too."""
    logins.run("CREATE ROLE before LOGIN CREATEROLE", "CREATE DATABASE before OWNER before")
    database = Database(logins.url("before", "before"))
    migrate(database)
    with database.engine.begin() as plain:
        plain.execute(insert(customers.tenant).values(name="acme", language="en", plan="x", created_at=NOW))
        assert plain.scalar(select(func.count()).select_from(customers.tenant)) == 2
    database.close()


def test_an_owner_that_may_not_create_roles_is_told_what_to_run(logins: Logins) -> None:
    """Nothing is migrated until it was run; then everything works."""
    logins.run("CREATE ROLE poor LOGIN", "CREATE DATABASE poor OWNER poor")
    database = Database(logins.url("poor", "poor"))
    with pytest.raises(Refusal, match=r"user poor may not create roles. As a superuser run, .* again: ") as refused:
        migrate(database)
    assert state(database) is SchemaState.EMPTY
    logins.run(*str(refused.value).partition("again: ")[2].rstrip(";").split("; "))
    migrate(database)
    with database.read(Reader.SIGN_IN) as session:
        assert count(session, people.portal_session) == 0
    database.close()


def test_a_role_that_may_bypass_everything_is_refused(logins: Logins) -> None:
    """Somebody made it by hand, or a managed server's template did."""
    logins.run("CREATE DATABASE bypassed", "CREATE ROLE bypassed_tenant BYPASSRLS")
    database = Database(logins.url("pratique", "bypassed"))
    with pytest.raises(Refusal, match="bypassed_tenant may bypass"):
        migrate(database)
    logins.run('ALTER ROLE "bypassed_tenant" NOSUPERUSER NOBYPASSRLS')
    migrate(database)
    database.close()


def test_a_login_of_its_own_sees_nothing_before_it_has_a_viewpoint(logins: Logins) -> None:
    """The program runs as a member of `..._serving`: neither owner nor superuser, and it may not change a table."""
    logins.run("CREATE DATABASE served")
    owner = Database(logins.url("pratique", "served"))
    migrate(owner)
    owner.close()
    logins.run(f"CREATE ROLE server LOGIN NOINHERIT IN ROLE served_{SERVING_ROLE}")
    logins.run("ALTER ROLE server INHERIT")
    serving = Database(logins.url("server", "served"))
    assert state(serving) is SchemaState.CURRENT
    with serving.unit_of_work(Reader.OPERATOR) as session:
        tenant = add_tenant(session, Keyring(bytes(32)), name="acme", now=NOW)
    with serving.read(OfTenant(tenant.id)) as session:
        assert count(session, queue.delivery) == 0
    for table in TABLES:
        with pytest.raises(ProgrammingError, match="permission denied"), serving.engine.connect() as plain:
            plain.execute(select(table))
    with pytest.raises(ProgrammingError, match="must be owner"), serving.engine.begin() as plain:
        plain.execute(text("ALTER TABLE domain DISABLE ROW LEVEL SECURITY"))
    serving.close()


def test_roles_that_were_lost_come_back(logins: Logins) -> None:
    """A database that was restored on another server: migrating again makes what is missing."""
    logins.run("CREATE DATABASE moved")
    database = Database(logins.url("pratique", "moved"))
    migrate(database)
    logins.run("DROP OWNED BY moved_sweeper", database="moved")
    logins.run("DROP ROLE moved_sweeper")
    migrate(database)
    with database.read(Reader.SWEEPER) as session:
        assert session.scalars(select(mail.blob.c.name)).all() == []
    database.close()
