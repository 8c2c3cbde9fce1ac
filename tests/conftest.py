"""A real PostgreSQL for all tests: one server, a database for each worker, emptied after each test."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest
from sqlalchemy import make_url, text

import cairn.app  # registers every room's tables, rules and types
import world as company
from cairn.access.viewer import Viewer
from cairn.db import embedded
from cairn.db.engine import SHARED, Database
from cairn.db.engine import database as pools
from cairn.db.migrate import migrate
from cairn.db.tables import Table_
from cairn.graph.serve import Answerer, Asked, Standing

TEMPLATE = "cairn_template"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}

os.environ.setdefault("CAIRN_SIGNING_KEY", "z3u2cisDikLqB2uhLGQDRNfWbkXFbQunkF83qAwtHx2nxzPW")
"""Tests sign with a key of their own, and leave none behind."""

_server: "embedded.Server | None" = None
_folder: "tempfile.TemporaryDirectory[str] | None" = None


def pytest_configure(config: pytest.Config) -> None:
    """Starts the server in the process that has the tests run, not in each of its workers."""
    global _server, _folder  # noqa: PLW0603  # one server for the whole run
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    url = os.environ.get("CAIRN_TEST_DATABASE_URL")
    if url is None:
        _folder = tempfile.TemporaryDirectory(prefix="cairn-tests-")
        _server = embedded.start(Path(_folder.name) / "postgres", settings=FAST)
        url = _server.url
    config.stash[URL] = url
    asyncio.run(_make_template(url))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops it."""
    if hasattr(config, "workerinput"):
        return
    if _server is not None:
        _server.stop()
    if _folder is not None:
        _folder.cleanup()


def pytest_configure_node(node: Any) -> None:
    """Tells a worker where the server is."""
    node.workerinput["url"] = node.config.stash[URL]


URL = pytest.StashKey[str]()


def _on(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _make_template(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"drop database if exists {TEMPLATE} with (force)")
    await connection.execute(f"create database {TEMPLATE}")
    await connection.close()
    await migrate(_on(url, TEMPLATE))


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """The server, at its own database."""
    worker = getattr(request.config, "workerinput", None)
    found: str = worker["url"] if worker is not None else request.config.stash[URL]
    return found


@pytest.fixture(scope="session")
async def url(server_url: str) -> AsyncIterator[str]:
    """A migrated database of this worker's own."""
    name = f"cairn_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"create database {name} template {TEMPLATE}")
    yield _on(server_url, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture(scope="session")
async def database_of_worker(url: str) -> AsyncIterator[Database]:
    """The pools of this worker."""
    async with pools(url, pool=4) as opened:
        yield opened


@pytest.fixture
async def database(database_of_worker: Database) -> AsyncIterator[Database]:
    """A database that is empty before the test, and after it."""
    yield database_of_worker
    await empty(database_of_worker)


async def empty(database: Database) -> None:
    """Deletes every row; faster than truncating, and than a new database."""
    async with database.transaction() as tx:
        await tx.execute(text("set local session_replication_role = replica"))
        connection = await tx.connection()
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        statements = [f'delete from "{table.name}"' for table in Table_.metadata.sorted_tables]
        queue = await raw.fetchval("select to_regclass('public.pgqueuer')")
        if queue is not None:
            statements.append(f"delete from {SHARED}.pgqueuer")
        await raw.execute("; ".join(statements))


@pytest.fixture
async def world(database: Database) -> company.World:
    """The company, with what its people can do."""
    async with database.transaction() as tx:
        built = await company.build(tx)
        await company.add_evidence(tx)
    return built


@pytest.fixture(scope="session")
def schema() -> Any:
    """The schema, built once."""
    return cairn.app.schema()


ARRAYS = "select $1::uuid[], $2::text[], $3::timestamptz[], $4::date[], $5::int8[]"
"""A connection asks PostgreSQL what an array is when it meets one first: here it has met them."""


class Statements(list[str]):
    """What was sent to PostgreSQL by the pool of reads."""


@pytest.fixture
async def statements(database: Database) -> AsyncIterator[Statements]:
    """Records the statements of reads."""
    recorded = Statements()
    connections = [await database.reads.acquire() for _ in range(database.reads.get_max_size())]

    def note(record: Any) -> None:
        recorded.append(record.query)

    for connection in connections:
        await connection.fetchrow(ARRAYS, [], [], [], [], [])
        connection.add_query_logger(note)
    for connection in connections:
        await database.reads.release(connection)
    yield recorded
    connections = [await database.reads.acquire() for _ in range(database.reads.get_max_size())]
    for connection in connections:
        connection.remove_query_logger(note)
        await database.reads.release(connection)


class Ask:
    """Asks in GraphQL, as somebody of the company, and gives the whole answer."""

    def __init__(self, answerer: Answerer, statements: Statements) -> None:
        self.answerer = answerer
        self.statements = statements

    async def __call__(
        self, query: str, variables: dict[str, Any] | None = None, *, viewer: Viewer = company.EVERYTHING
    ) -> Any:
        """The data of a query; it ran exactly one statement."""
        await asyncio.sleep(0)  # what a mutation ran before is reported by now
        before = len(self.statements)
        answer = await self.whole(query, variables, viewer=viewer)
        assert "errors" not in answer, answer["errors"]
        await asyncio.sleep(0)  # the driver reports a statement in the next turn of the loop
        ran = self.statements[before:]
        assert len(ran) == 1, ran
        return answer["data"]

    async def whole(
        self, query: str, variables: dict[str, Any] | None = None, *, viewer: Viewer = company.EVERYTHING
    ) -> Any:
        """The whole answer, of a query or a mutation."""
        body = await self.answerer.answer(Asked(query, None, variables or {}), Standing(viewer))
        assert body is not None
        return orjson.loads(body)

    async def do(
        self,
        query: str,
        input_: dict[str, Any],
        *,
        viewer: Viewer = company.EVERYTHING,
    ) -> Any:
        """The result of a mutation's one field."""
        answer = await self.whole(query, {"input": input_}, viewer=viewer)
        assert "errors" not in answer, answer["errors"]
        [result] = answer["data"].values()
        return result


@pytest.fixture
def ask(schema: Any, database: Database, statements: Statements) -> Ask:
    """Asks the engine."""
    return Ask(Answerer(schema, database), statements)


@pytest.fixture
def any_folder() -> Iterator[Path]:
    """A folder with a short path, for what has a socket in it."""
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder:
        yield Path(folder)
