"""The time that a service goes by, and what becomes of it when the wall clock is set."""
