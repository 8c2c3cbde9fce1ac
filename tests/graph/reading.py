"""Asking the engine for data that stands still, and seeing what that takes."""

import asyncio
from contextlib import asynccontextmanager

import orjson

from cairn.graph.serve import Answerer, Asked, Standing

ARRAYS = "select $1::uuid[], $2::text[], $3::timestamptz[], $4::date[], $5::int8[]"
"""A connection asks PostgreSQL what an array is when it first meets one; here it has met them all."""


class Reader:
    """Asks the engine and keeps what it sent to PostgreSQL."""

    def __init__(self, schema, database):
        self.answerer = Answerer(schema, database)
        self.statements = []

    async def raw(self, query, variables=None, *, viewer):
        """The bytes of an answer; they took one statement."""
        self.statements.clear()
        body = await self.answerer.answer(Asked(query, None, variables or {}), Standing(viewer))
        await asyncio.sleep(0)  # the driver reports a statement in the next turn of the loop
        assert len(self.statements) == 1, self.statements
        return body

    async def data(self, query, variables=None, *, viewer):
        """The data of an answer."""
        answer = orjson.loads(await self.raw(query, variables, viewer=viewer))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@asynccontextmanager
async def reading(schema, database):
    """A reader on a database."""
    found = Reader(schema, database)

    def note(record):
        found.statements.append(record.query)

    async with _all(database) as connections:
        for connection in connections:
            await connection.fetchrow(ARRAYS, [], [], [], [], [])
            connection.add_query_logger(note)
    yield found
    async with _all(database) as connections:
        for connection in connections:
            connection.remove_query_logger(note)


@asynccontextmanager
async def _all(database):
    connections = [await database.reads.acquire() for _ in range(database.reads.get_max_size())]
    yield connections
    for connection in connections:
        await database.reads.release(connection)
