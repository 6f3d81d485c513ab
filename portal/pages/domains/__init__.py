"""The domains in the portal: whether each is verified, and the DNS records that it needs."""
