"""The queue's tables, on each PostgreSQL there is."""

from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from cairn.db import binaries
from cairn.db.embedded import running
from cairn.jobs.install import install_queue, install_statements, uninstall_queue
from cairn.jobs.queue import queries
from jobs.conftest import drop, make

OLDEST = Path("/usr/lib/postgresql/15/bin")
OBJECTS = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relname ~ 'pgqueuer'"


@pytest.fixture
def oldest(tmp_path, monkeypatch):
    if not OLDEST.exists():
        pytest.skip("PostgreSQL 15 is not at hand")
    monkeypatch.setattr(binaries, "candidates", lambda: iter([OLDEST]))
    with running(tmp_path, settings={"fsync": "off"}) as server:
        yield server.url


async def test_on_the_test_server(server_url):
    await installed(server_url)


async def test_on_the_oldest_postgresql(oldest):
    await installed(oldest)


async def installed(server):
    url = await make(server, "jobs_install_test")
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    connection = await asyncpg.connect(url)
    try:
        assert (await queries(connection).plan_upgrade()).statements == ()  # as pgqueuer wants it
        async with engine.begin() as again:
            await install_queue(again)
        before = await connection.fetchval(OBJECTS)
        async with engine.begin() as gone:
            await uninstall_queue(gone)
            await uninstall_queue(gone)
        assert await connection.fetchval(OBJECTS) == 0
        async with engine.begin() as migration:
            for statement in install_statements():
                await migration.execute(text(statement))  # as alembic's op.execute does
        assert await connection.fetchval(OBJECTS) == before > 10
        assert (await queries(connection).plan_upgrade()).statements == ()
    finally:
        await connection.close()
        await engine.dispose()
        await drop(server, "jobs_install_test")
