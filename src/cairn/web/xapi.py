"""`/xapi`: statements of other systems about what people did (Experience API 1.0.3 and 2.0, part three).

The statement resource and `about`; state, profiles and attachments are for players of content, and this is
none. A program shows a service token with the permission to record progress, as `Bearer`, or as the password
of `Basic`, which is what many systems can send.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed
from cairn.access.viewer import Viewer
from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.graph.limits import BODY
from cairn.graph.serve import Turned
from cairn.identity.door import Door, lacking
from cairn.identity.tokens import PREFIX
from cairn.pathways import tables
from cairn.pathways.report import MOST
from cairn.pathways.statements import Asked, OtherStatement, listed, one, store
from cairn.pathways.xapi import Malformed, Statement, read

PATH = "/xapi"
VERSIONS = ("1.0.3", "2.0.0")
PAGE = 100
"""Statements of an answer, at most."""
_VERSION, _THROUGH = "X-Experience-API-Version", "X-Experience-API-Consistent-Through"
_FILTERS = {
    "agent", "verb", "activity", "registration", "since", "until", "limit", "ascending", "format",
    "attachments", "related_activities", "related_agents", "after",
}  # fmt: skip


@dataclass
class _Refused(Exception):  # noqa: N818  # an answer
    """What is answered to what is not done."""

    status: int
    detail: str
    headers: Mapping[str, str] | None = None


def routes(database: Database, door: Door, origin: str) -> list[Route]:
    """Where statements are sent to, and read."""
    resource = _Statements(database, door, origin)
    return [
        Route(f"{PATH}/about", _about, methods=["GET"]),
        Route(f"{PATH}/statements", resource.answer, methods=["GET", "POST", "PUT"]),
    ]


async def _about(_request: Request) -> Response:
    return _json({"version": list(VERSIONS)}, headers={_VERSION: VERSIONS[0]})


class _Statements:
    """The statement resource."""

    def __init__(self, database: Database, door: Door, origin: str) -> None:
        self.database = database
        self.door = door
        self.origin = origin

    async def answer(self, request: Request) -> Response:
        """Answers one request."""
        version = request.headers.get(_VERSION, "")
        spoken = next((each for each in VERSIONS if version.split(".")[:2] == each.split(".")[:2]), None)
        more = {_VERSION: spoken or VERSIONS[0], "cache-control": "no-store"}
        try:
            viewer = await self._viewer(request, spoken)
            match request.method:
                case "POST":
                    found = await self._post(request, viewer)
                case "PUT":
                    found = await self._put(request, viewer)
                case _:
                    found = await self._get(request, viewer)
        except _Refused as refused:
            body = {"type": "about:blank", "status": refused.status, "detail": refused.detail}
            headers = {**(refused.headers or {}), "content-type": "application/problem+json"}
            found = Response(orjson.dumps(body), refused.status, headers)
        except ClientDisconnect:
            found = Response(status_code=400)
        for name, value in more.items():
            found.headers[name] = value
        return found

    async def _viewer(self, request: Request, spoken: str | None) -> Viewer:
        if spoken is None:
            raise _Refused(400, f"Send the header {_VERSION}: {VERSIONS[0]}.")
        standing = await self.door.admit(_bearing(request))
        if isinstance(standing, Turned):
            raise _turned(standing)
        viewer = standing.viewer
        if viewer.may(Permission.WRITE_LEARNING) or viewer.may(Permission.READ_LEARNING):
            return viewer
        if (turned := lacking(viewer, Permission.RECORD_PROGRESS)) is not None:
            raise _turned(turned)
        return viewer

    async def _post(self, request: Request, viewer: Viewer) -> Response:
        if request.query_params:
            raise _Refused(400, f"{next(iter(request.query_params))[:100]}: a POST takes no parameters.")
        given = await _body(request)
        several = given if isinstance(given, list) else [given]
        if not 0 < len(several) <= MOST:
            raise _Refused(413 if several else 400, f"Send from 1 to {MOST:,} statements at once.")
        paths = [f"{n}." if isinstance(given, list) else "" for n in range(len(several))]
        statements = [_read(each, path) for each, path in zip(several, paths, strict=True)]
        named = [each.id for each in statements if each.id is not None]
        if len(set(named)) < len(named):
            raise _Refused(400, "Two of the statements have the same id.")
        return _json([str(id_) for id_ in await self._store(viewer, statements)])

    async def _put(self, request: Request, viewer: Viewer) -> Response:
        unknown = set(request.query_params) - {"statementId"}
        if unknown or "statementId" not in request.query_params:
            raise _Refused(400, "A PUT takes the parameter statementId, and no other.")
        id_ = _uuid(request.query_params["statementId"], "statementId")
        given = await _body(request)
        if isinstance(given, dict):
            said = given.setdefault("id", str(id_))
            if isinstance(said, str) and said.lower() != str(id_):
                raise _Refused(400, "id: is not that of the parameter statementId.")
        await self._store(viewer, [_read(given, "")])
        return Response(status_code=204)

    async def _store(self, viewer: Viewer, statements: list[Statement]) -> list[UUID]:
        try:
            async with self.database.transaction() as tx:
                return await store(tx, viewer, statements, home_page=self.origin)
        except OtherStatement as refusal:
            raise _Refused(409, refusal.message) from None
        except NotAllowed as refusal:
            raise _Refused(403, refusal.message) from None

    async def _get(self, request: Request, viewer: Viewer) -> Response:
        given = request.query_params
        if len(given.multi_items()) > len(given):
            raise _Refused(400, "Each parameter is given once.")
        for name in ("statementId", "voidedStatementId"):
            if name in given:
                if set(given) - {name, "format", "attachments"}:
                    raise _Refused(400, f"{name} goes with no other parameter.")
                return await self._one(viewer, _uuid(given[name], name), voided=name != "statementId")
        asked, limit = _asked(given)
        async with self.database.transaction() as tx:
            found = await listed(tx, viewer, asked, limit + 1)
        more = ""
        if len(found) > limit:
            found = found[:limit]
            more = f"{PATH}/statements?{urlencode({**given, 'after': str(found[-1].id)})}"
        return _json({"statements": [each.body for each in found], "more": more}, headers=_through())

    async def _one(self, viewer: Viewer, id_: UUID, *, voided: bool) -> Response:
        async with self.database.transaction() as tx:
            found: tables.Statement | None = await one(tx, viewer, id_, voided=voided)
        if found is None:
            raise _Refused(404, "There is no such statement.")
        return _json(found.body, headers=_through())


def _bearing(request: Request) -> Any:
    """What is asked, with a token that came as the password of `Basic` as `Bearer` (RFC 7617)."""
    given = request.headers.getlist("authorization")
    scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "basic":
        return request.scope
    try:
        password = base64.b64decode(text.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return request.scope
    if not password.startswith(PREFIX) or not password.isascii():
        return request.scope
    headers = [each for each in request.scope["headers"] if each[0] != b"authorization"]
    return {**request.scope, "headers": [*headers, (b"authorization", f"Bearer {password}".encode())]}


def _turned(turned: Turned) -> _Refused:
    headers = {name.decode(): value.decode() for name, value in turned.headers}
    return _Refused(turned.status, f"{turned.message[:1].upper()}{turned.message[1:]}.", headers)


async def _body(request: Request) -> Any:
    """What was sent, as JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refused(400, "Send application/json; attachments are not taken.")
    piece = bytearray()
    async for each in request.stream():
        piece += each
        if len(piece) > BODY:
            raise _Refused(413, f"Send at most {BODY:,} bytes at once.", {"connection": "close"})
    try:
        given = orjson.loads(bytes(piece))
    except ValueError as error:
        raise _Refused(400, f"This is not JSON: {error}.") from None
    if b"\\u0000" in piece:
        raise _Refused(400, "A text has the character U+0000 in it, which cannot be kept.")
    return given


def _read(given: object, path: str) -> Statement:
    try:
        return read(given)
    except Malformed as error:
        raise _Refused(400, f"{path}{error}.") from None
    except RecursionError:
        raise _Refused(400, "It is nested too deeply.") from None


def _asked(given: Mapping[str, str]) -> tuple[Asked, int]:
    """What the parameters ask for, and how many at most."""
    if unknown := sorted(set(given) - _FILTERS):
        raise _Refused(400, f"{unknown[0][:100]}: there is no such parameter.")
    if given.get("format", "exact") not in {"exact", "canonical"}:
        raise _Refused(400, "format: statements are given as they came: exact.")
    flags = {
        name: given.get(name, "false") for name in ("attachments", "related_activities", "related_agents")
    }
    for name, value in flags.items():
        if value != "false":
            raise _Refused(400, f"{name}: only false is offered.")
    if given.get("ascending", "false") not in {"true", "false"}:
        raise _Refused(400, "ascending: must be true or false.")
    limit = given.get("limit", "0")
    if not limit.isdecimal() or len(limit) > 6:
        raise _Refused(400, "limit: must be a number, and 0 for as many as there may be.")
    asked = Asked(
        agent=_agent(given["agent"]) if "agent" in given else None,
        verb=given.get("verb"),
        activity=given.get("activity"),
        registration=_uuid(given["registration"], "registration") if "registration" in given else None,
        since=_instant(given.get("since"), "since"),
        until=_instant(given.get("until"), "until"),
        ascending=given.get("ascending") == "true",
        after=_uuid(given["after"], "after") if "after" in given else None,
    )
    return asked, min(int(limit) or PAGE, PAGE)


def _agent(text: str) -> dict[str, Any]:
    """What identifies an agent, of a parameter in JSON."""
    try:
        given = orjson.loads(text)
    except ValueError:
        given = None
    names = ("mbox", "mbox_sha1sum", "openid", "account")
    found = {name: given[name] for name in names if name in given} if isinstance(given, dict) else {}
    if len(found) != 1:
        raise _Refused(400, f"agent: must be an agent in JSON, with one of {', '.join(names)}.")
    return found


def _instant(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _Refused(400, f"{name}: must be a time such as 2026-01-31T09:00:00Z.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _uuid(text: str, name: str) -> UUID:
    try:
        if len(text) == 36:
            return UUID(text)
    except ValueError:
        pass
    raise _Refused(400, f"{name}: must be a UUID.")


def _through() -> dict[str, str]:
    """Until when everything that was stored is in the answer."""
    return {_THROUGH: now().isoformat().replace("+00:00", "Z")}


def _json(value: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), headers=headers, media_type="application/json")
