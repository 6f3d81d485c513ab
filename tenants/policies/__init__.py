"""What a tenant asked for: the policy as values, its entries, and the book that keeps it."""
