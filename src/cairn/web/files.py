"""Files of portfolios over HTTP: sent once to an address that a mutation gave, fetched by who may see them.

Nothing that people upload is ever shown by this origin as anything that could act: every file is sent as an
attachment, of the type that its content is, with a policy under which nothing in it runs.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote
from uuid import UUID

import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cairn.access.refusal import NotFound, Refusal
from cairn.db.engine import Database
from cairn.graph.scalars import global_id
from cairn.graph.serve import Turned
from cairn.identity.door import Door
from cairn.portfolios import uploads
from cairn.portfolios.media import MOST_BYTES, Media, NotTaken, named, taken
from cairn.portfolios.storage import Storage, storage
from cairn.settings import Settings
from cairn.web.pages import plain, said

log = logging.getLogger("cairn.web")

AT_ONCE = 8
"""Files that a process receives at once; of more it says that it is busy."""
SILENT_SECONDS = 20.0
SECONDS = 600.0
SHIELD = {
    "cache-control": "private, no-cache",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""What a file says of itself: nothing in it runs, whatever it is taken for."""


def upload_routes(database: Database, settings: Settings) -> list[Route]:
    """Where files are sent, as a whole request (PUT) or in a form (POST); whoever has the address may."""
    return [Route("/uploads/{token}", _Uploads(database, settings).take, methods=["PUT", "POST"])]


def file_routes(database: Database, door: Door, settings: Settings) -> list[Route]:
    """Where they are fetched."""

    async def fetch(request: Request) -> Response:
        standing = await door.admit(request.scope)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            async with database.transaction() as tx:
                found = await uploads.readable(tx, standing.viewer, request.path_params["file"])
        except NotFound:
            return said(404, "There is no such file.")
        return await sent(storage(settings), found.key, found.name, found.media_type, found.size)

    return [Route("/files/{file:uuid}", fetch, methods=["GET"])]


async def sent(kept: Storage, key: str, name: str, media_type: str, size: int) -> Response:
    """A file as an answer, in pieces."""
    pieces = kept.pieces(key)
    try:
        first = await anext(pieces)
    except (FileNotFoundError, StopAsyncIteration):
        log.exception("a file is not kept under its key")
        return said(404, "There is no such file.")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    headers = {
        **SHIELD,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(named(name, media_type), safe='')}",
        "content-length": str(size),
    }
    charset = "; charset=utf-8" if media_type == "text/plain" else ""
    return StreamingResponse(whole(), headers=headers, media_type=f"{media_type}{charset}")


class _Uploads:
    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self._receiving = 0
        self._turn = asyncio.Semaphore(1)
        """Images are drawn one at a time: each may take a hundred megabytes."""

    async def take(self, request: Request) -> Response:
        token = request.path_params["token"]
        async with self.database.transaction() as tx:
            if not await uploads.awaited(tx, token):
                return said(404, "This address takes no file: ask for one with requestUpload.")
        if self._receiving >= AT_ONCE:
            return said(503, "Many files are being received; try again in a moment.", {"retry-after": "5"})
        self._receiving += 1
        try:
            with TemporaryFile() as file:
                async with asyncio.timeout(SECONDS):
                    received = _of_form if request.method == "POST" else _received
                    size = await received(request, file)
                    return await self._kept(token, file, size)
        except HTTPException as error:
            return said(error.status_code, f"The form cannot be read: {error.detail}.")
        except NotTaken as error:
            return said(422, f"The file is not taken: {error}.")
        except _TooLong:
            return said(413, f"A file has at most {MOST_BYTES // 1_000_000} MB.", {"connection": "close"})
        except TimeoutError:
            return said(408, "The file did not come to its end in time; send it again.")
        except ClientDisconnect:
            return said(400, "The file broke off.")
        finally:
            self._receiving -= 1

    async def _kept(self, token: str, file: IO[bytes], size: int) -> Response:
        async with self._turn:
            media = await asyncio.to_thread(taken, file, size)
        kept, key = storage(self.settings), Storage.new_key()
        with media.file:
            await kept.put(key, media.file)
            try:
                return await self._noted(token, media, key)
            except BaseException as error:
                with suppress(Exception):  # what is left behind is swept up
                    await kept.delete([key])
                if isinstance(error, Refusal):
                    return said(409, error.message)
                raise

    async def _noted(self, token: str, media: Media, key: str) -> Response:
        async with self.database.transaction() as tx:
            row = await uploads.receive(tx, token, media, key)
        body = {
            "file": global_id("PortfolioFile", UUID(str(row.id))),
            "name": row.name,
            "mediaType": row.media_type,
            "size": row.size,
        }
        return Response(orjson.dumps(body), 201, {"cache-control": "no-store"}, "application/json")


class _TooLong(Exception):  # noqa: N818  # it is about the file
    pass


async def _received(request: Request, file: IO[bytes]) -> int:
    """Writes what is sent into a file, piece by piece; how many bytes it was."""
    size = 0
    pieces = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return size
        size += len(piece)
        if size > MOST_BYTES:
            raise _TooLong
        await asyncio.to_thread(file.write, piece)


async def _of_form(request: Request, file: IO[bytes]) -> int:
    """Writes the file of a form (RFC 7578), whatever its field is called, into a file; how many bytes it has.

    The form's length is told beforehand, as browsers and curl do, for it is kept until it is whole.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411, "its length is not told")
    if int(length) > MOST_BYTES + 10_000:
        raise _TooLong
    async with request.form(max_files=1, max_fields=10, max_part_size=10_000) as form:
        sent = next((each for each in form.values() if isinstance(each, UploadFile)), None)
        if sent is None:
            raise HTTPException(422, "there is no file in it")
        size = 0
        while piece := await sent.read(1 << 20):
            size += len(piece)
            await asyncio.to_thread(file.write, piece)
    if size > MOST_BYTES:
        raise _TooLong
    return size
