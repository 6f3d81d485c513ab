"""All tables are known in one place."""

import importlib
from pathlib import Path

from tenants.storage.tables import schema


def test_every_subject_file_is_gathered() -> None:
    """A table that is missing here would never be migrated."""
    folder = Path(schema.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "schema", "column_types"}
    assert {subject.__name__.rpartition(".")[2] for subject in schema.SUBJECTS} == files


def test_every_table_has_a_primary_key_and_is_in_one_metadata() -> None:
    """Leases, pages and references need it."""
    for subject in schema.SUBJECTS:
        assert importlib.import_module(subject.__name__).metadata is schema.whole_schema()
    assert all(len(table.primary_key) for table in schema.whole_schema().tables.values())


def test_tables_that_hold_a_tenants_own_rows_name_the_tenant() -> None:
    """All but those listed, each of which says why not."""
    without = {
        "tenant",  # the tenant itself
        "route",  # a domain's
        "message_recipient",  # a message's
        "held_recipient",  # a held message's
        "held_finding",  # likewise
        "app_user",  # a person may belong to several tenants
        "sign_in_link",  # a person's
        "engine_state",  # a node's
        "master_key",  # the operator's
    }
    tables = schema.whole_schema().tables
    assert {name for name, table in tables.items() if "tenant_id" not in table.c} == without
