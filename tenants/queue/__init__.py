"""What waits for a next hop, and mail of our own that waits to be written."""
