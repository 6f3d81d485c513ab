"""Any scanner with an ICAP port."""
