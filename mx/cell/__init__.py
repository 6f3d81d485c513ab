"""Where hostile octets are opened: killable child processes, and the pool that feeds them."""
