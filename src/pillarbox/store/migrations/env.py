"""Alembic's entry: runs the migrations on the connection it is given (store/migrate.py)."""

from alembic import context

from pillarbox.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
