"""What is due -> mail of our own: reports to senders, sign-in links, the postmaster's mail."""
