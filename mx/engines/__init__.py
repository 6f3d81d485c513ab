"""Engines: what looks at artifacts and states findings, each behind one small interface."""
