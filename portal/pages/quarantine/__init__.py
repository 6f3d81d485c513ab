"""What is held for a tenant: looked through, released, deleted."""
