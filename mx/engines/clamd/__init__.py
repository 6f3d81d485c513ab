"""clamd, over its socket."""
