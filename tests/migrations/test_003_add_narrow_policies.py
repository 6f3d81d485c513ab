"""Revision 003 finds the data of before as it was; the release before it goes on working on the new tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.policies.book import tenant_policy
from tenants.policies.policy import Action
from tenants.quarantine.book import get_held
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader

_MESSAGE = (
    "INSERT INTO message (transaction_id, tenant_id, received_at, client_address, reverse_path, message_id, subject,"
    " octets, is_eight_bit, is_smtputf8, verdict, search_text) VALUES ('t1', 1, 0, '', '', '', '', 0, 0, 0, '', '')"
)
_HELD = (
    "INSERT INTO held (tenant_id, transaction_id, held_at, reason, verdict, findings, body, state, changed_at,"
    " last_result, requested_by, override_findings, lease_owner, lease_until, fence)"
    " VALUES (1, 't1', 0, 'engine-unavailable', 'clean', '[]', 'b', 'held', 0, '', '', '[]', '', 0, 0)"
)


def test_what_is_held_is_scanned_again_only_when_asked(tmp_path: Path) -> None:
    """Rows of before, and rows that the release before still writes."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "002")
        connection.execute(text(_MESSAGE))
        connection.execute(text(_HELD))
        connection.execute(
            text('INSERT INTO policy (tenant_id, entries, changed_at) VALUES (1, \'{"spam": "hold"}\', 0)')
        )
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text(_HELD))
    with database.read(Reader.OPERATOR) as session:
        for number in (1, 2):
            held = get_held(session, number, tenant_id=None)
            assert (held.rescan_at, held.rescans) == (None, 0)
        assert tenant_policy(session, tenant_id=1).policy.spam is Action.HOLD
    database.close()
