"""Authentication: who a message is really from, by SPF, DKIM and DMARC; pure, but for the resolver."""
