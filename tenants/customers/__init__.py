"""The customers and their people: tenants, users, signing in, and who did what."""
