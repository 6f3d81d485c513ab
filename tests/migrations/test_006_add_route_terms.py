"""Revision 006 finds the routes of before as they were; the release before it goes on writing them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.domains.book import get_domain
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader

_DOMAIN = (
    "INSERT INTO domain (id, tenant_id, name, mx_name, verification_token, created_at) VALUES (1, 1, 'a.example', 'x',"
    " 't', 0)"
)
_ROUTE = "INSERT INTO route (domain_id, priority, scheme, host, port) VALUES (1, {}, 'smtp', 'mail.a.example', 25)"


def test_routes_of_before_have_no_terms(tmp_path: Path) -> None:
    """Rows of before, and rows that the release before still writes."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "005")
        connection.execute(text(_DOMAIN))
        connection.execute(text(_ROUTE.format(0)))
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text(_ROUTE.format(1)))
    with database.read(Reader.OPERATOR) as session:
        routes = get_domain(session, tenant_id=None, name="a.example").routes
        assert [(route.text, route.priority) for route in routes] == [
            ("smtp://mail.a.example:25", 0),
            ("smtp://mail.a.example:25", 1),
        ]
    database.close()
