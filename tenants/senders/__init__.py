"""What is remembered of those who write: allowed, blocked, seen before."""
