"""The processes: which there are, how they start, are kept alive, and end."""
