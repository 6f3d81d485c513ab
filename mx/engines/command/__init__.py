"""Any scanner that is a command."""
