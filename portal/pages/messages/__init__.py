"""What became of recent messages."""
