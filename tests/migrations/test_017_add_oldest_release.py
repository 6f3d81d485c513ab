"""Revision 017: the table of the revision says which releases run on it; who reads the revision alone goes on."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.storage.database import Database
from tenants.storage.migration import OLDEST_THAT_RUNS, SchemaState, migrate, revisions, state


def test_the_revision_is_where_it_was(tmp_path: Path) -> None:
    """From a database of the revision before."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "016")
    assert state(database) is SchemaState.OLDER
    migrate(database)
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT version_num, oldest FROM alembic_version")).all()
    assert rows == [(revisions()[-1], OLDEST_THAT_RUNS)]
    assert state(database) is SchemaState.CURRENT
    database.close()
