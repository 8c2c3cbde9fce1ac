"""`/audit.ndjson`: the audit with its seals, line by line, for auditors and what they collect it with."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cairn.access import audit, chain
from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.engine import Database
from cairn.graph.serve import Turned
from cairn.identity.door import Door
from cairn.web.pages import plain

PIECE = 65_536
"""Bytes that are sent at once."""
AT_ONCE = 2
"""Exports of a process at once: each holds a connection for as long as it is read."""


def routes(database: Database, door: Door) -> list[Route]:
    """Where the audit is."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def answer(request: Request) -> Response:
        standing = await door.admit(request.scope, permission=Permission.READ_AUDIT)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            since, until = (_instant(request.query_params.get(name), name) for name in ("since", "until"))
        except ValueError as error:
            return Response(f"{error}\n", 400, media_type="text/plain")
        if turn.locked():
            return Response("Others read the audit right now.\n", 503, {"retry-after": "10"}, "text/plain")
        await _record(database, standing.viewer, since, until)
        headers = {
            "content-disposition": 'attachment; filename="audit.ndjson"',
            "cache-control": "no-store",
        }
        return StreamingResponse(_lines(since, until), headers=headers, media_type="application/x-ndjson")

    async def _lines(since: datetime | None, until: datetime | None) -> AsyncIterator[bytes]:
        async with turn, database.transaction() as tx:
            piece = b""
            async for line in chain.export(tx, since, until):
                piece += line
                if len(piece) >= PIECE:
                    yield piece
                    piece = b""
            yield piece

    return [Route("/audit.ndjson", answer, methods=["GET"])]


async def _record(database: Database, viewer: Viewer, since: datetime | None, until: datetime | None) -> None:
    async with database.transaction() as tx:
        await audit.record(tx, viewer, "audit.export", None, after={"since": since, "until": until})


def _instant(given: str | None, name: str) -> datetime | None:
    """A time as RFC 3339 writes it. Raises `ValueError`."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise ValueError(f"{name} must be a time such as 2026-01-31T00:00:00Z") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
