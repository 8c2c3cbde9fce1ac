"""All that is stored about somebody as one zip file: a page to read or print, JSON, and signed credentials.

`/me/export.zip` is one's own, `/employees/{id}/export.zip` anybody's for whoever manages access. It is made
when it is asked for, from one snapshot, and written to a file that has no name before the first byte is sent:
so a slow reader holds no transaction, and nothing is in memory but a batch of rows.
"""

import asyncio
import logging
import zipfile
from collections.abc import AsyncIterator, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

import orjson
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cairn.access import audit
from cairn.access.refusal import NotAllowed, NotFound
from cairn.access.viewer import Viewer
from cairn.db.engine import Database, Transaction
from cairn.db.ranges import now
from cairn.graph.serve import Turned
from cairn.identity.archive import BATCH, Part, owner, parts, rows
from cairn.identity.door import Door
from cairn.people.tables import Employee
from cairn.portfolios.storage import storage
from cairn.web.pages import plain, said, template

log = logging.getLogger("cairn.web")

AT_ONCE = 2
"""Archives that a process makes at once; others wait."""
IN_MEMORY = 1_000_000
"""Bytes of a file that has not gone to the disk yet."""
PIECE = 65_536
README = """All that is stored about you in Cairn.

index.html    to read, or to print
data.json     the same for programs: by table, with what each field means
credentials/  your credentials as they were signed: Open Badges 3.0, and the same as a JWT
portfolio/    the files of your portfolio, in a folder for each item

Times are in UTC. Of colleagues there are only ids. Left out are secrets, of which only digests are kept,
and what is on its way from one part of Cairn to another for a few seconds.
"""


def routes(database: Database, door: Door) -> list[Route]:
    """Where archives are."""
    here = _Exports(database, door)
    return [
        Route("/me/export.zip", here.mine, methods=["GET"]),
        Route("/employees/{employee:uuid}/export.zip", here.anybodys, methods=["GET"]),
    ]


class _Exports:
    def __init__(self, database: Database, door: Door) -> None:
        self.database = database
        self.door = door
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def mine(self, request: Request) -> Response:
        return await self._answer(request, None)

    async def anybodys(self, request: Request) -> Response:
        return await self._answer(request, request.path_params["employee"])

    async def _answer(self, request: Request, employee: UUID | None) -> Response:
        standing = await self.door.admit(request.scope)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            async with self._turn:
                file = await self._made(standing.viewer, employee)
        except NotFound as refusal:
            return said(404, refusal.message)
        except NotAllowed as refusal:
            return said(403, refusal.message)
        size = file.seek(0, 2)
        file.seek(0)
        headers = {
            "content-disposition": f'attachment; filename="cairn-export-{now():%Y-%m-%d}.zip"',
            "content-length": str(size),
            "cache-control": "no-store",
        }
        return StreamingResponse(_pieces(file), headers=headers, media_type="application/zip")

    async def _made(self, viewer: Viewer, employee: UUID | None) -> IO[bytes]:
        """The archive, as a file at its end. Raises `NotFound`, `NotAllowed`."""
        async with self.database.transaction() as tx:
            await tx.execute(text("set transaction isolation level repeatable read"))
            found = await owner(tx, viewer, employee)
            await audit.record(tx, viewer, "employee.download", found)
            file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # whoever sends it closes it
            try:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    await _write(tx, archive, found)
            except BaseException:
                file.close()
                raise
        return file


async def _write(tx: Transaction, archive: zipfile.ZipFile, employee: Employee) -> None:
    page = template("export.html").module
    moment = f"{now():%Y-%m-%d %H:%M} UTC"
    archive.writestr("README.txt", README)
    with SpooledTemporaryFile(IN_MEMORY) as html:
        with archive.open("data.json", "w", force_zip64=True) as data:
            head = {"about": README.partition("\n")[0], "made_at": now(), "employee": employee.id}
            data.write(orjson.dumps(head, default=str)[:-1] + b',"tables":{')
            html.write(_text(page, "head", employee.display_name, moment))
            for n, part in enumerate(parts()):
                about = {"description": part.description, "fields": part.fields}
                data.write(
                    b"," * (n > 0) + orjson.dumps(part.name) + b":" + orjson.dumps(about)[:-1] + b',"rows":['
                )
                await _rows(tx, part, employee.id, data, html, page)
                data.write(b"]}")
            data.write(b"}}")
            html.write(_text(page, "foot"))
        html.seek(0)
        with archive.open("index.html", "w", force_zip64=True) as shown:
            while piece := html.read(PIECE):
                await asyncio.to_thread(shown.write, piece)
    await _credentials(tx, archive, employee.id)
    await _files(tx, archive, employee.id)


async def _rows(
    tx: Transaction, part: Part, employee: UUID, data: IO[bytes], html: IO[bytes], page: Any
) -> None:
    begun = False
    async for batch in rows(tx, part, employee):
        if not begun:
            html.write(_text(page, "begin", part))
        written = b",".join(orjson.dumps(row) for row in batch)
        await asyncio.to_thread(data.write, b"," * begun + written)
        html.write(_text(page, "rows", [list(_shown(row, part, employee)) for row in batch]))
        begun = True
    if begun:
        html.write(_text(page, "end"))


def _text(page: Any, macro: str, *given: Any) -> bytes:
    return str(getattr(page, macro)(*given)).encode()


def _shown(row: dict[str, Any], part: Part, employee: UUID) -> Iterator[tuple[str, str]]:
    """A row as a person reads it: what is there, without the ids of what has a name."""
    for name, value in row.items():
        if value in (None, "", [], {}) or name == "id" or name.removesuffix("_id") in row.keys() - {name}:
            continue
        if value == str(employee):
            said = "you"
        elif part.fields[name].startswith("The id of a colleague"):
            said = "a colleague"
        else:
            said = _said(value)
        if len(said) > 400:
            said = f"{said[:400]} … (whole in data.json)"
        yield name.removesuffix("_id").replace("_", " "), said


def _said(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case {"from": since, "until": until}:
            begins = f"from {_said(since)}" if since else "always"
            return f"{begins} until {_said(until)}" if until else begins
        case list():
            return ", ".join(_said(each) for each in value)
        case dict():
            return "; ".join(f"{key}: {_said(each)}" for key, each in value.items())
        case str() if value[10:11] == "T" and value.endswith("+00:00"):
            return f"{value[:10]} {value[11:16]}"
    return str(value)


async def _credentials(tx: Transaction, archive: zipfile.ZipFile, employee: UUID) -> None:
    """The documents that are current, as files."""
    query = text(
        "select award_id, document, jwt from signed_document join award on award.id = award_id"
        " where employee_id = :employee and superseded_at is null order by award_id"
    )
    found = await tx.stream(query, {"employee": employee})
    async for batch in found.partitions(BATCH):
        for award, document, jwt in batch:
            await asyncio.to_thread(archive.writestr, f"credentials/{award}.json", document)
            await asyncio.to_thread(archive.writestr, f"credentials/{award}.jwt", jwt)
    records = text("select id, document from learner_record where employee_id = :employee order by id")
    found = await tx.stream(records, {"employee": employee})
    async for batch in found.partitions(BATCH):
        for id_, document in batch:
            await asyncio.to_thread(archive.writestr, f"credentials/record-{id_}.json", document)


async def _files(tx: Transaction, archive: zipfile.ZipFile, employee: UUID) -> None:
    """The files of the portfolio, piece by piece."""
    query = text(
        "select item_id, file.id, file.name, key from portfolio_file file"
        " join portfolio_item item on item.id = item_id where employee_id = :employee order by file.id"
    )
    for item, id_, name, key in (await tx.execute(query, {"employee": employee})).all():
        pieces = storage().pieces(key)
        try:
            with archive.open(f"portfolio/{item}/{id_}-{name}", "w", force_zip64=True) as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
        except FileNotFoundError:
            log.exception("a file of a portfolio is not kept under its key")


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
