"""What all have in common that a file is sent to: its body as it comes, and what is answered.

A body is CSV or NDJSON, plain or gzip, and is never held whole. Refusals are problem details (RFC 9457).
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.types import Receive, Scope, Send

from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput, NotAllowed, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Database, passes
from cairn.graph.repeat import KeyReused
from cairn.graph.serve import Turned
from cairn.hris.intake import OtherContent
from cairn.hris.read import BrokenFile, Encoding, UnreadableFile
from cairn.identity.door import Door, insufficient_scope

log = logging.getLogger("cairn.hris")

AT_ONCE = 4
"""Files that a process reads at a time; others are told to come back."""
SECONDS = 3_600.0
"""What a file may take in all."""
LONGEST_QUERY = 4_000
SILENT_SECONDS = 60.0
"""How long the next piece of a body may take."""
DRAIN_BYTES, DRAIN_SECONDS = 50_000_000, 20.0
"""What is still taken of a body that was refused: who still sends would not read the answer."""
TYPES = {
    "text/csv", "text/plain", "text/tab-separated-values", "application/csv", "application/x-ndjson",
    "application/ndjson", "application/jsonl", "application/jsonlines", "application/gzip",
    "application/x-gzip", "application/octet-stream", "application/vnd.ms-excel",
    "application/x-www-form-urlencoded",
}  # fmt: skip
"""What a body may be called; what it is, is told from itself. The last one is what curl says of any."""
Headers = tuple[tuple[bytes, bytes], ...]
Answer = tuple[int, Headers, dict[str, Any]]


class Problem(Exception):  # noqa: N818  # an answer
    """A refusal with its status and what else is said of it."""

    def __init__(self, status: int, title: str, detail: str, headers: Headers = (), **more: Any) -> None:
        super().__init__(detail)
        self.status, self.headers = status, headers
        self.body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}


class Gone(Exception):  # noqa: N818  # nobody is there to be told
    """Whoever sent it has hung up before the end."""


class Receiver(ABC):
    """Answers requests that bring a file, or ask what came of one."""

    permission: ClassVar[Permission]
    """What it takes."""

    def __init__(self, database: Database, door: Door) -> None:
        self.database = database
        self.door = door
        self._reading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        body = Body(receive)
        try:
            status, headers, answer = await self.answer(scope, body)
        except Gone:
            log.info("a feed broke off after %s bytes; nothing was applied", body.size)
            return
        except (Problem, Refusal) as refused:
            await body.drain()
            problem = refused if isinstance(refused, Problem) else _problem_of(refused, self.permission)
            status, headers, answer = problem.status, problem.headers, problem.body
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            log.error("a feed failed", exc_info=error)  # noqa: TRY400  # with what led to it, once
            status, headers, answer = _failed(503 if passes(error) else 500)
        except Exception as error:  # the last wall: nothing of ours may reach a stranger
            log.error("a feed failed", exc_info=error)  # noqa: TRY400  # as above
            status, headers, answer = _failed(500)
        await _send(send, status, headers, answer)

    async def viewer(self, scope: Scope) -> Viewer:
        """Who sends it. Raises `Problem`."""
        standing = await self.door.admit(scope)
        if isinstance(standing, Turned):
            titles = {401: "Not signed in", 403: "Not allowed", 429: "Too many requests"}
            said = f"{standing.message[:1].upper()}{standing.message[1:]}."
            raise Problem(standing.status, titles.get(standing.status, "Not now"), said, standing.headers)
        scope["cairn.viewer"] = standing.viewer.name
        return standing.viewer

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Reads a file, where not too many are read. Raises `Problem` where it is not whole, or too slow."""
        if self._reading >= AT_ONCE:
            later = ((b"retry-after", b"60"),)
            raise Problem(503, "Busy", "Several feeds are being read; try again in a minute.", later)
        self._reading += 1
        try:
            async with asyncio.timeout(SECONDS):
                yield
        except BrokenFile as broken:
            said = f"{sentence(str(broken))} Nothing was changed; send it again whole."
            raise Problem(400, "Broken file", said) from None
        except TimeoutError:
            said = "The feed did not come to its end in time; nothing was changed."
            raise Problem(408, "Too slow", said) from None
        finally:
            self._reading -= 1

    @abstractmethod
    async def answer(self, scope: Scope, body: "Body") -> Answer:
        """What is answered. Raises `Problem` or a `Refusal`."""


class Body:
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
                raise Gone
            part = message.get("body", b"")
            self.ended = not message.get("more_body", False)
            self.size += len(part)
            yield part

    async def drain(self) -> None:
        """Reads on for a while, and keeps nothing."""
        most = self.size + DRAIN_BYTES
        with suppress(TimeoutError, Gone):
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self:
                    if self.size > most:
                        return


def named(type_: str) -> str:
    """A content type without its parameters."""
    return type_.partition(";")[0].strip().lower()


def type_of(headers: Mapping[bytes, str], several: str = "") -> str:
    """The content type of what is sent; raises `Problem` where that is surely no file that is taken.

    `several` is the type of several files in one body, where these are taken too.
    """
    type_ = headers.get(b"content-type", "")
    if named(type_) not in {"", several, *TYPES}:
        also = f"; several files as {several}" if several else ""
        said = f"Send CSV (text/csv) or NDJSON (application/x-ndjson), plain or gzip{also}."
        accepted = f"text/csv, application/x-ndjson, application/gzip{several and ', '}{several}"
        raise Problem(415, "Not a feed", said, ((b"accept-post", accepted.encode()),))
    packed = headers.get(b"content-encoding", "identity").lower()
    if packed not in {"identity", "gzip", "x-gzip"}:
        said = "A body is packed with gzip, or not at all."
        raise Problem(415, "Not a feed", said, ((b"accept-encoding", b"gzip"),))
    if packed != "identity" and several and named(type_) == several:
        raise Problem(415, "Not a feed", "Of several files, each is packed with gzip by itself, or not.")
    return type_


def encoding_of(type_: str) -> Encoding | None:
    """The encoding that the content type of a file names, if it is not UTF-8. Raises `Problem`."""
    for parameter in type_.lower().split(";")[1:]:
        key, _, value = parameter.strip().partition("=")
        said = value.strip('"').replace("utf8", "utf-8")
        if key == "charset" and said not in {"utf-8", "us-ascii"}:
            if said not in set(Encoding):
                raise Problem(415, "Not a feed", f"The charset is one of {', '.join(Encoding)}.")
            return Encoding(said)
    return None


def _problem_of(refusal: Refusal, permission: Permission) -> Problem:
    said = sentence(refusal.message)
    match refusal:
        case NotAllowed():
            turned = insufficient_scope(refusal.message, [permission.value])
            return Problem(403, "Not allowed", said, turned.headers)
        case UnreadableFile():
            return Problem(422, "Unreadable file", said, row=refusal.row, column=refusal.column)
        case InvalidInput():
            fields = [{"path": each.path, "message": each.message} for each in refusal.problems]
            return Problem(400, "Invalid", said, fields=fields)
        case OtherContent() | KeyReused():
            return Problem(422, "Key used before", said)
    return Problem(422, "Refused", said)


def asked(query: bytes, known: Collection[str]) -> dict[str, str]:
    """The parameters of a request, each once. Raises `InvalidInput`."""
    if len(query) > LONGEST_QUERY:
        raise invalid("query", f"must have at most {LONGEST_QUERY} bytes")
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if unknown := sorted(set(given) - set(known)):
        there = ", ".join(sorted(known))
        raise invalid(unknown[0][:60], f"is nothing that can be asked for; there are {there}")
    return given


def is_dry(given: Mapping[str, str]) -> bool:
    """Whether it is to be done for show only. Raises `InvalidInput`."""
    said = given.get("dryRun", "false").lower()
    if said not in {"true", "false"}:
        raise invalid("dryRun", "must be true or false")
    return said == "true"


def key_of(headers: Mapping[bytes, str]) -> str | None:
    """The idempotency key (draft-ietf-httpapi-idempotency-key-header)."""
    return headers.get(b"idempotency-key", "").strip().strip('"') or None


def sentence(message: str) -> str:
    """A message as a sentence."""
    return f"{message[:1].upper()}{message[1:].removesuffix('.')}."


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
