"""The load generator: a process of its own that keeps connections busy, each with one request at a time.

    {"port": 8000, "requests": ["…"], "connections": 16, "seconds": 1.0}

as a line on standard input is answered by a line with how many requests were answered, in how many seconds,
and how long each took in microseconds. Requests are sent in turn, as they are: latin-1 stands for their
bytes.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

PATIENCE = 30.0
"""Seconds after the time is up in which the last answers may come."""


class Client(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again, until the time is up."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._head = b""
        self._missing = -1  # bytes of the body; below zero while the head is not complete

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._begun = time.perf_counter_ns()
        self._transport.write(next(self._run.requests))

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._missing = _length(head) - len(rest)
        else:
            self._missing -= len(data)
        if self._missing:
            return
        now = time.perf_counter_ns()
        self._run.note(now - self._begun, ok=self._head.startswith(b"HTTP/1.1 200"))
        self._head, self._missing = b"", -1
        if now < self._run.deadline:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None or self._missing >= 0 or self._head:
            self._run.failures += 1
        self._run.left()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without a length: {head[:200]!r}")


class Run:
    """One measurement."""

    def __init__(self, requests: Iterator[bytes], seconds: float, connections: int) -> None:
        self.requests = requests
        self.failures = 0
        self.deadline = time.perf_counter_ns() + int(seconds * 1e9)
        self.begun = time.perf_counter_ns()
        self.took: list[int] = []
        self.done = asyncio.get_running_loop().create_future()
        self._open = connections

    def note(self, took: int, *, ok: bool) -> None:
        self.took.append(took // 1000)
        if not ok:
            self.failures += 1

    def left(self) -> None:
        self._open -= 1
        if self._open == 0 and not self.done.done():
            self.done.set_result(None)


async def measure(port: int, requests: list[str], connections: int, seconds: float) -> dict[str, Any]:
    """Loads a server for so long."""
    run = Run(itertools.cycle([each.encode("latin-1") for each in requests]), seconds, connections)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(run), "127.0.0.1", port)
    await asyncio.wait_for(run.done, seconds + PATIENCE)
    elapsed = (time.perf_counter_ns() - run.begun) / 1e9
    return {"count": len(run.took), "seconds": elapsed, "failures": run.failures, "took": run.took}


async def serve() -> None:
    """Measures what standard input asks for."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        found = await measure(**json.loads(line))
        await loop.run_in_executor(None, lambda found=found: print(json.dumps(found), flush=True))


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
