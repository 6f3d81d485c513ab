"""Cost that must not grow: the same questions to a small database and to one of 10,000 tenants, in turns.

    python -m tests.bench.scale [--tenants N] [--each N] [--postgresql]

Fills two databases with statements of their own (each tenant has a domain, a route, a policy, and so many held
messages, written by turns of tenants as mail comes), then asks both by turns: the look-up of a recipient, a message
held (its rows alone: blobs are files), a page of the quarantine, a search in it, a message in the trace. Prints the
medians in milliseconds, wall clock and CPU (with that of PostgreSQL's process), and their ratios. SQLite; with
`--postgresql` a cluster of its own as well. Needs Linux.
"""

import argparse
import itertools
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.directory import look_up
from tenants.encryption.keys import TenantKey
from tenants.encryption.sealed import BlobKind, SealedBlob
from tenants.quarantine.book import FindingNote, HeldFilter, NewHeld, hold, list_held
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.trace.book import find
from tenants.trace.messages import MessageFacts
from tests.servers.postgres_server import postgres_server
from tests.servers.program import server_folder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MICROSECONDS = int(NOW.timestamp() * 1_000_000)
FIRST = 1000
"""Number of the first tenant: above those that a migration makes."""
COUNTED = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count})"
TENANT = "({first} + n % {tenants})"
TRANSACTION = "'00' || CAST(100000000 + n AS TEXT) || 'benchbench'"
FILLING = {
    "tenant": ("tenants", f"{FIRST} + n - 1, 'tenant' || n, 'en', '', {{now}}, NULL, NULL"),
    "tenant_key": ("tenants", f"{FIRST} + n - 1, 1, {{octet}}, {{now}}"),
    "domain": (
        "tenants",
        f"{FIRST} + n - 1, {FIRST} + n - 1, 'domain' || ({FIRST} + n - 1) || '.example', 'mx' || n, 'token',"
        " {now}, {now}, NULL",
    ),
    "route": ("tenants", f"n, {FIRST} + n - 1, 0, 'smtp', '192.0.2.1', 25, ''"),
    "policy": ("tenants", f'n, {FIRST} + n - 1, NULL, \'{{{{"bias":"max-certainty"}}}}\', {{now}}'),
}
COLUMNS = {
    "tenant": "id, name, language, plan, created_at, suspended_at, deleted_at",
    "tenant_key": "tenant_id, version, wrapped, created_at",
    "domain": "id, tenant_id, name, mx_name, verification_token, created_at, verified_at, deleted_at",
    "route": "id, domain_id, priority, scheme, host, port, terms",
    "policy": "id, tenant_id, domain_id, entries, changed_at",
    "message": "transaction_id, tenant_id, received_at, client_address, reverse_path, message_id, subject, octets,"
    " is_eight_bit, is_smtputf8, verdict, search_text",
    "message_recipient": "transaction_id, address",
    "message_event": "transaction_id, tenant_id, at, events",
    "blob": "name, tenant_id, kind, wrapped_key, key_version, octets, stored_at",
    "held": "id, tenant_id, transaction_id, held_at, reason, verdict, findings, body, state, changed_at, last_result,"
    " requested_by, override_findings, lease_owner, lease_until, fence, rescans",
    "held_recipient": "held_id, address, reply",
    "held_finding": "held_id, name",
}
OF_MESSAGES = {
    "message": "{transaction}, {tenant}, {now} + n, '192.0.2.7', 'bench@sender.example',"
    " '<m' || n || '@sender.example>', 'Report ' || n || ' of week ' || (n / {tenants} % 50), 100000, {false}, {false},"
    " 'infected', 'report ' || n || ' of week ' || (n / {tenants} % 50) || ' user@domain' || {tenant} || '.example'",
    "message_recipient": "{transaction}, 'user' || (n / {tenants} % 50) || '@domain' || {tenant} || '.example'",
    "message_event": "{transaction}, {tenant}, {now} + n, '[]'",
    "blob": "'body' || n, {tenant}, 'body', {octet}, 1, 100000, {now} + n",
    "held": "n, {tenant}, {transaction}, {now} + n, 'infected', 'infected',"
    " '[[\"yara-x\",\"EICAR\",0,\"infected\"]]', 'body' || n, 'held', {now} + n, '', '', '[]', '', 0, 0, 0",
    "held_recipient": "n, 'user' || (n / {tenants} % 50) || '@domain' || {tenant} || '.example', ''",
    "held_finding": "n, 'EICAR'",
}
Question = Callable[[Session, int], object]


def fill(database: Database, tenants: int, each: int) -> None:
    """Migrate and fill one database."""
    migrate(database)
    octet, false = ("x'00'", "0") if database.is_sqlite else ("'\\x00'::bytea", "false")
    words = {"now": MICROSECONDS, "octet": octet, "false": false, "tenants": tenants, "first": FIRST}
    words |= {"tenant": TENANT.format(**words), "transaction": TRANSACTION}
    work = [(name, tenants, values) for name, (_, values) in FILLING.items()]
    work += [(name, tenants * each, values) for name, values in OF_MESSAGES.items()]
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        for name, count, values in work:
            selected = f"SELECT {values.format(**words)} FROM counted"
            counted = COUNTED.format(count=count)
            connection.execute(text(f"INSERT INTO {name} ({COLUMNS[name]}) {counted} {selected}"))
        if not database.is_sqlite:
            connection.execute(text("SELECT setval(pg_get_serial_sequence('held', 'id'), (SELECT max(id) FROM held))"))
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def questions(tenants: int) -> dict[str, tuple[bool, Question]]:
    """What is asked of a database of so many tenants, and whether it writes."""
    dice, numbers = random.Random(1), itertools.count(1)

    def some_tenant() -> int:
        return FIRST + dice.randrange(tenants)

    def policy_look_up(session: Session, _: int) -> object:
        return look_up(session, f"user@domain{some_tenant()}.example", NOW)

    def quarantine_insert(session: Session, turn: int) -> object:
        number, tenant = next(numbers), some_tenant()
        key = TenantKey(tenant, 1, b"\0")
        blobs = [
            SealedBlob(f"new{number}-{kind}", kind, 100_000, b"\0", key) for kind in (BlobKind.BODY, BlobKind.RECORD)
        ]
        address = f"user@domain{tenant}.example"
        facts = MessageFacts(
            f"01new{number:017}", tenant, NOW, "192.0.2.7", "bench@sender.example", (address,),
            f"<new{number}@sender.example>", f"New report {number}", 100_000, verdict="infected",
        )  # fmt: skip
        finding = FindingNote("yara-x", "EICAR", 0, "infected")
        return hold(session, NewHeld(facts, "infected", "infected", (finding,), (address,), blobs[0], blobs[1]), NOW)

    def quarantine_page(session: Session, _: int) -> object:
        return list_held(session, HeldFilter(), tenant_id=some_tenant())

    def quarantine_search(session: Session, turn: int) -> object:
        return list_held(session, HeldFilter(search=f"week {turn % 50}"), tenant_id=some_tenant())

    def quarantine_finding(session: Session, _: int) -> object:
        return list_held(session, HeldFilter(finding="EICAR"), tenant_id=some_tenant())

    def trace_search(session: Session, turn: int) -> object:
        return find(session, tenant_id=some_tenant(), recipient=f"user{turn % 50}@domain{some_tenant()}.example")

    return {
        "policy look-up": (False, policy_look_up),
        "quarantine insert": (True, quarantine_insert),
        "quarantine page": (False, quarantine_page),
        "quarantine search": (False, quarantine_search),
        "quarantine by finding": (False, quarantine_finding),
        "trace by recipient": (False, trace_search),
    }


def milliseconds(database: Database, question: Question, turn: int, *, writes: bool) -> tuple[float, float]:
    """What one question with its transaction took, and its CPU time, that of PostgreSQL's process for it included."""
    with database.read() as session:
        server = 0 if database.is_sqlite else session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    began, cpu_began = time.perf_counter(), time.thread_time() + _process_seconds(server)
    with database.unit_of_work() if writes else database.read() as session:
        question(session, turn)
    took, cpu = time.perf_counter() - began, time.thread_time() + _process_seconds(server) - cpu_began
    return took * 1000, cpu * 1000


def _process_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9 if pid else 0.0


def compare(name: str, small: Database, large: Database, sizes: tuple[int, int], each: int, turns: int) -> None:
    """Fill both, ask both, print."""
    for database, tenants in zip((small, large), sizes, strict=True):
        began = time.monotonic()
        fill(database, tenants, each)
        print(f"{name}: {tenants} tenants, {tenants * each} held messages, filled in {time.monotonic() - began:.0f} s")
    of_small, of_large = questions(sizes[0]), questions(sizes[1])
    for what, (writes, _) in of_small.items():
        took: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        for turn in range(turns):
            for figures, database, asked in ((took[0], small, of_small), (took[1], large, of_large)):
                figures.append(milliseconds(database, asked[what][1], turn, writes=writes))
        # The first tenth warms caches up.
        walls, cpus = zip(
            *(map(statistics.median, zip(*figures[turns // 10 :], strict=True)) for figures in took), strict=True
        )
        print(f"  {what:24}{walls[0]:9.2f}{walls[1]:9.2f} ms   x {walls[1] / walls[0]:.2f}", end="")
        print(f"     CPU {cpus[0]:9.2f}{cpus[1]:9.2f} ms   x {cpus[1] / cpus[0]:.2f}", flush=True)
    small.close()
    large.close()


def main() -> None:
    """Print one table for each kind of database."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tenants", type=int, default=10_000)
    arguments.add_argument("--each", type=int, default=100, help="held messages of each tenant")
    arguments.add_argument("--turns", type=int, default=300)
    arguments.add_argument("--postgresql", action="store_true")
    given = arguments.parse_args()
    sizes = (10, given.tenants)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(server_folder("scale")))
        urls = [f"sqlite:///{folder}/{name}.sqlite3" for name in ("small", "large")]
        compare("SQLite", Database(urls[0]), Database(urls[1]), sizes, given.each, given.turns)
        if given.postgresql:
            server = stack.enter_context(postgres_server())
            databases = (Database(server.new_database()), Database(server.new_database()))
            compare("PostgreSQL", *databases, sizes, given.each, given.turns)


if __name__ == "__main__":
    main()
