"""Two ways into one PostgreSQL: asyncpg's own pool for reads, SQLAlchemy's session for writes.

A `Database` is the database of one company, which is one schema. Its read connections carry the company
in `search_path` from the start-up packet on, so a read is one round trip and no check-out can see
another's company; writes choose it with `set local` as their transaction begins. A connection that was
given no company finds no table at all.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from cairn.db.reads import Reads

Transaction = AsyncSession
"""What a verb writes in: raise to roll back, return to commit."""

COMPANY = "cairn"
"""The schema of the one company there is."""
SHARED = "public"
"""The schema of the extensions, which all companies share."""

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 30
LOCK_SECONDS = 10
IDLE_SECONDS = 60
STATEMENTS = 200
"""Prepared statements that a read connection keeps; each takes a third of a megabyte in the server."""

LIKENESS = "0.25"
"""How alike two words are, from 0 to 1, of which one may be the other with a typing mistake."""

_LIMITS = {
    "application_name": "cairn",
    "jit": "off",  # a statement of the graph takes milliseconds; compiling it would take longer
    "timezone": "UTC",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
}


LOST = frozenset({"40001", "40P01"})
"""SQLSTATE of a transaction that lost against another one: begun anew it may do."""
BUSY = LOST | {"55P03", "57014", "53300"}
"""Those, a lock that is waited for too long, a statement that takes too long, too many connections."""


def sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's code of an error, also where SQLAlchemy has wrapped it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    found: str | None = getattr(error, "sqlstate", None)
    return found


def said(error: BaseException) -> str:
    """What PostgreSQL says of an error, also where SQLAlchemy has wrapped it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    return str(error)


def passes(error: Exception) -> bool:
    """Whether what failed with PostgreSQL, or on the way to it, may go better in a few seconds."""
    if not isinstance(error, DBAPIError):
        return True
    return error.connection_invalidated or sqlstate(error) in BUSY


@dataclass
class Database:
    """The pools of one company's database."""

    reads: Reads
    writes: AsyncEngine
    company: str = COMPANY

    @property
    def is_idle(self) -> bool:
        """Whether a transaction could begin without waiting for another one's connection."""
        pool = self.writes.pool
        return isinstance(pool, QueuePool) and pool.checkedout() < pool.size()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end and rolls back where something is raised."""
        async with AsyncSession(self.writes, expire_on_commit=False) as session, session.begin():
            session.info[Database] = self
            await session.execute(text(f'set local search_path = "{self.company}", "{SHARED}"'))
            yield session


def database_of(tx: Transaction) -> Database:
    """The database of a transaction: for another one beside it, whose end does not wait for its end."""
    found: Database = tx.info[Database]
    return found


@asynccontextmanager
async def database(url: str, *, pool: int = 8, company: str = COMPANY) -> AsyncIterator[Database]:
    """Opens the pools on `url` (`postgresql://…`) and closes them at the end."""
    connections = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=pool,
        timeout=CONNECT_SECONDS,
        command_timeout=STATEMENT_SECONDS,
        statement_cache_size=STATEMENTS,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
        init=_json_as_bytes,
        reset=_nothing_to_reset,
        server_settings={
            **_LIMITS,
            "search_path": f'"{company}", "{SHARED}"',
            "default_transaction_read_only": "on",
            "pg_trgm.similarity_threshold": LIKENESS,
            "plan_cache_mode": "force_generic_plan",  # planning at each read can take longer than the read
        },
    )
    writes = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,  # a defect is logged with its statement; people and secrets do not belong there
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
            "server_settings": {**_LIMITS, "search_path": ""},
        },
    )
    _reconnect_after_failover(writes)
    reads = Reads(connections)
    try:
        yield Database(reads, writes, company)
    finally:
        await reads.close()
        await writes.dispose()


async def _json_as_bytes(connection: Any) -> None:
    """Answers come as JSON: its bytes go to the wire as they are, with no decoding and encoding between."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
    )


async def _nothing_to_reset(_connection: Any) -> None:
    """A read leaves no state behind, so a check-in needs no round trip to clear it."""


def _reconnect_after_failover(engine: AsyncEngine) -> None:
    """Counts what a server says as it steps down among the reasons to drop a connection."""
    stepping_down = {"25006", "57P01", "57P02", "57P03"}

    @event.listens_for(engine.sync_engine, "handle_error")
    def disconnects(context: Any) -> None:
        if sqlstate(context.original_exception) in stepping_down:
            context.is_disconnect = True


async def raw(tx: Transaction) -> Any:
    """The asyncpg connection of a transaction that has begun.

    Before SQLAlchemy's first statement it would be outside of any transaction; `Database.transaction` has
    always run one.
    """
    connection = await tx.connection()
    found = (await connection.get_raw_connection()).driver_connection
    assert found is not None
    return found


async def fetch_row(
    tx: Transaction, statement: str, columns: int, arguments: Sequence[Any]
) -> list[bytes | None] | None:
    """The row of JSON that a statement selects, as bytes, read in `tx`; None where it finds none.

    As text, because SQLAlchemy has its connections read JSON into objects.
    """
    await tx.flush()
    names = [f"c{n}" for n in range(columns)]
    told = ", ".join(f"{name}::text" for name in names)
    asked = f"select {told} from ({statement}) as answer({', '.join(names)})"  # noqa: S608  # the engine's own
    row = await (await raw(tx)).fetchrow(asked, *arguments)
    return None if row is None else [None if each is None else each.encode() for each in row]
