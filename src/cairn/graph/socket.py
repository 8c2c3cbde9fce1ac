"""`/graphql` over a WebSocket: the protocol graphql-transport-ws, for queries, mutations and subscriptions.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

Who asks is established as for a request over HTTP, by the same door: at the handshake by cookie or bearer
token, or, for clients that cannot set headers, by `{"authorization": "Bearer …"}` in the payload of
`connection_init`. Each operation is let in anew, and answered by the same statement as over HTTP. A socket
that says nothing is looked after too: it is closed soon after its credential has ended.

Each answer of a subscription has a position in its `extensions`. A client that was cut off subscribes again
with `extensions: {"after": …}` and the last position it has, and is told what came meanwhile; within an hour,
and on any server. Where it sends `after` with the first subscription already, as null, positions come also
where nothing happens: as a `ping` with `{"positions": {ID: …}}`, at the beginning and every few minutes.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.types import Message, Receive, Scope, Send

from cairn.graph import limits
from cairn.graph.document import Refused
from cairn.graph.execute import defect, formatted
from cairn.graph.http import asked_of, new_request_id, refuse_nul
from cairn.graph.problem import Code, Problem
from cairn.graph.serve import Answerer, Asked, Door, Standing, Turned
from cairn.graph.stream import Ear, Lapsed
from cairn.graph.watch import Watch, Watched

log = logging.getLogger("cairn.graph")

PROTOCOL = "graphql-transport-ws"
CONNECTIONS = 2_000
"""Sockets of one process at once."""
CONNECTIONS_EACH = 20
"""Of these, sockets of one viewer."""
OPERATIONS = 50
"""Operations of one socket under way at once."""
LONGEST_ID = 200
"""Characters of an operation's id."""


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds."""

    init: float = 10.0
    """For `connection_init`."""
    watch: float = 5.0
    """Between two looks at whether the credential still holds."""
    send: float = 20.0
    """For a client to take a message."""
    point: float = 300.0
    """Between two times that a silent subscription is told its position."""


class Closed(Exception):  # noqa: N818  # the end of a conversation
    """The socket is to be closed, with a code of the protocol and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class _Gone(Exception):  # noqa: N818  # the end of a conversation
    """The client has left, or takes no more."""


def _unauthorized() -> Closed:
    return Closed(4401, "Unauthorized")


class Socket:
    """The end point as an ASGI application."""

    def __init__(self, answerer: Answerer, door: Door, patience: Patience | None = None) -> None:
        self.answerer = answerer
        self.door = door
        self.patience = patience or Patience()
        self.watch = Watch(answerer.database, self.patience.watch)
        self.open = 0
        self.pointing: set[_Pointing] = set()
        """The subscriptions that are told their positions."""
        self._beating: asyncio.Task[None] | None = None
        self.open_of: Counter[str] = Counter()
        """How many each viewer has."""

    @contextmanager
    def point(self, to: "_Pointing") -> Iterator[None]:
        """Tells a subscription its position now and then; one task does for all of a process."""
        self.pointing.add(to)
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            self.pointing.discard(to)
            if not self.pointing:
                self._beating.cancel()
                self._beating = None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.patience.point)
            for each in self.pointing:
                each.beat()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speaks with one client until one of the two has enough."""
        await receive()  # websocket.connect
        if self.open >= CONNECTIONS:
            await _refuse(
                scope, send, 503, "too many sockets are open; try again later", [(b"retry-after", b"10")]
            )
            return
        self.open += 1
        try:
            standing = await self.door.enter(scope)
            if isinstance(standing, Turned) and (standing.status != 401 or _has_credential(scope)):
                await _refuse(scope, send, standing.status, standing.message, list(standing.headers))
                return
            await self._speak(scope, receive, send, None if isinstance(standing, Turned) else standing)
        finally:
            self.open -= 1

    async def _speak(self, scope: Scope, receive: Receive, send: Send, standing: Standing | None) -> None:
        spoken = PROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        conversation = _Conversation(self, scope, receive, send, standing)
        try:
            if not spoken:
                raise Closed(4406, "Subprotocol not acceptable")  # noqa: TRY301  # closed in one place
            await conversation.hold()
        except _Gone:
            pass
        except Closed as end:
            await conversation.close(end.code, end.reason)
        except Exception as error:  # noqa: BLE001  # the last wall: nothing of ours may reach a stranger
            defect(error, "")
            await conversation.close(4500, "Internal server error")


def _has_credential(scope: Scope) -> bool:
    """Whether the handshake came with a token, which must then be good."""
    return any(name == b"authorization" for name, _ in scope["headers"])


async def _refuse(
    scope: Scope, send: Send, status: int, message: str, headers: list[tuple[bytes, bytes]]
) -> None:
    """Answers a handshake as a request over HTTP is answered, where the server can."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send(
            {"type": "websocket.close", "code": 4403 if status == 403 else 4401, "reason": message[:100]}
        )
        return
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "websocket.http.response.start", "status": status, "headers": plain})
    await send({"type": "websocket.http.response.body", "body": message.encode()})


@dataclass(eq=False)
class _Running:
    """An operation under way."""

    type: OperationType
    wanted: bool = True
    """Whether the client still waits for an answer."""
    task: "asyncio.Task[None] | None" = None

    def stop(self) -> None:
        """Nobody waits for it any more; what a mutation has begun it finishes."""
        self.wanted = False
        if self.type is not OperationType.MUTATION and self.task is not None:
            self.task.cancel()


@dataclass(eq=False)
class _Pointing:
    """A subscription that is told its position also where nothing happens."""

    id: str
    ear: Ear
    say: Callable[[dict[str, Any]], Awaitable[None]]
    told: str | None = None
    task: "asyncio.Task[None] | None" = None

    async def begin(self) -> None:
        """Tells from where to go on, as soon as there is something to go on with."""
        await self.ear.listens.wait()
        await self._tell()

    def beat(self) -> None:
        """Tells it again where it has moved on; nobody waits for that."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        position = self.ear.rest()
        if position is not None and position != self.told:
            self.told = position
            with suppress(_Gone):
                await self.say({"type": "ping", "payload": {"positions": {self.id: position}}})

    async def end(self) -> None:
        """Tells nothing any more."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


class _Conversation:
    """What is said on one socket."""

    def __init__(
        self, socket: Socket, scope: Scope, receive: Receive, send: Send, standing: Standing | None
    ) -> None:
        self.socket = socket
        self.scope = scope
        self.standing = standing
        self._receive, self._send = receive, send
        self._speaking = asyncio.Lock()
        self._awaited: dict[str, _Running] = {}
        """The operations that the client knows by an id."""
        self._running: set[_Running] = set()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with what an operation found to be the end."""
        self._counted: str | None = None
        self._watched: Watched | None = None

    async def hold(self) -> None:
        """Listens until the end. Raises `Closed` or `_Gone`."""
        try:
            await self._greet()
            assert self.standing is not None
            with self.socket.watch.over(self.standing) as self._watched:
                await self._attend()
        finally:
            await self._end()

    async def _attend(self) -> None:
        """Listens and watches, until either finds the end or an operation does."""
        parts = {asyncio.create_task(self._watch()), asyncio.create_task(self._hear())}
        try:
            done, _ = await asyncio.wait({*parts, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in parts:
                each.cancel()
            await asyncio.wait(parts)

    async def close(self, code: int, reason: str) -> None:
        """Says goodbye; a client that does not listen is not waited for."""
        with suppress(Exception):
            async with asyncio.timeout(self.socket.patience.send):
                await self._send({"type": "websocket.close", "code": code, "reason": reason[:100]})

    async def _greet(self) -> None:
        """Waits for `connection_init`, and acknowledges it."""
        try:
            async with asyncio.timeout(self.socket.patience.init):
                message = await self._message()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        if message["type"] == "subscribe":
            raise _unauthorized()
        if message["type"] != "connection_init":
            raise Closed(4400, "Say connection_init first")
        await self._admit(message.get("payload"))
        await self._say({"type": "connection_ack"})

    async def _admit(self, payload: object) -> None:
        """Finds who asks, where the handshake did not say, and whether they have sockets left."""
        given = (
            payload.get("authorization", payload.get("Authorization")) if isinstance(payload, dict) else None
        )
        if given is not None:
            if self.standing is not None or not isinstance(given, str) or not given.isascii():
                raise Closed(4403, "Forbidden")
            header = (b"authorization", given.encode())
            self.scope = {**self.scope, "headers": [*self.scope["headers"], header]}
            try:
                await self._enter()
            except Problem as problem:
                raise Closed(1013, problem.message) from None
        if self.standing is None:
            raise _unauthorized()
        name = self.standing.viewer.name
        if self.socket.open_of[name] >= CONNECTIONS_EACH:
            raise Closed(1013, f"You have {CONNECTIONS_EACH} sockets open; close one")
        self.socket.open_of[name] += 1
        self._counted = name

    async def _enter(self) -> Standing:
        """Who asks, let in anew. Raises `Closed`, or a `Problem` where that cannot be told at the moment."""
        standing = await self.socket.door.enter(self.scope)
        return self._let_in(standing)

    def _let_in(self, standing: Standing | Turned) -> Standing:
        if isinstance(standing, Turned):
            if standing.code in {Code.UNAVAILABLE, Code.RATE_LIMITED}:
                raise Problem(standing.code, standing.message)
            raise Closed(4403, "Forbidden") if standing.status == 403 else _unauthorized()
        self.standing = standing
        if self._watched is not None:
            self._watched.standing = standing
        return standing

    async def _watch(self) -> None:
        """Ends the conversation soon after its credential has."""
        assert self._watched is not None
        while True:
            await self._watched.lapsed.wait()
            self._watched.lapsed.clear()
            try:
                await self._recheck(self._watched.standing)
            except (Closed, _Gone):
                raise
            except Exception as error:  # noqa: BLE001  # the database may be away for a while; nothing is answered then
                log.warning("a socket's credential could not be looked at: %s", type(error).__name__)

    async def _recheck(self, standing: Standing) -> Standing:
        """Who asks, after a statement did not find them to be so any more."""
        return self._let_in(await self.socket.door.recheck(self.scope, standing))

    async def _hear(self) -> None:
        """Listens for what the client wants."""
        while True:
            message = await self._message()
            match message["type"]:
                case "ping":
                    payload = {"payload": message["payload"]} if "payload" in message else {}
                    await self._say({"type": "pong", **payload})
                case "pong":
                    pass
                case "subscribe":
                    await self._subscribe(message)
                case "complete":
                    running = self._awaited.pop(_id_of(message), None)
                    if running is not None:
                        running.stop()
                case "connection_init":
                    raise Closed(4429, "Too many initialisation requests")
                case _:
                    raise Closed(4400, "Invalid message: its type is none of the protocol")

    async def _message(self) -> dict[str, Any]:
        """The next message. Raises `Closed` where it is none, and `_Gone`."""
        received: Message = await self._receive()
        if received["type"] == "websocket.disconnect":
            raise _Gone
        text = received.get("text")
        if text is None:
            raise Closed(4400, "Invalid message: send text")
        if len(text) > limits.BODY:
            raise Closed(1009, f"A message has at most {limits.BODY} characters")
        try:
            found = orjson.loads(text)
        except ValueError:
            raise Closed(4400, "Invalid message: it is not JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("type"), str):
            raise Closed(4400, "Invalid message: it is no object with a type")
        if not isinstance(found.get("payload", {}), dict | None):
            raise Closed(4400, "Invalid message: its payload is no object")
        return found

    async def _subscribe(self, message: dict[str, Any]) -> None:
        """Begins an operation."""
        id_ = _id_of(message)
        if id_ in self._awaited:
            raise Closed(4409, f"Subscriber for {id_} already exists")
        try:
            asked = asked_of(message.get("payload") or {}, self.socket.answerer.documents)
            refuse_nul(asked.variables)
        except Problem as problem:
            if problem.code is Code.BAD_REQUEST:
                raise Closed(4400, f"Invalid message: {problem.message}") from None
            await self._refuse(id_, [problem], problem.code)
            return
        try:
            standing, request_id = await self._enter(), new_request_id()
            if len(self._running) >= OPERATIONS:
                raise limits.refuse(f"{OPERATIONS} operations are under way here; wait for one of them")
            type_ = self.socket.answerer.document(asked.query).operation(asked.operation_name).type
        except Problem as refused:
            await self._refuse(id_, [refused], refused.code)
            return
        except Refused as refusal:
            await self._refuse(id_, refusal.errors, refusal.code)
            return
        running = self._awaited[id_] = _Running(type_)
        self._running.add(running)
        running.task = asyncio.create_task(self._answer(id_, running, asked, standing, request_id))
        running.task.add_done_callback(lambda _: self._running.discard(running))

    async def _answer(
        self, id_: str, running: _Running, asked: Asked, standing: Standing, request_id: str
    ) -> None:
        """Answers an operation and completes it."""
        errors: list[GraphQLError] = []
        code = Code.INTERNAL
        try:
            if running.type is OperationType.SUBSCRIPTION:
                await self._stream(id_, asked, standing, request_id)
            else:
                await self._single(id_, running, asked, standing, request_id)
        except Problem as problem:
            errors, code = [problem], problem.code
        except Refused as refusal:
            errors, code = refusal.errors, refusal.code
        except (Closed, _Gone) as end:
            if not self._ended.done():
                self._ended.set_exception(end)
            return
        except Exception as error:  # noqa: BLE001  # the last wall: nothing of ours may reach a stranger
            fault = defect(error, request_id)
            errors, code = [fault], fault.code
        finally:
            if running.wanted:
                self._awaited.pop(id_, None)
        with suppress(_Gone):
            if running.wanted and errors:
                await self._refuse(id_, errors, code)
            elif running.wanted:
                await self._say({"type": "complete", "id": id_})

    async def _single(
        self, id_: str, running: _Running, asked: Asked, standing: Standing, request_id: str
    ) -> None:
        """Answers a query or a mutation."""
        for _ in range(2):
            body = await self.socket.answerer.answer(asked, standing, request_id=request_id)
            if body is not None:
                if running.wanted:
                    await self._next(id_, body)
                return
            standing = await self._recheck(standing)
        raise _unauthorized()

    async def _stream(self, id_: str, asked: Asked, standing: Standing, request_id: str) -> None:
        """Answers a subscription."""
        answerer = self.socket.answerer
        ear = answerer.ear(asked.after)
        try:
            async with (
                self._pointed(id_, ear if asked.is_resumable else None),
                aclosing(answerer.stream(asked, standing, request_id=request_id, ear=ear)) as bodies,
            ):
                async for body in bodies:
                    await self._next(id_, body)
        except Lapsed:
            await self._recheck(standing)
            raise Problem(Code.FORBIDDEN, "what you may do has changed; subscribe again") from None

    @asynccontextmanager
    async def _pointed(self, id_: str, ear: Ear | None) -> AsyncIterator[None]:
        """Tells positions meanwhile, where they were asked for."""
        if ear is None:
            yield
            return
        pointing = _Pointing(id_, ear, self._say)
        pointing.task = asyncio.create_task(pointing.begin())
        try:
            with self.socket.point(pointing):
                yield
        finally:
            await pointing.end()

    async def _next(self, id_: str, body: bytes) -> None:
        await self._speak(b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(id_), body))

    async def _refuse(self, id_: str, errors: list[GraphQLError], code: Code) -> None:
        await self._say({"id": id_, "type": "error", "payload": formatted(errors, "", code)})

    async def _say(self, message: dict[str, Any]) -> None:
        await self._speak(orjson.dumps(message))

    async def _speak(self, text: bytes) -> None:
        """Sends a message. Raises `_Gone` where the client does not take it."""
        try:
            async with asyncio.timeout(self.socket.patience.send), self._speaking:
                await self._send({"type": "websocket.send", "text": text.decode()})
        except Exception:  # noqa: BLE001  # whatever the server says, nobody listens any more
            raise _Gone from None

    async def _end(self) -> None:
        """Ends what is under way; a mutation is let finish."""
        if self._counted is not None:
            self.socket.open_of[self._counted] -= 1
            self.socket.open_of += Counter()  # forgets those who have none
        if self._ended.done():
            self._ended.exception()  # it was heard, or came too late
        for running in self._running:
            running.stop()
        if unfinished := {each.task for each in self._running if each.task is not None}:
            await asyncio.wait(unfinished, timeout=limits.SECONDS)


def _id_of(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID:
        raise Closed(4400, f"Invalid message: its id must be a text of 1 to {LONGEST_ID} characters")
    return id_
