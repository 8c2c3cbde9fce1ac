"""GraphQL over HTTP: media types, status codes, and what a request must look like.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl

import orjson
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send

from cairn.graph import limits
from cairn.graph.document import Refused
from cairn.graph.execute import defect, formatted
from cairn.graph.problem import Code, Problem
from cairn.graph.serve import Answerer, Asked, Door, Standing, Turned
from cairn.graph.sse import EVENT_STREAM, Streams
from cairn.graph.trusted import Documents

RESPONSE_JSON = b"application/graphql-response+json"
PLAIN_JSON = b"application/json"

_PROCESS, _REQUESTS = token_hex(4), count()


def new_request_id() -> str:
    """An id for a request, as the log and its answer have it."""
    return f"{_PROCESS}{next(_REQUESTS):08x}"


def request_id(scope: Scope) -> str:
    """The id of a request, which is made when somebody first asks for it."""
    found: str | None = scope.get("cairn.request")
    if found is None:
        found = scope["cairn.request"] = new_request_id()
    return found


class Endpoint:
    """`/graphql` as an ASGI application."""

    def __init__(self, answerer: Answerer, door: Door, page: bytes | None = None) -> None:
        self.answerer = answerer
        self.door = door
        self.page = page
        self.streams = Streams(answerer, door)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        headers = dict(scope["headers"])
        id_ = request_id(scope)
        accept = headers.get(b"accept")
        media_type = _negotiated(accept, scope["method"])
        streams = accept is not None and _wants_stream(accept)

        async def respond(status: int, body: bytes, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
            await send(
                {
                    "type": "http.response.start",
                    "status": status,
                    "headers": [
                        (b"content-type", b"%s; charset=utf-8" % (media_type or RESPONSE_JSON)),
                        (b"content-length", b"%d" % len(body)),
                        (b"cache-control", b"no-store"),
                        (b"x-request-id", id_.encode()),
                        *extra,
                    ],
                }
            )
            await send({"type": "http.response.body", "body": body})

        def refused(errors: list[GraphQLError], code: Code) -> bytes:
            return orjson.dumps({"errors": formatted(errors, id_, code)})

        try:
            asked, standing = await self._asked(scope, receive, headers, media_type, streams=streams)
            if streams:
                since = headers.get(b"last-event-id", b"").decode("latin-1") or None
                await self.streams.answer(scope, receive, send, asked, standing, id_, since)
            else:
                await self._answer(scope, asked, standing, id_, respond)
        except _Refusal as refusal:
            body = refused([Problem(refusal.code, refusal.message)], refusal.code)
            await respond(refusal.status, body, refusal.headers)
        except Problem as problem:
            status = 200 if media_type == PLAIN_JSON and problem.code in _OF_THE_DOCUMENT else 400
            await respond(status, refused([problem], problem.code))
        except Refused as refusal:
            await respond(200 if media_type == PLAIN_JSON else 400, refused(refusal.errors, refusal.code))
        except Exception as error:  # noqa: BLE001  # the last wall: nothing of ours may reach a stranger
            fault = defect(error, id_)
            await respond(503 if fault.code is Code.UNAVAILABLE else 500, refused([fault], fault.code))

    async def _asked(
        self,
        scope: Scope,
        receive: Receive,
        headers: Mapping[bytes, bytes],
        media_type: bytes | None,
        *,
        streams: bool,
    ) -> tuple[Asked, Standing]:
        """What is asked, and who asks."""
        method = scope["method"]
        if method not in {"GET", "POST"}:
            raise _Refusal(405, Code.BAD_REQUEST, "send GET or POST", ((b"allow", b"GET, POST"),))
        if media_type is None and not streams:
            raise _Refusal(
                406, Code.BAD_REQUEST, "this answers application/graphql-response+json or application/json"
            )
        standing = await self.door.enter(scope)
        if isinstance(standing, Turned):
            raise _Refusal(standing.status, standing.code, standing.message, standing.headers)
        if streams and self.streams.are_full():
            raise _Refusal(
                503, Code.UNAVAILABLE, "too many event streams are open", ((b"retry-after", b"10"),)
            )
        if method == "POST":
            given = _of_body(await _body(receive, headers), headers.get(b"content-type", b""))
        else:
            given = _of_query(scope["query_string"])
        asked = asked_of(given, self.answerer.documents)
        return asked, standing

    async def _answer(
        self, scope: Scope, asked: Asked, standing: Standing, request_id: str, respond: Any
    ) -> None:
        for _ in range(2):
            body = await self._answered(asked, standing, scope["method"], request_id)
            if body is not None:
                await respond(200, body)
                return
            found = await self.door.recheck(scope, standing)
            if isinstance(found, Turned):
                raise _Refusal(found.status, found.code, found.message, found.headers)
            standing = found
        raise _Refusal(401, Code.UNAUTHENTICATED, "sign in again")

    async def _answered(self, asked: Asked, standing: Standing, method: str, request_id: str) -> bytes | None:
        try:
            return await self.answerer.answer(
                asked, standing, reads_only=method == "GET", request_id=request_id
            )
        except Problem as problem:
            if method == "GET" and problem.message.endswith("needs POST"):
                raise _Refusal(405, problem.code, problem.message, ((b"allow", b"POST"),)) from None
            raise


class _Refusal(Exception):  # noqa: N818  # an answer, not an error of ours
    """What HTTP has a status for."""

    def __init__(
        self, status: int, code: Code, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


_OF_THE_DOCUMENT = {
    Code.UNKNOWN_DOCUMENT,
    Code.PARSE_FAILED,
    Code.VALIDATION_FAILED,
    Code.BAD_INPUT,
    Code.LIMIT,
}
"""Problems that application/json, which knows no other way, answers with status 200."""


@lru_cache(maxsize=100)
def _negotiated(accept: bytes | None, method: str) -> bytes | None:
    """The media type to answer with; None where the client takes neither."""
    if accept is None:
        return PLAIN_JSON  # clients from before the specification send none
    named: dict[bytes, float] = {}
    any_other = 0.0
    for part in accept.split(b","):
        name, parameters = _media_type(part)
        quality = _quality(parameters.get(b"q", b"1"))
        if name in {b"*/*", b"application/*"}:
            any_other = max(any_other, quality)
        elif name in {RESPONSE_JSON, PLAIN_JSON}:
            named.setdefault(name, quality)
    ours = (PLAIN_JSON, RESPONSE_JSON) if method == "POST" else (RESPONSE_JSON, PLAIN_JSON)
    best = max((*named, *ours), key=lambda name: named.get(name, any_other))
    return best if named.get(best, any_other) > 0 else None


@lru_cache(maxsize=100)
def _wants_stream(accept: bytes) -> bool:
    """Whether a client takes an event stream before all else, as an EventSource does."""
    parts = [(*_media_type(part), place) for place, part in enumerate(accept.split(b","))]
    best = max(parts, key=lambda part: (_quality(part[1].get(b"q", b"1")), -part[2]))
    return best[0] == EVENT_STREAM


def _media_type(text: bytes) -> tuple[bytes, Mapping[bytes, bytes]]:
    """The name and the parameters of a media type, in small letters."""
    name, *parameters = text.lower().split(b";")
    pairs = [parameter.strip().partition(b"=") for parameter in parameters]
    return name.strip(), {key: value.strip(b'"') for key, _, value in pairs}


def _quality(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0


async def _body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and (len(announced) > 10 or int(announced) > limits.BODY):
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refusal(400, Code.BAD_REQUEST, "the request ended before its body did")
        part = message.get("body", b"")
        size += len(part)
        if size > limits.BODY:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large() -> _Refusal:
    return _Refusal(
        413, Code.LIMIT, f"a request's body has at most {limits.BODY} bytes", ((b"connection", b"close"),)
    )


def _of_body(body: bytes, content_type: bytes) -> dict[str, Any]:
    if content_type != PLAIN_JSON:
        _check_media_type(content_type)
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _Refusal(400, Code.BAD_REQUEST, f"the body is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise _Refusal(400, Code.BAD_REQUEST, "the body must be one JSON object with a query")
    if b"\\u0000" in body:
        refuse_nul(given.get("variables"))
    return given


def _check_media_type(content_type: bytes) -> None:
    name, parameters = _media_type(content_type)
    if name not in {PLAIN_JSON, RESPONSE_JSON}:
        raise _Refusal(415, Code.BAD_REQUEST, "send the request as application/json")
    if parameters.get(b"charset", b"utf-8") not in {b"utf-8", b"utf8"}:
        raise _Refusal(415, Code.BAD_REQUEST, "send the request as UTF-8")


def refuse_nul(value: Any) -> None:
    """Refuses U+0000: PostgreSQL holds every character but this one. Raises a `Problem`."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as members:
                waiting += [*members.keys(), *members.values()]
            case list() as items:
                waiting += items
            case str() as text if "\0" in text:
                raise Problem(Code.BAD_INPUT, "a text must not contain U+0000")


def _of_query(query_string: bytes) -> dict[str, Any]:
    if len(query_string) > limits.DOCUMENT:
        raise _Refusal(414, Code.LIMIT, "the address is too long; send the request with POST")
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict"
        )
    except (ValueError, UnicodeDecodeError):
        raise _Refusal(400, Code.BAD_REQUEST, "the address is not valid") from None
    given: dict[str, Any] = dict(pairs)
    for name in ("variables", "extensions"):
        if given.get(name):
            try:
                given[name] = orjson.loads(given[name])
            except orjson.JSONDecodeError:
                raise _Refusal(400, Code.BAD_REQUEST, f"{name} is not JSON") from None
            refuse_nul(given[name])
    return {name: value for name, value in given.items() if value != ""}


def asked_of(given: dict[str, Any], documents: Documents) -> Asked:
    """The parameters of a request, as a JSON object has them. Raises a `Problem`."""
    name, variables = given.get("operationName"), given.get("variables")
    query = documents.asked(given)
    if name is not None and not isinstance(name, str):
        raise Problem(Code.BAD_REQUEST, "operationName must be a text")
    if variables is not None and not isinstance(variables, dict):
        raise Problem(Code.BAD_REQUEST, "variables must be a JSON object")
    extensions = given.get("extensions", {})
    if not isinstance(extensions, dict | None):
        raise Problem(Code.BAD_REQUEST, "extensions must be a JSON object")
    extensions = extensions or {}
    after = extensions.get("after")
    if after is not None and not isinstance(after, str):
        raise Problem(Code.BAD_REQUEST, "extensions.after must be a text: the position of an earlier answer")
    return Asked(query, name, variables or {}, after, is_resumable="after" in extensions)
