"""`/graphql` as an event stream: the protocol graphql-sse in its mode of distinct connections.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md and
https://html.spec.whatwg.org/multipage/server-sent-events.html

Each answer has an id. A client that was cut off sends the last one it has as `Last-Event-ID`, which an
`EventSource` does by itself, and is told what came meanwhile; within an hour, and on any server.
"""

import asyncio
from contextlib import aclosing, suppress

import orjson
from graphql import GraphQLError, OperationType
from starlette.types import Receive, Scope, Send

from cairn.graph import limits
from cairn.graph.document import Refused
from cairn.graph.execute import defect, formatted
from cairn.graph.problem import Code, Problem
from cairn.graph.serve import Answerer, Asked, Door, Standing, Turned
from cairn.graph.stream import Ear, Lapsed
from cairn.graph.watch import Watch, Watched

EVENT_STREAM = b"text/event-stream"
ENDLESS = "cairn.endless"
"""Marks a request whose answer does not end by itself, for a server that is to stop (`web/wire.py`)."""
BEAT_SECONDS = 15.0
"""So often something is said on a stream that is silent: what stands between would think it dead."""
_COMPLETE = b"event: complete\ndata:\n\n"


class _Over(Exception):  # noqa: N818  # the end of a stream
    """The stream is over, with a problem to tell of or without."""

    def __init__(self, problem: Problem | None = None) -> None:
        super().__init__()
        self.problem = problem


class Streams:
    """The event streams of a process."""

    def __init__(self, answerer: Answerer, door: Door, beat: float = BEAT_SECONDS) -> None:
        self.answerer = answerer
        self.door = door
        self.beat = beat
        self.watch = Watch(answerer.database)
        self._open: set[_Stream] = set()
        self._beating: asyncio.Task[None] | None = None

    def are_full(self) -> bool:
        """Whether there are as many as there may be."""
        return len(self._open) >= limits.EVENT_STREAMS

    async def answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        asked: Asked,
        standing: Standing,
        request_id: str,
        since: str | None,
    ) -> None:
        """Answers one request as a stream; what is wrong with the operation is told on it."""
        scope[ENDLESS] = True
        stream = _Stream(self, scope, send, request_id, self.answerer.ear(since or asked.after))
        await stream.begin()
        self._open.add(stream)
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat())
        try:
            with self.watch.over(standing) as watched:
                await stream.hold(receive, asked, watched)
        finally:
            self._open.discard(stream)
            if not self._open:
                self._beating.cancel()
                self._beating = None

    async def _beat(self) -> None:
        """Has all streams say something now and then; none is waited for."""
        while True:
            await asyncio.sleep(self.beat)
            for each in self._open:
                each.beat()


class _Stream:
    """One stream."""

    def __init__(self, streams: Streams, scope: Scope, send: Send, request_id: str, ear: Ear | None) -> None:
        self.streams, self.scope, self.request_id, self.ear = streams, scope, request_id, ear
        self._send = send
        self._last: str | None = None
        self._beat: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Says that it is a stream."""
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-request-id", self.request_id.encode()),
            (b"x-accel-buffering", b"no"),  # nginx would collect what is told
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._say(b":\n\n")

    async def hold(self, receive: Receive, asked: Asked, watched: Watched) -> None:
        """Answers until the answers end, the client leaves, or its credential lapses."""
        parts = [
            asyncio.create_task(self._answer(asked, watched.standing)),
            asyncio.create_task(_left(receive)),
            asyncio.create_task(self._watch(watched)),
        ]
        if self.ear is not None:
            parts.append(asyncio.create_task(self._greet(self.ear)))
        problem: GraphQLError | None = None
        try:
            waiting = set(parts)
            while not any(part.done() for part in parts[:3]):
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for part in parts[:3]:
                if part.done():
                    part.result()
        except _Over as over:
            problem = over.problem
        finally:
            if self._beat is not None:
                parts.append(self._beat)
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        with suppress(OSError):
            if problem is not None:
                await self._next(self._errors([problem], None))
            await self._say(_COMPLETE, more=False)

    async def _greet(self, ear: Ear) -> None:
        """Says from where to go on, as soon as there is something to go on with."""
        await ear.listens.wait()
        await self._point(ear.rest())

    async def _watch(self, watched: Watched) -> None:
        """Ends it soon after its credential has ended."""
        while True:
            await watched.lapsed.wait()
            watched.lapsed.clear()
            with suppress(Problem):
                watched.standing = await self._recheck(watched.standing)

    async def _recheck(self, standing: Standing) -> Standing:
        found = await self.streams.door.recheck(self.scope, standing)
        if isinstance(found, Turned):
            problem = Problem(found.code, found.message)
            raise problem if found.code is Code.UNAVAILABLE else _Over(problem)
        return found

    async def _answer(self, asked: Asked, standing: Standing) -> None:
        """Answers an operation. Raises `_Over` where it came to an end too soon."""
        try:
            operation = self.streams.answerer.document(asked.query).operation(asked.operation_name)
            if operation.type is OperationType.SUBSCRIPTION:
                await self._subscription(asked, standing)
                return
            await self._single(asked, standing)
        except Problem as problem:
            await self._next(self._errors([problem], problem.code))
        except Refused as refusal:
            await self._next(self._errors(refusal.errors, refusal.code))
        except (_Over, OSError):
            raise
        except Exception as error:  # noqa: BLE001  # the last wall: nothing of ours may reach a stranger
            await self._next(self._errors([defect(error, self.request_id)], None))

    async def _single(self, asked: Asked, standing: Standing) -> None:
        """Answers a query or a mutation."""
        reads_only = self.scope["method"] == "GET"
        for _ in range(2):
            body = await self.streams.answerer.answer(
                asked, standing, reads_only=reads_only, request_id=self.request_id
            )
            if body is not None:
                await self._next(body)
                return
            standing = await self._recheck(standing)
        raise _Over(Problem(Code.UNAUTHENTICATED, "sign in again"))

    async def _subscription(self, asked: Asked, standing: Standing) -> None:
        answers = self.streams.answerer.stream(asked, standing, request_id=self.request_id, ear=self.ear)
        try:
            async with aclosing(answers) as bodies:
                async for body in bodies:
                    await self._next(body)
        except Lapsed:
            await self._recheck(standing)
            raise _Over(Problem(Code.FORBIDDEN, "what you may do has changed; subscribe again")) from None

    def _errors(self, errors: list[GraphQLError], code: Code | None) -> bytes:
        return orjson.dumps({"errors": formatted(errors, self.request_id, code)})

    async def _next(self, body: bytes) -> None:
        position = self.ear.position if self.ear is not None else None
        self._last = position
        pointer = b"id: %b\n" % position.encode() if position else b""
        await self._say(b"event: next\n%bdata: %b\n\n" % (pointer, body))

    def beat(self) -> None:
        """Says something where nothing was said."""
        if self._beat is None or self._beat.done():
            self._beat = asyncio.create_task(self._point(self.ear.rest() if self.ear else None))

    async def _point(self, position: str | None) -> None:
        """Says from where to go on; of an event without data a client keeps only the id."""
        if position is not None and position != self._last:
            self._last = position
            await self._say(b"id: %b\n\n" % position.encode())
        else:
            await self._say(b":\n\n")

    async def _say(self, text: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": text, "more_body": more})


async def _left(receive: Receive) -> None:
    """Returns once the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
