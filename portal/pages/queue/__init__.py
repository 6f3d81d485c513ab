"""The queue: what waits for the tenant's mail server, and intervening."""
