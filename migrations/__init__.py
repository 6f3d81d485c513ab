"""The database's history: one Alembic revision for each change of the tables."""
