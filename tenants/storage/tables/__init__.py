"""The tables, one file for each subject; `schema.py` gathers them for Alembic."""
