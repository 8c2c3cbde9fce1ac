"""pgqueuer's tables, as our migrations make them in the shared schema.

They are no company's: they have sequences, and a trigger that does no business but to notify of new jobs.
"""

from pgqueuer.adapters.persistence import schema_ddl
from pgqueuer.domain.schema.declaration import target
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.jobs.queue import SETTINGS


def install_statements() -> list[str]:
    """What makes the queue, one command each; what is there already stays."""
    schema = target(SETTINGS)
    types = [
        f"DO $$ BEGIN {schema_ddl.render_enum(each, SETTINGS)} "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        for each in schema.enums
    ]
    return [
        *types,
        *(schema_ddl.render_table(each, SETTINGS, if_not_exists=True) for each in schema.tables),
        *(schema_ddl.render_index(each, SETTINGS, if_not_exists=True) for each in schema.indexes),
        *(schema_ddl.render_function(each, SETTINGS, replace=True) for each in schema.functions),
        *(schema_ddl.render_trigger(each, SETTINGS, replace=True) for each in schema.triggers),
    ]


def uninstall_statements() -> list[str]:
    """What removes the queue and all jobs in it, one command each."""
    return schema_ddl.render_uninstall(SETTINGS).splitlines()


async def install_queue(connection: AsyncConnection) -> None:
    """Makes the queue where there is none."""
    for statement in install_statements():
        await connection.exec_driver_sql(statement)


async def uninstall_queue(connection: AsyncConnection) -> None:
    """Removes the queue and all jobs in it."""
    for statement in uninstall_statements():
        await connection.exec_driver_sql(statement)
