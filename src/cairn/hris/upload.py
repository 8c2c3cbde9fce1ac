"""`POST /hris/feeds/{source}`: a file of people, read as it comes; `GET …/{source}/runs/{id}`: its report.

The body is CSV or NDJSON, plain or gzip; or several files, where the map looks up in others (`parts.py`). It
is never held whole: what has been read is kept by the database, and nothing is changed before the last byte
has come. Refusals are problem details (RFC 9457).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from starlette.types import Scope

from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.hris.deliver import as_json, deliver
from cairn.hris.intake import Feed
from cairn.hris.keep import kept_map
from cairn.hris.mapping import Map
from cairn.hris.parts import Parts
from cairn.hris.receive import (
    Answer,
    Body,
    Headers,
    Problem,
    Receiver,
    asked,
    encoding_of,
    is_dry,
    key_of,
    named,
    type_of,
)
from cairn.hris.run import Report, report
from cairn.hris.tables import SyncMode, SyncRefusal, SyncRun, SyncStatus

SHOWN = 100
"""Problems, and changes, in an answer; the graph has all of them."""
PARTS = "multipart/form-data"
_TARGET = re.compile(r"/([^/\0]{1,100})(?:/runs/([0-9a-f-]{36}))?", re.DOTALL)
_CONFLICTS = {SyncRefusal.OLDER}


class Uploads(Receiver):
    """Answers requests under `/hris/feeds`."""

    permission = Permission.WRITE_PEOPLE

    async def answer(self, scope: Scope, body: Body) -> Answer:
        """What is answered. Raises `Problem` or a `Refusal`."""
        target = _TARGET.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
        if target is None:
            raise Problem(404, "Not found", "Feeds are sent to /hris/feeds/NAME, with a name of your choice.")
        source, run = target[1], target[2]
        allowed = "POST" if run is None else "GET"
        if scope["method"] != allowed:
            raise Problem(405, "Method not allowed", f"Send {allowed}.", ((b"allow", allowed.encode()),))
        viewer = await self.viewer(scope)
        if run is not None:
            return await self._past(viewer, source, run)
        return await self._taken(viewer, source, scope, body)

    async def _taken(self, viewer: Viewer, source: str, scope: Scope, body: Body) -> Answer:
        viewer.require(Permission.WRITE_PEOPLE)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        type_ = type_of(headers, PARTS)
        feed, dry_run = _asked(source, scope["query_string"], headers)
        feed.check()
        async with self.reading():
            found, map_ = await self._delivered(viewer, feed, body, type_, dry_run=dry_run)
        answer = as_json(found, map_, dry_run=dry_run, most=SHOWN)
        run = found.run
        where: Headers = () if dry_run else ((b"location", _address(run).encode()),)
        if run.status is SyncStatus.REFUSED:
            assert run.refusal is not None
            title = run.refusal.value.replace("_", " ").capitalize()
            status = 409 if run.refusal in _CONFLICTS else 422
            raise Problem(
                status, title, run.refusal_message or "", where, code=run.refusal.value, report=answer
            )
        return 200, where, answer

    async def _delivered(
        self, viewer: Viewer, feed: Feed, body: Body, type_: str, *, dry_run: bool
    ) -> tuple[Report, Map | None]:
        async with self.database.transaction() as tx:
            map_ = await kept_map(tx, feed.source)
        if named(type_) != PARTS:
            map_ = _encoded(map_, type_)
            return await deliver(self.database, viewer, feed, body, map_=map_, dry_run=dry_run)
        with Parts(body, type_, map_.other_files if map_ else ()) as parts:
            await parts.begin()
            map_ = _encoded(map_, parts.type or "")
            return await deliver(
                self.database, viewer, feed, parts.own(), map_=map_, beside=parts.beside, dry_run=dry_run
            )

    async def _past(self, viewer: Viewer, source: str, run: str) -> Answer:
        viewer.require(Permission.READ_PEOPLE)
        async with self.database.transaction() as tx:
            try:
                wanted = select(SyncRun).where(col(SyncRun.id) == UUID(run), col(SyncRun.source) == source)
            except ValueError:
                raise Problem(404, "Not found", "There is no such run.") from None
            found = (await tx.execute(wanted)).scalar_one_or_none()
            if found is None:
                raise Problem(404, "Not found", "There is no such run.")
            map_ = await kept_map(tx, source)
            return 200, (), as_json(await report(tx, found), map_, dry_run=False, most=SHOWN)


def _asked(source: str, query: bytes, headers: Mapping[bytes, str]) -> tuple[Feed, bool]:
    """What is asked for. Raises `InvalidInput`."""
    given = asked(query, {"mode", "dryRun", "count", "takenAt", "threshold", "emptied"})
    mode = given.get("mode", "delta").upper()
    if mode not in SyncMode.__members__:
        raise invalid("mode", "must be snapshot or delta")
    count = given.get("count")
    if count is not None and not re.fullmatch(r"\d{1,9}", count, re.ASCII):
        raise invalid("count", "must be the number of rows")
    usual = Feed(source, SyncMode[mode])
    return replace(
        usual,
        declared_count=int(count) if count is not None else None,
        idempotency_key=key_of(headers),
        taken_at=_instant(given["takenAt"]) if "takenAt" in given else None,
        threshold=_share("threshold", given, usual.threshold),
        emptied=_share("emptied", given, usual.emptied),
    ), is_dry(given)


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


def _encoded(map_: Map | None, type_: str) -> Map | None:
    """The map with the encoding that the content type of the file names. Raises `Problem`."""
    encoding = encoding_of(type_)
    if map_ is None or encoding is None:
        return map_
    return map_.model_copy(update={"file": map_.file.model_copy(update={"encoding": encoding})})


def _address(run: SyncRun) -> str:
    return f"/hris/feeds/{quote(run.source, safe='')}/runs/{run.id}"
