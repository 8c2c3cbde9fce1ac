"""`/matrix/{team}.svg`, `.csv` and `.xlsx`: the team skill matrix as a picture and as files.

Each is made of one answer of the graph, so it shows what its viewer may see, as of one moment. In place of a
team's id stands that of a manager, a department or a job role too.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cairn.graph.document import Refused
from cairn.graph.execute import defect
from cairn.graph.http import request_id
from cairn.graph.problem import Code, Problem
from cairn.graph.scalars import global_id
from cairn.graph.serve import Answerer, Asked, Standing, Turned
from cairn.identity.door import Door
from cairn.matrices import heatmap, sheet
from cairn.matrices.answer import WHOSE, Found, document, read
from cairn.requirements.duration import Duration
from cairn.web.pages import plain, said

AT_ONCE = 2
"""Files that a process makes at once; others wait."""
IN_MEMORY = 1_000_000
"""Bytes of a workbook that has not gone to the disk yet."""
PIECE = 65_536
MOST_BYTES = 64_000_000
"""Of an answer that a file is made of: about half a million cells."""
SOON, EVER = "P90D", "P100Y"
"""Within which time levels that sink are marked, and dated in files, where nobody says otherwise."""
SVG = "image/svg+xml"
CSV = "text/csv; charset=utf-8; header=present"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADERS = {"cache-control": "no-store", "vary": "authorization, cookie"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def routes(answerer: Answerer, door: Door) -> list[Route]:
    """Where matrices are."""
    return [Route("/matrix/{name}", _Matrices(answerer, door).answer, methods=["GET"])]


class _Wrong(Exception):  # noqa: N818  # an answer, not an error of ours
    """A request that makes no sense, or leads nowhere."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class _TurnedAway(Exception):  # noqa: N818  # likewise
    """Somebody who was let in, and is not any more."""

    def __init__(self, by: Turned) -> None:
        super().__init__(by.message)
        self.by = by


class _Matrices:
    def __init__(self, answerer: Answerer, door: Door) -> None:
        self.answerer = answerer
        self.door = door
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        standing = await self.door.enter(request.scope, page=True)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            return await self._made(request, standing)
        except _TurnedAway as turned:
            return plain(turned.by)
        except _Wrong as wrong:
            return said(wrong.status, wrong.message, HEADERS)
        except Problem as problem:
            return said(400, problem.message, HEADERS)
        except Refused as refused:
            return said(400, "; ".join(each.message for each in refused.errors), HEADERS)
        except Exception as error:  # noqa: BLE001  # the last wall, as that of the graph
            fault = defect(error, request_id(request.scope))
            status = 503 if fault.code is Code.UNAVAILABLE else 500
            return said(status, fault.message, HEADERS)

    async def _made(self, request: Request, standing: Standing) -> Response:
        stem, _, ending = request.path_params["name"].rpartition(".")
        if ending not in {"svg", "csv", "xlsx"}:
            raise _Wrong(404, "There is a matrix as .svg, .csv and .xlsx.")
        type_, key = _whose(stem)
        variables = _variables(request, SOON if ending == "svg" else EVER) | {"id": global_id(type_, key)}
        layout = request.query_params.get("layout", "table")
        if layout not in sheet.LAYOUTS:
            raise _Wrong(400, "layout is table, or list for a line for each cell")
        async with self._turn:
            found = await self._found(request, standing, Asked(document(type_), None, variables))
            name = f"skill-matrix-{found.matrix.at:%Y-%m-%d}.{ending}"
            if ending == "svg":
                return await _picture(found, variables["within"])
            headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
            if ending == "csv":
                marked = request.query_params.get("bom") != "false"
                return StreamingResponse(_csv(found, layout, marked=marked), headers=headers, media_type=CSV)
            file = await asyncio.to_thread(_workbook, found)
        headers["content-length"] = str(file.seek(0, 2))
        file.seek(0)
        return StreamingResponse(_pieces(file), headers=headers, media_type=XLSX)

    async def _found(self, request: Request, standing: Standing, asked: Asked) -> Found:
        id_ = request_id(request.scope)
        for _ in range(2):
            body = await self.answerer.answer(asked, standing, reads_only=True, request_id=id_)
            if body is not None:
                if len(body) > MOST_BYTES:
                    raise _Wrong(413, "This matrix is too large for a file; ask for fewer people or skills.")
                found = await asyncio.to_thread(read, body)
                if found is None:
                    raise _Wrong(404, "There is no such team, or whatever else was asked for.")
                return found
            turned = await self.door.recheck(request.scope, standing)
            if isinstance(turned, Turned):
                raise _TurnedAway(turned)
            standing = turned
        raise _Wrong(401, "sign in again")


def _whose(stem: str) -> tuple[str, UUID]:
    """The type and the key of an id; an id without its type is a team's. Raises `_Wrong`."""
    type_, colon, key = stem.rpartition(":")
    try:
        found = UUID(key)
    except ValueError:
        found = None
    if found is None or str(found) != key or (colon and type_ not in WHOSE):
        raise _Wrong(404, f"There is a matrix of an id of {', '.join(WHOSE[:-1])} or {WHOSE[-1]}.")
    return type_ or "Team", found


def _variables(request: Request, within: str) -> dict[str, Any]:
    """The variables of the operation, of the query string. Raises `_Wrong`."""
    given = request.query_params
    variables: dict[str, Any] = {"within": given.get("within", within), "depth": 1}
    if "at" in given:
        variables["at"] = given["at"] if "T" in given["at"].upper() else f"{given['at']}T00:00:00Z"
    if "depth" in given:
        if given["depth"] != "all" and not (given["depth"].isascii() and given["depth"].isdigit()):
            raise _Wrong(400, "depth is a number, or all for everybody below the manager")
        variables["depth"] = None if given["depth"] == "all" else int(given["depth"][:6])
    skills = [each for part in given.getlist("skills") for each in part.split(",") if each]
    if skills:
        variables["skills"] = [each if ":" in each else f"Skill:{each}" for each in skills]
    variables["supposes"] = "whatIf" in given
    if "whatIf" in given:
        try:
            variables["whatIf"] = orjson.loads(given["whatIf"])
        except orjson.JSONDecodeError:
            raise _Wrong(400, "whatIf is a JSON list of assumptions, as `AssumptionInput` has them") from None
    return variables


async def _picture(found: Found, within: str) -> Response:
    matrix = found.matrix
    if len(matrix.rows) * len(matrix.columns) > heatmap.MOST:
        raise _Wrong(413, "This matrix is too large for a picture; ask for .xlsx, or for fewer skills.")
    until = Duration.parse(within).after(matrix.at)
    soon = timedelta(days=36_525) if until is None else until - matrix.at
    drawn = await asyncio.to_thread(heatmap.drawn, found, soon)
    return Response(drawn, 200, {**HEADERS, "content-security-policy": POLICY}, SVG)


def _csv(found: Found, layout: str, *, marked: bool) -> Iterator[bytes]:
    piece = sheet.BOM if marked else ""
    for line in sheet.lines(found, layout):
        piece += line
        if len(piece) >= PIECE:
            yield piece.encode()
            piece = ""
    yield piece.encode()


def _workbook(found: Found) -> IO[bytes]:
    from cairn.matrices import workbook  # noqa: PLC0415  # few processes write one

    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # whoever sends it closes it
    try:
        workbook.write(found, file)
    except BaseException:
        file.close()
        raise
    return file


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
