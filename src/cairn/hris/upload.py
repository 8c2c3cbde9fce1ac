"""`POST /hris/feeds/{source}`: a file of people, read as it comes; `GET …/{source}/runs/{id}`: its report.

The body is CSV or NDJSON, plain or gzip; or several files, where the map looks up in others (`parts.py`). It
is never held whole: what has been read is kept by the database, and nothing is changed before the last byte
has come. Refusals are problem details (RFC 9457).
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import col
from starlette.types import Receive, Scope, Send

from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput, NotAllowed, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Database, passes
from cairn.graph.serve import Turned
from cairn.hris.deliver import as_json, deliver
from cairn.hris.intake import Feed, OtherContent
from cairn.hris.keep import kept_map
from cairn.hris.mapping import Map
from cairn.hris.parts import Parts
from cairn.hris.read import BrokenFile, Encoding, UnreadableFile
from cairn.hris.run import Report, report
from cairn.hris.tables import SyncMode, SyncRefusal, SyncRun, SyncStatus
from cairn.identity.door import Door, insufficient_scope

log = logging.getLogger("cairn.hris")

AT_ONCE = 4
"""Feeds that a process reads at a time; others are told to come back."""
SILENT_SECONDS = 60.0
"""How long the next piece of a body may take."""
SECONDS = 3_600.0
"""What a feed may take in all."""
DRAIN_BYTES, DRAIN_SECONDS = 50_000_000, 20.0
"""What is still taken of a body that was refused: who still sends would not read the answer."""
SHOWN = 100
"""Problems, and changes, in an answer; the graph has all of them."""
LONGEST_QUERY = 4_000
PARTS = "multipart/form-data"
TYPES = {
    "text/csv", "text/plain", "text/tab-separated-values", "application/csv", "application/x-ndjson",
    "application/ndjson", "application/jsonl", "application/jsonlines", "application/gzip",
    "application/x-gzip", "application/octet-stream", "application/vnd.ms-excel",
    "application/x-www-form-urlencoded", PARTS,
}  # fmt: skip
"""What a body may be called; what it is, is told from itself. The one but last is what curl says of any."""
_ACCEPTED = b"text/csv, application/x-ndjson, application/gzip, multipart/form-data"
_TARGET = re.compile(r"/([^/]{1,100})(?:/runs/([0-9a-f-]{36}))?", re.DOTALL)
_CONFLICTS = {SyncRefusal.OLDER}
Headers = tuple[tuple[bytes, bytes], ...]


class _Problem(Exception):  # noqa: N818  # an answer
    """A refusal with its status and what else is said of it."""

    def __init__(self, status: int, title: str, detail: str, headers: Headers = (), **more: Any) -> None:
        super().__init__(detail)
        self.status, self.headers = status, headers
        self.body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}


class _Gone(Exception):  # noqa: N818  # nobody is there to be told
    """Whoever sent it has hung up before the end."""


class Uploads:
    """Answers requests under `/hris/feeds`."""

    def __init__(self, database: Database, door: Door) -> None:
        self.database = database
        self.door = door
        self._reading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        body = _Body(receive)
        try:
            status, headers, answer = await self._answer(scope, body)
        except _Gone:
            log.info("a feed broke off after %s bytes; nothing was applied", body.size)
            return
        except _Problem as problem:
            await body.drain()
            status, headers, answer = problem.status, problem.headers, problem.body
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            log.error("a feed failed", exc_info=error)  # noqa: TRY400  # with what led to it, once
            status, headers, answer = _failed(503 if passes(error) else 500)
        except Exception as error:  # the last wall: nothing of ours may reach a stranger
            log.error("a feed failed", exc_info=error)  # noqa: TRY400  # as above
            status, headers, answer = _failed(500)
        await _send(send, status, headers, answer)

    async def _answer(self, scope: Scope, body: "_Body") -> tuple[int, Headers, dict[str, Any]]:
        target = _TARGET.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
        if target is None:
            raise _Problem(
                404, "Not found", "Feeds are sent to /hris/feeds/NAME, with a name of your choice."
            )
        source, run = target[1], target[2]
        allowed = "POST" if run is None else "GET"
        if scope["method"] != allowed:
            raise _Problem(405, "Method not allowed", f"Send {allowed}.", ((b"allow", allowed.encode()),))
        viewer = await self._viewer(scope)
        try:
            if run is not None:
                return await self._past(viewer, source, run)
            return await self._taken(viewer, source, scope, body)
        except Refusal as refusal:
            raise _problem_of(refusal) from None

    async def _viewer(self, scope: Scope) -> Viewer:
        standing = await self.door.admit(scope)
        if isinstance(standing, Turned):
            titles = {401: "Not signed in", 403: "Not allowed", 429: "Too many requests"}
            said = f"{standing.message[:1].upper()}{standing.message[1:]}."
            raise _Problem(standing.status, titles.get(standing.status, "Not now"), said, standing.headers)
        scope["cairn.viewer"] = standing.viewer.name
        return standing.viewer

    async def _taken(
        self, viewer: Viewer, source: str, scope: Scope, body: "_Body"
    ) -> tuple[int, Headers, dict[str, Any]]:
        viewer.require(Permission.WRITE_PEOPLE)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        type_ = headers.get(b"content-type", "")
        _check_type(headers, type_)
        feed, dry_run = _asked(source, scope["query_string"], headers)
        if self._reading >= AT_ONCE:
            raise _Problem(
                503,
                "Busy",
                "Several feeds are being read; try again in a minute.",
                ((b"retry-after", b"60"),),
            )
        self._reading += 1
        try:
            async with asyncio.timeout(SECONDS):
                found, map_ = await self._delivered(viewer, feed, body, type_, dry_run=dry_run)
        except BrokenFile as broken:
            raise _Problem(
                400, "Broken file", f"{_sentence(str(broken))} Nothing was changed; send it again whole."
            ) from None
        except TimeoutError:
            raise _Problem(
                408, "Too slow", "The feed did not come to its end in time; nothing was changed."
            ) from None
        finally:
            self._reading -= 1
        answer = as_json(found, map_, dry_run=dry_run, most=SHOWN)
        run = found.run
        where: Headers = () if dry_run else ((b"location", _address(run).encode()),)
        if run.status is SyncStatus.REFUSED:
            assert run.refusal is not None
            title = run.refusal.value.replace("_", " ").capitalize()
            status = 409 if run.refusal in _CONFLICTS else 422
            raise _Problem(
                status, title, run.refusal_message or "", where, code=run.refusal.value, report=answer
            )
        return 200, where, answer

    async def _delivered(
        self, viewer: Viewer, feed: Feed, body: "_Body", type_: str, *, dry_run: bool
    ) -> tuple[Report, Map | None]:
        async with self.database.transaction() as tx:
            map_ = await kept_map(tx, feed.source)
        if _named(type_) != PARTS:
            map_ = _encoded(map_, type_)
            return await deliver(self.database, viewer, feed, body, map_=map_, dry_run=dry_run)
        with Parts(body, type_, map_.other_files if map_ else ()) as parts:
            await parts.begin()
            map_ = _encoded(map_, parts.type or "")
            return await deliver(
                self.database, viewer, feed, parts.own(), map_=map_, beside=parts.beside, dry_run=dry_run
            )

    async def _past(self, viewer: Viewer, source: str, run: str) -> tuple[int, Headers, dict[str, Any]]:
        viewer.require(Permission.READ_PEOPLE)
        async with self.database.transaction() as tx:
            try:
                wanted = select(SyncRun).where(col(SyncRun.id) == UUID(run), col(SyncRun.source) == source)
            except ValueError:
                raise _Problem(404, "Not found", "There is no such run.") from None
            found = (await tx.execute(wanted)).scalar_one_or_none()
            if found is None:
                raise _Problem(404, "Not found", "There is no such run.")
            map_ = await kept_map(tx, source)
            return 200, (), as_json(await report(tx, found), map_, dry_run=False, most=SHOWN)


class _Body:
    """What is sent, as it comes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.size = 0
        self.ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.ended:
            async with asyncio.timeout(SILENT_SECONDS):
                message = await self._receive()
            if message["type"] == "http.disconnect":
                self.ended = True
                raise _Gone
            part = message.get("body", b"")
            self.ended = not message.get("more_body", False)
            self.size += len(part)
            yield part

    async def drain(self) -> None:
        """Reads on for a while, and keeps nothing."""
        most = self.size + DRAIN_BYTES
        with suppress(TimeoutError, _Gone):
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self:
                    if self.size > most:
                        return


def _asked(source: str, query: bytes, headers: Mapping[bytes, str]) -> tuple[Feed, bool]:
    """What is asked for. Raises `InvalidInput`."""
    if len(query) > LONGEST_QUERY:
        raise invalid("query", f"must have at most {LONGEST_QUERY} bytes")
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    known = {"mode", "dryRun", "count", "takenAt", "threshold", "emptied"}
    if unknown := sorted(set(given) - known):
        raise invalid(
            unknown[0][:60], f"is nothing that can be asked for; there are {', '.join(sorted(known))}"
        )
    mode = given.get("mode", "delta").upper()
    if mode not in SyncMode.__members__:
        raise invalid("mode", "must be snapshot or delta")
    dry = given.get("dryRun", "false").lower()
    if dry not in {"true", "false"}:
        raise invalid("dryRun", "must be true or false")
    count = given.get("count")
    if count is not None and not re.fullmatch(r"\d{1,9}", count, re.ASCII):
        raise invalid("count", "must be the number of rows")
    usual = Feed(source, SyncMode[mode])
    return replace(
        usual,
        declared_count=int(count) if count is not None else None,
        idempotency_key=headers.get(b"idempotency-key", "").strip().strip('"') or None,
        taken_at=_instant(given["takenAt"]) if "takenAt" in given else None,
        threshold=_share("threshold", given, usual.threshold),
        emptied=_share("emptied", given, usual.emptied),
    ), dry == "true"


def _share(name: str, given: Mapping[str, str], usual: float) -> float:
    try:
        return float(given.get(name, usual))
    except ValueError:
        raise invalid(name, "must be a share from 0 to 1") from None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid("takenAt", "must be an instant such as 2026-11-26T08:00:00Z") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _named(type_: str) -> str:
    """A content type without its parameters."""
    return type_.partition(";")[0].strip().lower()


def _check_type(headers: Mapping[bytes, str], type_: str) -> None:
    """Raises a problem for a body that is surely no feed."""
    if _named(type_) not in {"", *TYPES}:
        raise _Problem(
            415,
            "Not a feed",
            f"Send CSV (text/csv) or NDJSON (application/x-ndjson), plain or gzip; several files as {PARTS}.",
            ((b"accept-post", _ACCEPTED),),
        )
    packed = headers.get(b"content-encoding", "identity").lower()
    if packed not in {"identity", "gzip", "x-gzip"}:
        raise _Problem(
            415, "Not a feed", "A body is packed with gzip, or not at all.", ((b"accept-encoding", b"gzip"),)
        )
    if packed != "identity" and _named(type_) == PARTS:
        raise _Problem(415, "Not a feed", "Of several files, each is packed with gzip by itself, or not.")


def _encoded(map_: Map | None, type_: str) -> Map | None:
    """The map with the encoding that the content type of the file names. Raises a problem."""
    for parameter in type_.lower().split(";")[1:]:
        key, _, value = parameter.strip().partition("=")
        said = value.strip('"').replace("utf8", "utf-8")
        if key == "charset" and said not in {"utf-8", "us-ascii"}:
            if said not in set(Encoding):
                raise _Problem(415, "Not a feed", f"The charset is one of {', '.join(Encoding)}.")
            if map_ is not None:
                return map_.model_copy(
                    update={"file": map_.file.model_copy(update={"encoding": Encoding(said)})}
                )
    return map_


def _problem_of(refusal: Refusal) -> _Problem:
    said = _sentence(refusal.message)
    match refusal:
        case NotAllowed():
            turned = insufficient_scope(refusal.message, [Permission.WRITE_PEOPLE.value])
            return _Problem(403, "Not allowed", said, turned.headers)
        case UnreadableFile():
            return _Problem(422, "Unreadable file", said, row=refusal.row, column=refusal.column)
        case InvalidInput():
            fields = [{"path": each.path, "message": each.message} for each in refusal.problems]
            return _Problem(400, "Invalid", said, fields=fields)
        case OtherContent():
            return _Problem(422, "Key used before", said)
    return _Problem(422, "Refused", said)


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].removesuffix('.')}."


def _address(run: SyncRun) -> str:
    return f"/hris/feeds/{quote(run.source, safe='')}/runs/{run.id}"


def _failed(status: int) -> tuple[int, Headers, dict[str, Any]]:
    said = "Try again in a few seconds." if status == 503 else "This failed on our side."
    body = {"type": "about:blank", "title": "Failed", "status": status, "detail": said}
    return status, ((b"retry-after", b"5"),) if status == 503 else (), body


async def _send(send: Send, status: int, extra: Headers, answer: Mapping[str, Any]) -> None:
    body = orjson.dumps(answer)
    kind = b"application/json" if status < 400 else b"application/problem+json"
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
