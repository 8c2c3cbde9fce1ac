"""What Alembic runs: the history against one company's schema, on the connection `db/migrate.py` hands over."""

from alembic import context

from cairn.db.migrate import MIGRATIONS_TABLE
from cairn.db.tables import Table_

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table_.metadata,
    version_table=MIGRATIONS_TABLE,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
