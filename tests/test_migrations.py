"""The history of migrations leads to the tables of this version, and keeps the data on the way."""

from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from cairn.db.engine import COMPANY, SHARED
from cairn.db.engine import database as pools
from cairn.db.migrate import EXTENSIONS, heads, migrate, revision_of
from cairn.db.tables import Table_

CATALOG = """
select 'column' as kind, c.relname || '.' || a.attname as name,
       format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
         as definition
from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = $1::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
union all
select 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = $1::regnamespace and contype <> 'n'
union all
select 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
from pg_index where indrelid in (select oid from pg_class where relnamespace = $1::regnamespace)
"""


async def _catalog(url: str) -> dict[str, str]:
    """What a database's schema consists of."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(CATALOG, COMPANY)
    finally:
        await connection.close()
    return {
        f"{row['kind']} {row['name'].removeprefix(f'{COMPANY}.')}": row["definition"]
        for row in rows
        if "schema_revision" not in row["name"]
    }


@pytest.fixture
async def empty_url(server_url: str):
    """A database with nothing in it."""
    name = "cairn_migrations"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"drop database if exists {name} with (force)")
    await connection.execute(f"create database {name}")
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def test_the_migrated_database_is_that_of_the_tables(url: str, empty_url: str):
    engine = create_async_engine(make_url(empty_url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        for extension in EXTENSIONS:
            await connection.execute(text(f"create extension {extension} schema {SHARED}"))
        await connection.execute(text(f"create schema {COMPANY}"))
        await connection.execute(text(f"set local search_path = {COMPANY}, {SHARED}"))
        await connection.run_sync(Table_.metadata.create_all)
    await engine.dispose()
    migrated, declared = await _catalog(url), await _catalog(empty_url)
    differing = {name for name in {*migrated, *declared} if migrated.get(name) != declared.get(name)}
    assert not differing, "the tables and migrations/ differ: write a revision for " + ", ".join(
        sorted(differing)
    )


async def test_migrating_twice_is_migrating_once(empty_url: str):
    assert await revision_of(empty_url) is None
    await migrate(empty_url)
    assert await revision_of(empty_url) in heads()
    await migrate(empty_url)
    assert await revision_of(empty_url) in heads()


FIRST = Path(__file__).with_name("first.sql")
"""The small company as the first revision kept it; today's tables could not write it there."""


async def test_each_upgrade_keeps_the_data_of_the_first_revision(empty_url: str):
    await migrate(empty_url, revision="0001")
    connection = await asyncpg.connect(empty_url)
    await connection.execute(f"set search_path = {COMPANY}, {SHARED}")
    await connection.execute(FIRST.read_text())
    await connection.close()
    await migrate(empty_url)
    async with pools(empty_url, pool=1) as database, database.transaction() as tx:
        kept = await tx.execute(text("select count(*) from employment where title is not null"))
        assert kept.scalar_one() == 11
        tree = await tx.execute(
            text(
                "select above.name, below.name, depth from department_line"
                " join department above on above.id = above_id"
                " join department below on below.id = department_id"
            )
        )
        assert set(tree.all()) == {
            ("Company", "Engineering", 1),
            ("Company", "Sales", 1),
            ("Engineering", "Platform", 1),
            ("Company", "Platform", 2),
        }


def test_there_is_one_newest_revision():
    assert len(heads()) == 1, (
        "two revisions follow the same one: give the later one the other as down_revision"
    )


def test_what_keeps_one_company_one_schema():
    """Every table has a primary key, and none counts by itself; nothing but tables lives in the schema."""
    for table in Table_.metadata.sorted_tables:
        assert table.primary_key.columns, f"{table.name} has no primary key"
        assert not any(column.identity or column.computed for column in table.columns), table.name
        assert table.schema is None, f"{table.name} names a schema; search_path picks it"
        for key in table.foreign_keys:
            assert key.column.table.schema is None
