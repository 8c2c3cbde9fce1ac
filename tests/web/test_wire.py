"""Clients that say too much, or hardly anything: raw sockets against a real server."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvicorn

from cairn.graph.sse import ENDLESS
from cairn.web import wire

BIG = b"x" * 30_000_000


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/endless":
        scope[ENDLESS] = True
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message["more_body"]:
            break
    body = BIG if scope["path"] == "/big" else b"%d" % size
    start = {"type": "http.response.start", "status": 200}
    await send({**start, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def open_(monkeypatch):
    """Opens a connection to a server whose patience is short."""
    for name, value in {
        "HEAD_SECONDS": 0.3,
        "BODY_SECONDS": 0.3,
        "ANSWER_SECONDS": 0.3,
        "TICK": 0.05,
    }.items():
        monkeypatch.setattr(wire, name, value)
    settings = {
        "lifespan": "off",
        "log_config": None,
        "timeout_keep_alive": 60,
        "timeout_graceful_shutdown": 1,
    }
    server = uvicorn.Server(uvicorn.Config(app, port=0, http="cairn.web.wire:Wire", **settings))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    [listening] = server.servers[0].sockets
    port = listening.getsockname()[1]

    @asynccontextmanager
    async def opened():
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    opened.server = server
    yield opened
    server.should_exit = True
    await asyncio.wait_for(running, 20)


async def rest(reader):
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""


GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def test_a_request_in_pieces_is_answered(open_):
    async with open_() as (reader, writer):
        for piece in (GET[:5], GET[5:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"


BEGUN = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n", GET + b"GET / HT")


@pytest.mark.parametrize("said", BEGUN)
async def test_who_does_not_come_to_the_end_of_the_headers_is_cut_off(open_, said):
    async with open_() as (reader, writer):
        writer.write(said)
        assert b"HTTP/1.1 408" in await rest(reader)


async def test_an_empty_line_after_an_answer_buys_no_time(open_):
    async with open_() as (reader, writer):
        writer.write(GET)
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n0"), 20)
        writer.write(b"\r\n")
        assert b"HTTP/1.1 408" in await rest(reader)


async def test_headers_that_trickle_are_cut_off_all_the_same(open_):
    async with open_() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        trickling = asyncio.create_task(rest(reader))
        async with asyncio.timeout(20):
            while not trickling.done():
                writer.write(b"x-a: b\r\n")
                await asyncio.sleep(0.05)
        assert b"HTTP/1.1 408" in trickling.result()


async def test_who_hardly_sends_a_body_is_cut_off(open_):
    async with open_() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
        trickling = asyncio.create_task(rest(reader))
        async with asyncio.timeout(20):
            while not trickling.done():
                writer.write(b"x")
                await asyncio.sleep(0.05)
        assert trickling.result() == b""


async def test_a_body_that_comes_steadily_is_waited_for(open_):
    async with open_() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
        for _ in range(20):
            writer.write(b"x" * 5_000)
            await writer.drain()
            await asyncio.sleep(0.05)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert head.startswith(b"HTTP/1.1 200")
        assert await asyncio.wait_for(reader.readexactly(6), 20) == b"100000"


async def test_who_does_not_take_an_answer_is_cut_off(open_):
    async with open_() as (_reader, writer):
        writer.transport.pause_reading()
        writer.write(GET.replace(b"/ ", b"/big "))
        async with asyncio.timeout(20):
            while not open_.server.server_state.connections:
                await asyncio.sleep(0.01)
            while open_.server.server_state.connections:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"x-%d: y\r\n" % n for n in range(200)),
        b"x: " + b"y" * 50_000 + b"\r\n",
        b"x: " + b"y" * 500_000,
    ],
)
async def test_headers_have_bounds(open_, head):
    async with open_() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n" + head + b"\r\n")
        answer = await rest(reader)
    # Who is still sending when the connection is closed may find it reset before the answer is read.
    assert answer.startswith(b"HTTP/1.1 431") or (answer == b"" and len(head) > 100_000)


async def test_headers_within_the_bounds_are_read(open_):
    async with open_() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: " + b"y" * 30_000 + b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readline(), 20) == b"HTTP/1.1 200 OK\r\n"


async def test_a_stream_that_does_not_end_ends_with_the_server(caplog):
    settings = {"lifespan": "off", "log_config": None, "timeout_graceful_shutdown": 10}
    server = uvicorn.Server(uvicorn.Config(app, port=0, http="cairn.web.wire:Wire", **settings))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readuntil(b"begun")
    server.should_exit = True
    await asyncio.wait_for(running, 5)
    assert await reader.read() == b"\r\n"
    assert "ERROR" not in caplog.text
    writer.transport.abort()
