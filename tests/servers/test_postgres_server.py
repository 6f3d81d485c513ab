"""The PostgreSQL of the tests: every test gets a database of its own, and a crash is survived."""

import psycopg

from tests.servers.postgres_server import PostgresServer


def test_databases_are_apart(postgres: PostgresServer) -> None:
    """What one test creates, another one does not see."""
    first, second = postgres.new_database(), postgres.new_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE letter (id int)")
    with psycopg.connect(second) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'letter'").fetchone()
    assert found == (0,)


def test_comes_back_after_a_crash(postgres: PostgresServer) -> None:
    """A killed postmaster is away, a started one has what was committed."""
    url = postgres.new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE letter (id int)")
    postgres.kill()
    assert not postgres.answers()
    postgres.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM letter").fetchone() == (0,)
