"""Decisions into outcomes: forward, hold, refuse, discard."""
