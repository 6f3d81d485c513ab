"""`pratique migrate`: the database comes to this version."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tests.pratique.commands.conftest import Pratique


def _say_it_is_at(data: Path, revision: str) -> None:
    database = Database(f"sqlite:///{data / 'pratique.sqlite'}")
    with database.unit_of_work(Reader.OPERATOR) as session:
        newer = text("UPDATE alembic_version SET version_num = :revision, oldest = :revision")
        session.execute(newer, {"revision": revision})
    database.close()


def test_an_empty_database_is_migrated_once(
    pratique: Pratique, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time there is nothing to do."""
    monkeypatch.setenv("PRATIQUE_DATA", str(tmp_path / "other" / "data"))
    assert pratique.do("migrate") == "The database is migrated.\n"
    assert pratique.do("migrate") == "The database is of this version already.\n"
    assert pratique.ask("migrate") == {"migrated": False}


def test_a_newer_database_is_left_alone(pratique: Pratique) -> None:
    """By every command."""
    _say_it_is_at(pratique.data, "999")
    line = "The database is of a newer version of Pratique: install that version."
    assert pratique.refuse("migrate") == line
    assert pratique.refuse("tenant", "list") == line
