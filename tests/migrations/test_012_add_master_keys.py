"""Revision 012: the release before runs on beside the new table; what it has stored stays."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.encryption.keys import any_key
from tenants.encryption.wrapped_master_keys import wrapped_master_keys
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader

_KEY = "INSERT INTO tenant_key (tenant_id, version, wrapped, created_at) VALUES (1, 1, x'07', 0)"


def test_keys_of_before_are_there(tmp_path: Path) -> None:
    """And no master key is, because none was kept in the database."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "011")
        connection.execute(text(_KEY))
    migrate(database)
    with database.read(Reader.NODE) as session:
        key = any_key(session)
        assert key is not None and key.wrapped == b"\x07"
        assert wrapped_master_keys(session, "kms://any") == ()
    database.close()
