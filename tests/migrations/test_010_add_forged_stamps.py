"""Revision 010: no stamp is forged in the mail of before, nor in what the release before still writes."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tenants.trace.messages import get_message

_MESSAGE = (
    "INSERT INTO message (transaction_id, tenant_id, received_at, client_address, reverse_path, message_id, subject,"
    " octets, is_eight_bit, is_smtputf8, verdict, search_text)"
    " VALUES (:transaction, 1, 0, '', '', '', '', 0, 0, 0, '', '')"
)


def test_no_stamp_was_forged(tmp_path: Path) -> None:
    """Rows of before, and rows of the release before."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "009")
        connection.execute(text(_MESSAGE), {"transaction": "t1"})
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text(_MESSAGE), {"transaction": "t2"})
    with database.read(Reader.OPERATOR) as session:
        for transaction in ("t1", "t2"):
            assert not get_message(session, tenant_id=None, transaction=transaction).is_stamp_forged
    database.close()
