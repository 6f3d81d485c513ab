"""The table of directories belongs to a tenant and to a domain, and can be leased."""

from tenants.storage.tables.directories import recipient_directory


def test_a_row_says_whose_it_is_and_who_asks() -> None:
    """As every table that is leased."""
    assert {"tenant_id", "domain_id", "lease_owner", "lease_until", "fence"} <= set(recipient_directory.c.keys())
