"""The line to the queue: one direct connection to the primary, which is made again whenever it is lost.

Direct, because it also listens: behind a pooler in transaction mode nobody hears a notification. A server
that went away without a word is noticed by the next statement, which the worker's polling sees to.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self, TypeVar

import asyncpg
from pgqueuer.queries import Queries

from cairn.db.engine import CONNECT_SECONDS, LOCK_SECONDS, STATEMENT_SECONDS
from cairn.jobs.queue import queries

log = logging.getLogger("cairn.jobs")

T = TypeVar("T")
Hear = Callable[[str], None]
"""Takes the payload of a notification; after a reconnection "", as some may have been lost."""


class Line:
    """A connection to the queue."""

    def __init__(self, url: str, listeners: Mapping[str, Hear] | None = None) -> None:
        self.url = url
        self.listeners = listeners or {}
        """By channel."""
        self._connection: Any = None
        self._queries: Queries | None = None
        self._connecting = asyncio.Lock()
        self._down = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hang_up()

    async def ask(self, question: Callable[[Queries], Awaitable[T]]) -> T:
        """The answer; where the connection is lost, asks again on a new one for as long as it takes.

        So a question may be put twice although the first time was heard.
        """
        failures = 0
        while True:
            asked: Queries | None = None
            try:
                asked = await self._connected()
                return await question(asked)
            except Exception as error:
                if not lost(error):
                    raise
                if not self._down:
                    self._down = True
                    log.warning("the connection to the queue is lost, trying again: %s", summary(error))
                if asked is self._queries:  # or else another question has made a new one
                    await self._hang_up()
            await asyncio.sleep(backoff(failures, first=0.1, longest=5))
            failures += 1

    async def _connected(self) -> Queries:
        async with self._connecting:
            if self._queries is None:
                connection = await asyncpg.connect(
                    self.url,
                    timeout=CONNECT_SECONDS,
                    command_timeout=STATEMENT_SECONDS,
                    server_settings={
                        "application_name": "cairn worker",
                        "jit": "off",
                        "timezone": "UTC",
                        "search_path": "",
                        "statement_timeout": f"{STATEMENT_SECONDS}s",
                        "lock_timeout": f"{LOCK_SECONDS}s",
                    },
                )
                self._connection = connection
                for channel, hear in self.listeners.items():
                    await connection.add_listener(channel, _heard_by(hear))
                    hear("")
                self._queries = queries(connection)
                if self._down:
                    self._down = False
                    log.warning("the connection to the queue is there again")
            return self._queries

    async def _hang_up(self) -> None:
        connection, self._connection, self._queries = self._connection, None, None
        if connection is not None:
            try:
                await connection.close(timeout=1)
            except Exception:  # noqa: BLE001  # whatever it is, the connection is to go
                connection.terminate()


def _heard_by(hear: Hear) -> Callable[[Any, int, str, str], None]:
    return lambda _connection, _pid, _channel, payload: hear(payload)


def lost(error: BaseException) -> bool:
    """Whether it is about the connection or the server, and not about what was asked."""
    if isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return True
    state = getattr(error, "sqlstate", None) or ""
    return state[:2] in {"08", "53", "57"} or state == "25006"  # the last: a primary that has stepped down


def summary(error: BaseException | None) -> str:
    """An exception in a line."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def backoff(failures: int, *, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row: twice as long each time, and never all at once."""
    pause: float = min(first * 2**failures, longest)
    return pause * random.uniform(0.5, 1)  # noqa: S311  # it spreads load
