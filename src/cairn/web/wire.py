"""HTTP on the wire: uvicorn's protocol, for clients that are slow on purpose or say too much.

uvicorn waits for the rest of a request as long as it takes, and httptools takes headers of any number and
size. Here a client is cut off that does not come to the end of its headers, hardly sends its body, or does
not take its answer. Once a second all connections of a process are looked at, so that a request pays
nothing for it.
"""

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cairn.graph.sse import ENDLESS

log = logging.getLogger("cairn.web")

HEAD_SECONDS = 10.0
"""From the first byte of a connection, or of the next request on it, to the end of the headers."""
BODY_SECONDS, BODY_BYTES = 10.0, 2_000
"""A body comes at so many bytes in so many seconds, at least."""
ANSWER_SECONDS = 30.0
"""How long a client may take nothing more of an answer that waits for it."""
HEAD_BYTES = 32_000
"""Of the request line and all headers."""
HEADERS = 100
"""Headers of a request."""
TICK = 1.0
CONNECTIONS = 5_000
"""Connections of a process; whoever comes after is told to come back later."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Wire(HttpToolsProtocol):
    """A connection that is looked after."""

    _head = 0
    """Bytes of a head that is not complete."""
    _is_long = False
    _body = 0
    _waits_for = ""
    _since = 0.0
    _before = 0

    def connection_made(self, transport: Any) -> None:
        """Begins to be looked at."""
        super().connection_made(transport)
        state: Any = self.server_state
        if not getattr(state, "watched", False):
            state.watched = True
            self.loop.call_later(TICK, _look, self.loop, state)

    def data_received(self, data: bytes) -> None:
        """Counts what belongs to a head; one that fits into a packet, as it nearly always does, is free."""
        if self._head or len(data) > HEAD_BYTES:
            self._is_long = self._head + len(data) > HEAD_BYTES
        super().data_received(data)
        if self._in_head():
            self._head += len(data)
            if self._head > HEAD_BYTES and not self.transport.is_closing():
                self._refuse(_TOO_LARGE)
        elif self._head:
            self._head = 0

    def on_headers_complete(self) -> None:
        """Refuses headers that are too many or too long."""
        if len(self.headers) > HEADERS or (self._is_long and self._size() > HEAD_BYTES):
            raise ValueError("the head is too large")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Counts what has come."""
        self._body += len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request: too large a head, or no HTTP."""
        if self._is_long or len(self.headers or ()) > HEADERS:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()

    def _in_head(self) -> bool:
        """Whether the headers of a request are awaited: those of the first one, or the rest of others."""
        cycle = self.cycle
        if cycle is None:
            return True
        begun = self.scope is not cycle.scope and not self.pipeline
        return begun or (cycle.response_complete and self.timeout_keep_alive_task is None)

    def shutdown(self) -> None:
        """Ends an event stream as the server stops: its client goes on at another, or at the next one."""
        super().shutdown()
        cycle = self.cycle
        if cycle is None:
            return
        if not cycle.response_complete and cycle.scope.get(ENDLESS):
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.close()

    def look(self, now: float) -> None:
        """Cuts the connection off where it has waited too long for the client."""
        waits_for, limit = self._waiting()
        if waits_for != self._waits_for:
            self._waits_for, self._since, self._before = waits_for, now, self._body
            return
        if not waits_for or now - self._since < limit:
            return
        if waits_for == "body" and self._body - self._before >= BODY_BYTES:
            self._since, self._before = now, self._body
            return
        log.info("a client was cut off: it was too slow with its %s", waits_for)
        if waits_for == "head":
            self._refuse(_TOO_SLOW)
        else:
            self.transport.abort()

    def _waiting(self) -> tuple[str, float]:
        if self.flow.write_paused or self.transport.is_closing():
            return "taking", ANSWER_SECONDS
        if self._in_head():
            return "head", HEAD_SECONDS
        if self.cycle.more_body and not self.cycle.response_complete and not self.flow.read_paused:
            return "body", BODY_SECONDS
        return "", 0


def _look(loop: asyncio.AbstractEventLoop, state: Any) -> None:
    now = loop.time()
    for each in list(state.connections):
        if isinstance(each, Wire):
            each.look(now)
    state.watched = bool(state.connections)
    if state.watched:
        loop.call_later(TICK, _look, loop, state)
