"""A database of our own on the test server: the tables of jobs, the queue, and a table for effects."""

import os

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from cairn.db.engine import COMPANY, SHARED
from cairn.db.engine import database as open_database
from cairn.db.tables import Table_
from cairn.jobs import events, handlers, perform, schedule, tables
from cairn.jobs.install import install_queue
from jobs import sample

TABLES = ("event", "handled", "effect", "public.pgqueuer", "public.pgqueuer_log")


async def make(server, name):
    """A new database of that name; its URL."""
    admin = await asyncpg.connect(server)
    await admin.execute(f"drop database if exists {name} with (force)")
    await admin.execute(f"create database {name}")
    await admin.close()
    url = make_url(server).set(database=name)
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        connect_args={"server_settings": {"search_path": f"{COMPANY}, {SHARED}"}},
    )
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"create schema {COMPANY}")
        await connection.exec_driver_sql(f"create extension btree_gist schema {SHARED}")
        ours = [tables.Event.__table__, tables.Handled.__table__]
        await connection.run_sync(lambda sync: Table_.metadata.create_all(sync, tables=ours))
        await connection.exec_driver_sql(
            "create table effect (key text, worker int default pg_backend_pid())"
        )
        await install_queue(connection)
    await engine.dispose()
    return url.render_as_string(hide_password=False)


async def drop(server, name):
    admin = await asyncpg.connect(server)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture(scope="session")
async def url(server_url):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    name = f"jobs_test{worker}"
    yield await make(server_url, name)
    await drop(server_url, name)


@pytest.fixture(scope="session")
async def opened(url):
    async with open_database(url, pool=10) as opened:
        yield opened


@pytest.fixture
async def admin(url):
    connection = await asyncpg.connect(url, server_settings={"search_path": f"{COMPANY}, {SHARED}"})
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def no_schedules(monkeypatch):
    """The rooms above have schedules, whose tables are not here."""
    monkeypatch.setattr(schedule, "schedules", [])


@pytest.fixture
async def database(opened, admin, monkeypatch):
    monkeypatch.setattr(perform, "FIRST_PAUSE", 0.05)
    sample.calls.clear()
    yield opened
    for table in TABLES:
        await admin.execute(f"delete from {table}")


@pytest.fixture
def registry():
    """What a test declares is forgotten after it."""
    known = (events.kinds, events.subscribers, handlers.handlers)
    before = [dict(each) for each in known]
    subscribed = {name: list(each) for name, each in events.subscribers.items()}
    yield
    for each, old in zip(known, before, strict=True):
        each.clear()
        each.update(old)
    events.subscribers.update(subscribed)
