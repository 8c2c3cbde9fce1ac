"""Brings a database to the tables of this version: extensions, the company's schema, and Alembic's history.

One process at a time migrates; others wait for it and find nothing left to do.
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from cairn.db.engine import COMPANY, SHARED

MIGRATIONS_TABLE = "schema_revision"
EXTENSIONS = ("btree_gist", "pg_trgm")
"""What the tables' constraints and indexes need; both come with PostgreSQL."""
_LOCK = 0x6361_6972_6E  # "cairn"


def _folder() -> Path:
    """The history: beside the sources in a checkout, inside the package when installed."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def config() -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(_folder()))
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return made


def heads() -> Sequence[str]:
    """The newest revisions; there is one."""
    return ScriptDirectory.from_config(config()).get_heads()


async def migrate(url: str, *, company: str = COMPANY, revision: str = "head") -> None:
    """Upgrades the database at `url`, in which the company's schema is made if it is not there."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK})
            for extension in EXTENSIONS:
                await connection.execute(
                    text(f'create extension if not exists {extension} schema "{SHARED}"')
                )
            await connection.execute(text(f'create schema if not exists "{company}"'))
            await connection.execute(text(f'set search_path = "{company}", "{SHARED}"'))
            await connection.commit()
            await connection.run_sync(_upgrade, revision)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, revision)


async def revision_of(url: str, *, company: str = COMPANY) -> str | None:
    """The revision a database is at; None where it was never migrated."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            there = text("select to_regclass(:name)")
            if (await connection.execute(there, {"name": f"{company}.{MIGRATIONS_TABLE}"})).scalar() is None:
                return None
            query = text(f'select version_num from "{company}".{MIGRATIONS_TABLE}')  # noqa: S608  # constants
            found = await connection.execute(query)
            return found.scalar_one_or_none()
    finally:
        await engine.dispose()
