"""The connections that reads take turns on."""

import asyncio
from collections import deque
from collections.abc import Generator
from typing import Any

import asyncpg


class Reads:
    """The connections for reads: asyncpg's pool, without its toll.

    On the surface that pool would do. But a check-out from it and back costs as much as a small statement:
    with it, `viewer` reached 0.72 of the hand-written limit in `make bench`, and 0.93 without. A read leaves
    nothing behind that would have to be cleared, so a connection that is given back whole stays out of the
    pool, for the next read to take; one whose read was broken off goes back, for the pool to mend or to
    replace.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool
        self._idle: list[Any] = []
        self._out = 0
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._closing = False

    def get_max_size(self) -> int:
        """How many connections there can be at a time."""
        return int(self._pool.get_max_size())

    def acquire(self) -> "Lease":
        """A connection: `async with reads.acquire() as connection`, or awaited and then released."""
        return Lease(self)

    async def fetchval(self, statement: str, *arguments: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # asyncpg's own signature
        """The first value of a statement's first row."""
        async with self.acquire() as connection:
            return await connection.fetchval(statement, *arguments, timeout=timeout)

    async def take(self) -> Any:
        """An open connection; waits in line where all are taken."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            await self.mend(connection)
        if self._out < self._pool.get_max_size():
            return await self._new()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            connection = await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._hand_on(turn.result())
            raise
        if connection is not None and _is_open(connection):
            return connection
        if connection is not None:
            await self.mend(connection)
        return await self.take()

    async def _new(self) -> Any:
        self._out += 1
        try:
            return await self._pool.acquire()
        except BaseException:
            self._out -= 1
            self._hand_on(None)
            raise

    def _hand_on(self, connection: Any) -> None:
        """To whoever waits longest: a connection, or None for the place of one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is not None:
            self._idle.append(connection)

    async def release(self, connection: Any) -> None:
        """Takes back a connection that is whole."""
        if self._closing:
            await self.mend(connection)
        else:
            self._hand_on(connection)

    async def mend(self, connection: Any) -> None:
        """Gives a connection to the pool, which waits until its statement is cancelled, or closes it."""
        try:
            await self._pool.release(connection)
        finally:
            self._out -= 1
            self._hand_on(None)

    async def close(self) -> None:
        """Closes all, those that are in use as they are given back."""
        self._closing = True
        while self._idle:
            await self.mend(self._idle.pop())
        await self._pool.close()


def _is_open(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False  # the pool has taken it back as it was lost


class Lease:
    """A check-out, by `Reads.acquire`."""

    __slots__ = ("_connection", "_reads")

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._reads.take().__await__()

    async def __aenter__(self) -> Any:
        self._connection = await self._reads.take()
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, asyncpg.PostgresError):
            await self._reads.release(self._connection)
        else:
            await self._reads.mend(self._connection)
