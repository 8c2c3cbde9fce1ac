"""One of the servers that are measured, as a uvicorn process with one worker.

    python -m bench.server cairn|unchecked|idiom|limit URL VIEWER

Says on which port it listens, and ends when its standard input does.
"""

import asyncio
import gc
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import uvicorn

from cairn.db.engine import COMPANY, SHARED, database

# What only one of the servers needs is imported there, so that none carries the memory of another.
# ruff: noqa: PLC0415

POOL = 8
"""Connections of each server."""
SETTINGS = {"search_path": f"{COMPANY}, {SHARED}", "jit": "off", "timezone": "UTC"}
"""As Cairn's own connections have it."""
SERVING = {
    "http": "httptools",
    "access_log": False,
    "server_header": False,
    "date_header": False,
    "proxy_headers": False,
    "log_level": "warning",
}
"""As `cairn serve` has it."""


@asynccontextmanager
async def cairn(url: str, origin: str, *, everything: bool) -> AsyncIterator[Any]:  # noqa: ARG001  # the session's roles say that
    """Cairn, whole; rates are counted, and nobody asks too often."""
    os.environ["CAIRN_RATE_PERSON"] = "1000000000"
    from cairn.app import application

    async with database(url, pool=POOL) as opened:
        yield application(opened, [], origin)


@asynccontextmanager
async def unchecked(url: str, origin: str, *, everything: bool) -> AsyncIterator[Any]:
    """Cairn, whose door lets whoever came first in for good: what a request costs without its session."""
    import cairn.app
    from cairn.graph.serve import Standing
    from cairn.identity.door import Door

    class Ajar(Door):
        standing: Any = None

        async def enter(self, scope: Any, *, page: bool = False) -> Any:
            if self.standing is None:
                found = await super().enter(scope, page=page)
                if not isinstance(found, Standing):
                    return found
                self.standing = Standing(found.viewer, None, {})
            return self.standing

    cairn.app.Door = Ajar
    async with KINDS["cairn"](url, origin, everything=everything) as app:
        yield app


@asynccontextmanager
async def idiom(url: str, origin: str, *, everything: bool) -> AsyncIterator[Any]:  # noqa: ARG001  # it checks no origin
    """The common idiom."""
    from sqlalchemy import make_url
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    from bench.idiom import application

    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=POOL,
        max_overflow=0,
        connect_args={"server_settings": SETTINGS},
    )
    yield application(async_sessionmaker(engine, expire_on_commit=False), everything=everything)
    await engine.dispose()


@asynccontextmanager
async def limit(url: str, origin: str, *, everything: bool) -> AsyncIterator[Any]:  # noqa: ARG001  # it checks no origin
    """The limit."""
    import asyncpg

    from bench.limit import application, as_bytes, nothing_to_reset

    async with asyncpg.create_pool(
        url,
        min_size=POOL,
        max_size=POOL,
        command_timeout=30,
        max_cached_statement_lifetime=0,
        init=as_bytes,
        reset=nothing_to_reset,
        server_settings={**SETTINGS, "plan_cache_mode": "force_generic_plan"},
    ) as pool:
        yield application(pool, everything=everything)


KINDS = {"cairn": cairn, "unchecked": unchecked, "idiom": idiom, "limit": limit}


async def serve(kind: str, url: str, viewer: str) -> None:
    """Serves until standard input ends."""
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))
        port = listening.getsockname()[1]
        made = KINDS[kind](url, f"http://127.0.0.1:{port}", everything=viewer == "admin")
        app = await stack.enter_async_context(made)
        server = uvicorn.Server(uvicorn.Config(app, loop="none", lifespan="off", **SERVING))
        gc.collect()
        gc.freeze()  # what was imported stays: the collector need not look at it again and again

        def end() -> None:
            sys.stdin.read()
            server.should_exit = True

        threading.Thread(target=end, daemon=True).start()
        print(port, flush=True)
        await server.serve(sockets=[listening])


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*sys.argv[1:]))
