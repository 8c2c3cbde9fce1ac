"""`/xapi`: statements of other systems about what people did (Experience API 1.0.3 and 2.0, part three).

What is followed is the statement resource with attachments (1.0.3, part three, 2.1 and 1.5.2) and the about
resource (2.8): what a learning system, a record store that forwards, or a program that reads back calls. This
is no record store by that specification, as its section 2.0 has it: state and profiles of activities and
agents (2.3 to 2.7) are for players of content, which run in browsers and would need a token there; so there
are neither these, nor requests in the alternate syntax or across origins (1.3, 1.2). `canonical` is answered
as `exact`, and of statements that refer to others one step is followed.

A program shows a service token with the permission to record progress, as `Bearer`, or as the password of
`Basic`, which is what many systems can send.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
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
from cairn.db.engine import Database, Transaction
from cairn.db.ranges import now
from cairn.graph.limits import BODY
from cairn.graph.serve import Turned
from cairn.identity.door import Door, lacking
from cairn.identity.tokens import PREFIX
from cairn.pathways import tables
from cairn.pathways.consult import Asked, attached, listed, one
from cairn.pathways.report import MOST
from cairn.pathways.statements import OtherStatement, store
from cairn.pathways.xapi import Malformed, Statement, identifiers, read
from cairn.web.mixed import Broken, Part, message, parts

PATH = "/xapi"
VERSIONS = ("1.0.3", "2.0.0")
PAGE = 100
"""Statements of an answer, at most."""
ATTACHED = 8_000_000
"""Bytes of the attachments of a request, at most."""
_VERSION, _THROUGH = "X-Experience-API-Version", "X-Experience-API-Consistent-Through"
_HASH = "x-experience-api-hash"
_FLAGS = ("attachments", "related_activities", "related_agents", "ascending")
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
        *(Route(f"{PATH}/{each}", _elsewhere, methods=_ANY) for each in _ELSEWHERE),
    ]


_ELSEWHERE = ("activities", "activities/state", "activities/profile", "agents", "agents/profile")
_ANY = ["GET", "POST", "PUT", "DELETE"]


async def _about(_request: Request) -> Response:
    return _json({"version": list(VERSIONS)}, headers={_VERSION: VERSIONS[0]})


async def _elsewhere(_request: Request) -> Response:
    kept = "Statements alone are taken here; whoever plays content has a record store for state and profiles."
    return _problem(_Refused(404, kept, {_VERSION: VERSIONS[0]}))


def _problem(refused: _Refused) -> Response:
    body = {"type": "about:blank", "status": refused.status, "detail": refused.detail}
    headers = {**(refused.headers or {}), "content-type": "application/problem+json"}
    return Response(orjson.dumps(body), refused.status, headers)


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
        more = {_VERSION: spoken or VERSIONS[0], "cache-control": "no-store", _THROUGH: _z(now())}
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
            found = _problem(refused)
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
        given, files = await _body(request)
        several = given if isinstance(given, list) else [given]
        if not 0 < len(several) <= MOST:
            raise _Refused(413 if several else 400, f"Send from 1 to {MOST:,} statements at once.")
        paths = [f"{n}." if isinstance(given, list) else "" for n in range(len(several))]
        statements = [_read(each, path) for each, path in zip(several, paths, strict=True)]
        named = [each.id for each in statements if each.id is not None]
        if len(set(named)) < len(named):
            raise _Refused(400, "Two of the statements have the same id.")
        return _json([str(id_) for id_ in await self._store(viewer, statements, files)])

    async def _put(self, request: Request, viewer: Viewer) -> Response:
        unknown = set(request.query_params) - {"statementId"}
        if unknown or "statementId" not in request.query_params:
            raise _Refused(400, "A PUT takes the parameter statementId, and no other.")
        id_ = _uuid(request.query_params["statementId"], "statementId")
        given, files = await _body(request)
        if isinstance(given, dict):
            said = given.setdefault("id", str(id_))
            if isinstance(said, str) and said.lower() != str(id_):
                raise _Refused(400, "id: is not that of the parameter statementId.")
        await self._store(viewer, [_read(given, "")], files)
        return Response(status_code=204)

    async def _store(
        self, viewer: Viewer, statements: list[Statement], files: list[Part] | None
    ) -> list[UUID]:
        kept = _matched(statements, files)
        try:
            async with self.database.transaction() as tx:
                return await store(tx, viewer, statements, home_page=self.origin, files=kept)
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
                return await self._one(viewer, name, given)
        asked, limit = _asked(given)
        async with self.database.transaction() as tx:
            found = await listed(tx, viewer, asked, limit + 1)
            files = await self._files(tx, viewer, given, found[:limit])
        more = ""
        if len(found) > limit:
            found = found[:limit]
            more = f"{PATH}/statements?{urlencode({**given, 'after': str(found[-1].id)})}"
        return _told({"statements": [_shown(each, given) for each in found], "more": more}, files)

    async def _one(self, viewer: Viewer, name: str, given: Mapping[str, str]) -> Response:
        _flags(given)
        async with self.database.transaction() as tx:
            found = await one(tx, viewer, _uuid(given[name], name), voided=name != "statementId")
            if found is None:
                raise _Refused(404, "There is no such statement.")
            files = await self._files(tx, viewer, given, [found])
        answer = _told(_shown(found, given), files)
        answer.headers["last-modified"] = format_datetime(found.stored_at, usegmt=True)
        return answer

    async def _files(
        self, tx: Transaction, viewer: Viewer, given: Mapping[str, str], found: Sequence[tables.Statement]
    ) -> list[tables.StatementAttachment] | None:
        """The attachments to tell of, where they were asked for."""
        if given.get("attachments") != "true":
            return None
        return await attached(tx, viewer, [each.id for each in found])


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


async def _body(request: Request) -> tuple[Any, list[Part] | None]:
    """What was sent, as JSON, and the files with it, where it came in a form that may have some."""
    said = request.headers.get("content-type", "")
    kind = said.partition(";")[0].strip().lower()
    if kind not in {"application/json", "multipart/mixed"}:
        raise _Refused(400, "Send application/json, or multipart/mixed with attachments.")
    most = BODY if kind == "application/json" else BODY + ATTACHED
    piece = bytearray()
    async for each in request.stream():
        piece += each
        if len(piece) > most:
            raise _Refused(413, f"Send at most {most:,} bytes at once.", {"connection": "close"})
    if kind == "application/json":
        return _parsed(bytes(piece)), None
    try:
        first, *files = parts(said, bytes(piece)) or [Part()]
    except Broken as error:
        raise _Refused(400, f"This is not multipart/mixed: {error}.") from None
    if first.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(400, "The first part must be the statements, as application/json.")
    return _parsed(bytes(first.content)), files


def _parsed(text: bytes) -> Any:
    if len(text) > BODY:
        raise _Refused(413, f"Send statements of at most {BODY:,} bytes at once.")
    try:
        given = orjson.loads(text)
    except ValueError as error:
        raise _Refused(400, f"This is not JSON: {error}.") from None
    if b"\\u0000" in text:
        raise _Refused(400, "A text has the character U+0000 in it, which cannot be kept.")
    return given


_SHA2 = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


def _matched(statements: Sequence[Statement], files: Sequence[Part] | None) -> dict[str, bytes]:
    """The files by the SHA-2 that statements name them by; what does not go together is refused."""
    named = {each.sha2: each for statement in statements for each in statement.attachments}
    found: dict[str, bytes] = {}
    for n, part in enumerate(files or (), start=2):
        sha2 = part.headers.get(_HASH, "").lower()
        if sha2 not in named:
            raise _Refused(400, f"Part {n}: the header {_HASH} must name the sha2 of an attachment.")
        if part.headers.get("content-transfer-encoding", "binary").lower() != "binary":
            raise _Refused(400, f"Part {n}: send it as it is: Content-Transfer-Encoding: binary.")
        if hashlib.new(_SHA2[len(sha2)], part.content).hexdigest() != sha2:
            raise _Refused(400, f"Part {n}: its content does not have the hash that is said.")
        if len(part.content) != named[sha2].length:
            raise _Refused(400, f"Part {n}: has {len(part.content)} bytes, not the length that is said.")
        found[sha2] = bytes(part.content)
    for statement in statements:
        for each in statement.attachments:
            if not (each.is_elsewhere or each.sha2 in found):
                how = "a part of multipart/mixed with that sha2, or a fileUrl"
                raise _Refused(400, f"{each.path}: its content must come with it, as {how}.")
    return found


def _shown(statement: tables.Statement, given: Mapping[str, str]) -> Any:
    """A statement in the format that is asked for."""
    return identifiers(statement.body) if given.get("format") == "ids" else statement.body


def _told(value: Any, files: Sequence[tables.StatementAttachment] | None) -> Response:
    """The answer, with the attachments where they were asked for."""
    if files is None:
        return _json(value)
    several: list[tuple[Mapping[str, str], bytes]] = [
        ({"Content-Type": "application/json"}, orjson.dumps(value)),
        *(
            (
                {
                    "Content-Type": " ".join(each.content_type.split()),
                    "Content-Transfer-Encoding": "binary",
                    _HASH: each.sha2,
                },
                each.content,
            )
            for each in files
        ),
    ]
    kind, body = message(several)
    return Response(body, headers={"content-type": kind})


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
    flags = _flags(given)
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
        related_agents="related_agents" in flags,
        related_activities="related_activities" in flags,
        ascending="ascending" in flags,
        after=_uuid(given["after"], "after") if "after" in given else None,
    )
    return asked, min(int(limit) or PAGE, PAGE)


def _flags(given: Mapping[str, str]) -> set[str]:
    """Which of the parameters are true; those of the form of the answer are checked with them."""
    if given.get("format", "exact") not in {"exact", "canonical", "ids"}:
        raise _Refused(400, "format: must be exact, ids or canonical.")
    found = {name: given.get(name, "false") for name in _FLAGS}
    for name, value in found.items():
        if value not in {"true", "false"}:
            raise _Refused(400, f"{name}: must be true or false.")
    return {name for name, value in found.items() if value == "true"}


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


def _z(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _json(value: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), headers=headers, media_type="application/json")
