"""Who is known at a domain, and where that is known from."""
