"""Alembic's way in: runs the revisions on the connection that `tenants/storage/migration.py` has opened and locked."""

from alembic import context

from tenants.storage.tables.schema import whole_schema

context.configure(connection=context.config.attributes["connection"], target_metadata=whole_schema())
with context.begin_transaction():
    context.run_migrations()
