"""What every test has: real servers, one of each for the whole run, and a wall around loopback.

A server that this machine lacks skips the tests that ask for it, with its name; the summary counts them.
"""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import hypothesis
import pytest

from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tests.servers.clamd_server import ClamdServer, clamd_server
from tests.servers.icap_server import IcapServer, icap_server
from tests.servers.postfix_server import PostfixServer, tenant_postfix
from tests.servers.postgres_server import PostgresServer, postgres_server
from tests.servers.program import ServerMissing
from tests.servers.rspamd_server import RspamdServer, rspamd_server
from tests.servers.s3_server import S3Server, s3_server
from tests.servers.slapd_server import SlapdServer, slapd_server

Server = TypeVar("Server")


def pytest_configure(config: pytest.Config) -> None:
    """Timing is never a property of these tests: two busy cores must not make one fail."""
    hypothesis.settings.register_profile("pratique", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("pratique")
    sys.addaudithook(_keep_to_loopback)


def _keep_to_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """No test may speak to another machine: an address that is no loopback address is refused before it is used."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise AssertionError(f"a test tried to connect to {address[0]}, which is not loopback")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@contextmanager
def _or_skipped(server: AbstractContextManager[Server]) -> Iterator[Server]:
    try:
        started = server.__enter__()
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
    try:
        yield started
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def clamd() -> Iterator[ClamdServer]:
    """A running clamd; a test that freezes or kills it brings it back."""
    with _or_skipped(clamd_server()) as server:
        yield server


@pytest.fixture(scope="session")
def icap(clamd: ClamdServer) -> Iterator[IcapServer]:
    """A running c-icap that asks the clamd of the tests."""
    with _or_skipped(icap_server(clamd)) as server:
        yield server


@pytest.fixture
def slapd() -> Iterator[SlapdServer]:
    """A running slapd of acme.example with nobody in it yet, for this test alone."""
    with _or_skipped(slapd_server()) as server:
        yield server


@pytest.fixture(scope="session")
def rspamd() -> Iterator[RspamdServer]:
    """A running rspamd."""
    with _or_skipped(rspamd_server()) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL; take a database of your own from `new_database()`."""
    with _or_skipped(postgres_server()) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: PostgresServer) -> str:
    """The URL of a migrated PostgreSQL database that nobody is connected to."""
    url = postgres.new_database()
    database = Database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A running stand-in for S3; take a bucket of your own from `new_bucket()`."""
    with _or_skipped(s3_server()) as server:
        yield server


@pytest.fixture(scope="session")
def next_hop() -> Iterator[PostfixServer]:
    """A running Postfix that is the own mail server of `tenant.example`, with the mailboxes `user` and `other`."""
    with _or_skipped(tenant_postfix("tenant.example", ("user", "other"))) as server:
        yield server
