"""`/scim/v2` as an ASGI application: who asks, how much may be sent, and errors as SCIM has them.

A bearer token it is, never a cookie: a directory is a program. Reading takes the permission to read people
and writing that to write them; a token without is refused with 403, and one's own record is at `/Me`.
"""

import logging
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

import orjson
from scim2_models import Error, PayloadTooLargeException, SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.types import Receive, Scope, Send

from cairn.access.viewer import Viewer
from cairn.db.engine import Database, passes
from cairn.graph.problem import Code
from cairn.graph.serve import Turned
from cairn.hris.scim import PATH
from cairn.hris.scim.protocol import Handler, LackingScopeException, Service
from cairn.hris.scim.resources import BODY_BYTES, BULK_BYTES, provider
from cairn.hris.scim.storage import PeopleStorage
from cairn.identity.door import Door, insufficient_scope

log = logging.getLogger("cairn.hris")

LONGEST_QUERY = 16_384
"""Bytes of a query string."""
Headers = list[tuple[bytes, bytes]]


class Scim:
    """Answers requests under `/scim/v2`."""

    def __init__(self, database: Database, door: Door, origin: str) -> None:
        self.database = database
        self.door = door
        self.base = origin.rstrip("/") + PATH
        self.provider = provider()
        self.service = Service(self.provider, secret=_secret(database))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        extra: Headers = []
        try:
            response = await self._answer(scope, receive, extra)
        except SCIMException as error:
            response = self.service.error_response(error)
            if isinstance(error, LackingScopeException):
                turned = insufficient_scope(str(error.detail), [error.permission.value])
                extra += turned.headers
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            response = self._failed(error, 503 if passes(error) else 500)
        except Exception as error:  # noqa: BLE001  # the last wall: nothing of ours may reach a stranger
            response = self._failed(error, 500)
        if response.status == 503:
            extra.append((b"retry-after", b"5"))
        await _send(response, extra, send)

    async def _answer(self, scope: Scope, receive: Receive, extra: Headers) -> ScimResponse:
        request = self._request(scope)
        target = self.service.match(request)
        viewer = Viewer()
        if target.operation is not Operation.service_provider_config:
            standing = await self._enter(scope)
            if isinstance(standing, Turned):
                extra += standing.headers
                return _error(standing.status, standing.message)
            viewer = standing.viewer
        request.subject = viewer
        request.body = await _body(receive, BULK_BYTES if target.operation is Operation.bulk else BODY_BYTES)
        writing = target.operation in {Operation.replace, Operation.patch, Operation.delete, Operation.bulk}
        storage = PeopleStorage(self.database, viewer, self.provider, writing=writing)
        return await Handler(self.service, storage).handle(request)

    async def _enter(self, scope: Scope) -> Any:
        if not any(name == b"authorization" for name, _ in scope["headers"]):
            return Turned(
                401,
                Code.UNAUTHENTICATED,
                "Send a bearer token",
                ((b"www-authenticate", b'Bearer realm="cairn"'),),
            )
        return await self.door.admit(scope)

    def _request(self, scope: Scope) -> ScimRequest:
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix(PATH)
        query = scope["query_string"]
        if len(query) > LONGEST_QUERY:
            raise PayloadTooLargeException(detail=f"A query string has at most {LONGEST_QUERY} bytes")
        return ScimRequest(
            method=scope["method"],
            base_url=self.base,
            path=path.removesuffix(".scim"),
            query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        )

    def _failed(self, error: Exception, status: int) -> ScimResponse:
        log.error("a request to SCIM failed", exc_info=error)
        return _error(status, "Try again in a few seconds" if status == 503 else "This failed on our side")


def _secret(database: Database) -> bytes:
    """What seals cursors: every process on one database has the same, and nobody else."""
    url = database.writes.url.render_as_string(hide_password=False)
    return blake2b(url.encode(), person=b"scim cursors").digest()


def _error(status: int, detail: str) -> ScimResponse:
    return ScimResponse(status, Error(status=status, detail=detail).model_dump())  # type: ignore[arg-type]


async def _body(receive: Receive, most: int) -> bytes:
    """The body. Raises `PayloadTooLargeException`."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        size += len(message.get("body", b""))
        if size > most:
            raise PayloadTooLargeException(detail=f"A body has at most {most} bytes")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(response: ScimResponse, extra: Headers, send: Send) -> None:
    body = b"" if response.body is None else orjson.dumps(response.body, default=str)
    headers = [
        (name.lower().encode(), value.encode("latin-1", "replace"))
        for name, value in response.headers.items()
    ]
    headers = [each for each in headers if each[0] != b"content-type" or body]
    status = int(response.status)
    if status not in {204, 304}:
        headers.append((b"content-length", b"%d" % len(body)))
    headers += [(b"cache-control", b"no-store"), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
