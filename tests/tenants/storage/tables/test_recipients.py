"""The tables of recipients belong to a tenant and to a domain."""

from tenants.storage.tables import recipients


def test_both_tables_name_the_tenant_and_the_domain() -> None:
    """What belongs to a tenant says so in its row."""
    for table in (recipients.recipient, recipients.recipient_source):
        assert {"tenant_id", "domain_id"} <= set(table.c.keys())
