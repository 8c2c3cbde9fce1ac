"""The bench company: 20,000 people in 400 teams, 300 skills, 600,000 pieces of evidence, 30 % superseded.

Written by `company.sql`, the same on every machine but for the day it is built on, and kept in a folder of
its own until its recipe, the tables or its age call for another.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from cairn.db import embedded
from cairn.db.engine import COMPANY, SHARED, database
from cairn.db.migrate import migrate
from cairn.people.reporting import refresh

HERE = Path(__file__).resolve().parent
OLDEST = 60
"""Days after which the company is built anew: facts that end in the future have begun to end."""
SETTINGS = {
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "autovacuum": "off",  # the load only reads; what is built is vacuumed at once
    "fsync": "off",
    "max_wal_size": "4GB",
    "max_connections": "60",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track_utility": "off",
}

LOADING = """
set timezone = 'UTC'; set session_replication_role = replica;
set maintenance_work_mem = '256MB'; set work_mem = '256MB'
"""
"""How the rows are written: the foreign keys are right by construction."""


@dataclass(frozen=True)
class Size:
    """How large a company is."""

    people: int = 20_000
    skills: int = 300


FULL = Size()


def recipe(size: Size) -> str:
    """What tells companies apart that are not built alike."""
    revisions = sorted((HERE.parents[1] / "migrations" / "versions").glob("*.py"))
    texts = (repr(size), *(path.read_text() for path in (HERE / "company.sql", *revisions)))
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:12]


@contextmanager
def server(folder: Path) -> Iterator[embedded.Server]:
    """The PostgreSQL of the bench, with its data in `folder`."""
    with embedded.running(folder, settings=SETTINGS) as found:
        yield found


async def prepare(url: str, size: Size = FULL, *, rebuild: bool = False) -> bool:
    """Sees to a company of that size and recipe; whether it had to be built."""
    connection = await asyncpg.connect(url)
    try:
        await _track(connection, "none")
        found = await connection.fetchval(
            "select obj_description(to_regnamespace($1), 'pg_namespace')", COMPANY
        )
        day = datetime.now(UTC).date()
        if not rebuild and _fits(found, size, day):
            return False
        await connection.execute(f'drop schema if exists "{COMPANY}", recipe cascade')
        await connection.execute(f"create extension if not exists pg_stat_statements schema {SHARED}")
        await migrate(url)
        await _build(connection, url, size, day)
        await connection.execute(f"comment on schema \"{COMPANY}\" is '{recipe(size)} {day}'")
    finally:
        await connection.close()
    return True


def _fits(found: str | None, size: Size, day: date) -> bool:
    name, _, built = (found or "").partition(" ")
    return name == recipe(size) and (day - date.fromisoformat(built)).days <= OLDEST


async def _build(connection: asyncpg.Connection, url: str, size: Size, day: date) -> None:
    text = (HERE / "company.sql").read_text()
    values = {"people": str(size.people), "skills": str(size.skills), "day": f"'{day}'::date"}
    for name, value in values.items():
        text = re.sub(rf"(?<!:):{name}\b", value, text)
    await connection.execute(f'set search_path = "{COMPANY}", {SHARED}, recipe; {LOADING}; {text}')
    async with database(url, pool=1) as opened, opened.transaction() as tx:
        everybody = await connection.fetch("select id from employee")
        await refresh(tx, [row["id"] for row in everybody])
    await connection.execute("vacuum analyze")


@asynccontextmanager
async def counting(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Statements are counted meanwhile, by `pg_stat_statements`; never while time is taken."""
    connection = await asyncpg.connect(url)
    try:
        await _track(connection, "top")
        yield connection
    finally:
        await _track(connection, "none")
        await connection.close()


async def _track(connection: asyncpg.Connection, what: str) -> None:
    await connection.execute(f"alter system set pg_stat_statements.track = '{what}'")
    await connection.execute("select pg_reload_conf()")
    await asyncio.sleep(0.3)
