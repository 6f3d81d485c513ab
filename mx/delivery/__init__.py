"""The way to the next hop: an ESMTP client, its pool of connections, the schedule of retries, and the DSN."""
