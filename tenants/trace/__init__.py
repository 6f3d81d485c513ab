"""What became of each message: events, how they are written, and how they are found again."""
