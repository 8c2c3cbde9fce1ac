"""`POST /verify/batch`: up to a thousand credentials at once, for an employer with a pile of applications.

    curl -F file=@one.png -F file=@two.json -F urls=@addresses.txt https://…/verify/batch
    curl -H content-type:application/zip --data-binary @applications.zip -H accept:text/csv https://…/verify/batch

Files of a form and addresses in it, a ZIP, lines of JSON, or a list of addresses (CSV or text). Each is a
row of the answer, in the order in which they were sent, as soon as it is checked: JSON, or CSV where that is
asked for (`Accept: text/csv` or `?format=csv`), or for a browser a page. One network address may have one
batch checked at a time.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from cairn.credentials.batch import (
    ALL_SECONDS,
    MOST,
    Item,
    as_csv,
    at,
    bounded,
    checked,
    held,
    is_url,
    of_column,
    of_lines,
    of_zip,
)
from cairn.credentials.report import MOST_BYTES, Sources
from cairn.web.pages import HEADERS, page, piecemeal, said

MOST_SENT = 50_000_000
"""Bytes of one request."""
AT_ONCE = 2
"""Batches that a process checks at a time."""
RECEIVING_SECONDS = 120.0
DRAINING_SECONDS = 20.0


class Batches:
    """Batches of everybody, a few at a time."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        self._sources = sources
        self._busy: dict[str, float] = {}
        """Whose batch is being checked, and until when it is done at the latest."""

    async def check(self, request: Request) -> Response:
        """What came of each."""
        who = str(request.scope.get("cairn.address", ""))
        instant = time.monotonic()
        self._busy = {each: until for each, until in self._busy.items() if until > instant}
        if who in self._busy or len(self._busy) >= AT_ONCE:
            return _said(
                request, 429, "A batch is being checked; send the next one after it.", {"retry-after": "30"}
            )
        self._busy[who] = instant + RECEIVING_SECONDS + ALL_SECONDS
        answered = False
        try:
            async with asyncio.timeout(RECEIVING_SECONDS):
                items = await _sent(request)
            if not items:
                return _said(request, 422, "There is nothing in it to check.")
            answered = True
            rows = self._rows(items, who)
            accept = request.headers.get("accept", "")
            if "text/csv" in accept or request.query_params.get("format") == "csv":
                headers = {"content-disposition": 'attachment; filename="checked.csv"'}
                return StreamingResponse(_table(rows), headers=headers, media_type="text/csv")
            if "text/html" in accept:
                shown = piecemeal("verified_many.html", rows=rows, count=len(items))
                return StreamingResponse(shown, headers=HEADERS, media_type="text/html")
            return StreamingResponse(_json(rows), media_type="application/json")
        except _TooLong:
            await drained(request, MOST_SENT)
            return _said(
                request, 413, f"A batch has at most {MOST_SENT // 1_000_000} MB.", {"connection": "close"}
            )
        except (ValueError, HTTPException) as error:
            said = error.detail if isinstance(error, HTTPException) else str(error)
            return _said(request, 422, f"The batch is not taken: {said}.")
        except TimeoutError:
            return _said(request, 408, "The batch did not come to its end in time.")
        except ClientDisconnect:
            return _said(request, 400, "The batch broke off.")
        finally:
            if not answered:
                self._busy.pop(who, None)

    async def _rows(self, items: list[Item], who: str) -> AsyncIterator[dict[str, object]]:
        try:
            async with aclosing(checked(items, self._sources)) as rows:
                async for row in rows:
                    yield row
        finally:
            self._busy.pop(who, None)


async def _table(rows: AsyncIterator[dict[str, object]]) -> AsyncIterator[str]:
    for line in as_csv([None]):
        yield line
    async for row in rows:
        for line in as_csv([row]):
            yield line


async def _json(rows: AsyncIterator[dict[str, object]]) -> AsyncIterator[bytes]:
    begun = b'{"results":['
    async for row in rows:
        yield begun + orjson.dumps(row)
        begun = b","
    yield b"]}"


class _TooLong(Exception):  # noqa: N818  # it is about the request
    pass


async def _sent(request: Request) -> list[Item]:
    """What is to be checked. Raises `ValueError`, `_TooLong`, `HTTPException`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int(request.headers.get("content-length", "0") or 0) > MOST_SENT:
        raise _TooLong
    if kind == "multipart/form-data":
        return await _form(request)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_SENT:
            raise _TooLong
        parts.append(part)
    data = b"".join(parts)
    match kind:
        case "application/zip":
            return await asyncio.to_thread(of_zip, data)
        case "application/x-ndjson" | "application/jsonl":
            return of_lines(data.decode())
        case "application/json":
            return of_lines("\n".join(json.dumps(each) for each in _listed(data)))
        case "text/csv" | "text/plain":
            return [_address(each) for each in of_column(data.decode("utf-8-sig").splitlines())]
    kinds = "a form with files, application/zip, application/x-ndjson, application/json or text/csv"
    raise ValueError(f"{kind or 'what has no type'} is none of the kinds that are read: {kinds}")


def _listed(data: bytes) -> list[object]:
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, list):
        raise ValueError("it is not a list")  # noqa: TRY004  # of what somebody sent
    return bounded(found)


def _address(source: str) -> Item:
    if not is_url(source):
        raise ValueError(f"{source[:100]} is no address")
    return at(source)


async def _form(request: Request) -> list[Item]:
    items: list[Item] = []
    async with request.form(max_files=MOST, max_fields=10, max_part_size=1_000_000) as form:
        left = MOST_SENT
        for name, value in form.multi_items():
            if isinstance(value, str):
                items += [_address(each) for each in of_column(value.splitlines())] if name == "urls" else []
                continue
            data = await value.read(MOST_BYTES + 1)
            left -= len(data)
            if left < 0:
                raise _TooLong
            items += _files(value, name, data)
    return bounded(items)


def _files(file: UploadFile, name: str, data: bytes) -> list[Item]:
    """The credentials of one file of a form: it itself, those in a ZIP, or those at the addresses in it."""
    if name == "urls":
        return [_address(each) for each in of_column(data.decode("utf-8-sig").splitlines())]
    if data.startswith(b"PK\x03\x04"):
        try:
            return of_zip(data)
        except ValueError as error:
            raise ValueError(f"{file.filename}: {error}") from None
    return [held(file.filename or "file", data)] if data else []


async def drained(request: Request, most: int) -> None:
    """Reads on for a while, and keeps nothing: who still sends would not read the answer."""
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DRAINING_SECONDS):
            async for part in request.stream():
                most -= len(part)
                if most < 0:
                    return


def _said(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        found: Response = page("verify.html", status=status, problem=message)
        found.headers.update(headers or {})
        return found
    return said(status, message, headers)
