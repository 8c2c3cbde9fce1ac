"""What a stranger's credential points to is fetched with care: not from everywhere, and not for ever."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from cairn.credentials import fetch
from cairn.credentials.report import Unavailable


@asynccontextmanager
async def answering(*answers):
    """A server that gives each answer in turn; its address, and what it was asked."""
    left, asked = list(answers), []

    async def answer(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(left.pop(0).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def ok(body, *headers):
    return "\r\n".join(["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers, "", body])


async def test_an_answer_is_asked_for_once():
    async with answering(ok("{}")) as (address, asked):
        web = fetch.Web(anywhere=True)
        assert [await web.get(address), await web.get(address)] == [b"{}", b"{}"]
        [head] = asked
        assert "accept-encoding: identity" in head.lower()


async def test_a_redirect_is_followed_but_not_for_ever():
    move = "HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n"
    async with answering(move, ok("there")) as (address, _):
        assert await fetch.Web(anywhere=True).get(address) == b"there"
    async with answering(*[move] * 9) as (address, asked):
        with pytest.raises(Unavailable, match="leads on and on"):
            await fetch.Web(anywhere=True).get(address)
        assert len(asked) == fetch.REDIRECTS + 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "status 404"),
        (ok("x", "content-encoding: gzip"), "compressed"),
        (ok("x" * 2000), "more than can be read"),
        ("nonsense\r\n\r\n", "does not answer"),
    ],
)
async def test_an_answer_that_is_none(answer, says, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_BYTES", 1000)
    async with answering(answer) as (address, _):
        with pytest.raises(Unavailable, match=says):
            await fetch.Web(anywhere=True).get(address)


async def test_who_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(fetch, "SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(Unavailable, match=r"in time|does not answer"):
            await fetch.Web(anywhere=True).get(f"http://127.0.0.1:{silent.getsockname()[1]}")


PRIVATE = [
    *("127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
    *("224.0.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1"),
    *("2002:0a00:0001::1", "64:ff9b:1::1", "64:ff9b::7f00:1", "::127.0.0.1", "fec0::1", "2001:0:7f00:1::"),
]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("beside", [None, "93.184.215.14"])
async def test_a_name_that_leads_into_a_private_network_is_not_followed(address, beside, monkeypatch):
    """Also where only one of its addresses does."""
    answers = [(0, 0, 0, "", (each, 443)) for each in (beside, address) if each]

    async def looked_up(*_, **__):
        return answers

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up, raising=False)
    with pytest.raises(Unavailable, match="private network"):
        await fetch.Web().get("https://example.com/badge")


async def test_the_connection_goes_where_was_looked(monkeypatch):
    asked = []

    async def looked_up(host, port, **_):
        asked.append((host, port))
        return [(0, 0, 0, "", ("93.184.215.14", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up, raising=False)
    target, headers, extensions = await fetch.Web()._pinned("https://example.com:8443/a?b#c")
    assert asked == [("example.com", 8443)]
    assert target == "https://93.184.215.14:8443/a?b"
    assert headers["host"] == "example.com:8443"
    assert extensions == {"sni_hostname": "example.com"}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "file:///etc/passwd",
        "https://me:pw@example.com/",
        "https:///x",
        "x",
        "https://[::1",
    ],
)
async def test_only_https_is_followed(url):
    with pytest.raises(Unavailable, match=r"is not fetched|is no address"):
        await fetch.Web().get(url)


HOSTILE = ("https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://127.1/")


@pytest.mark.parametrize("url", HOSTILE)
async def test_an_address_written_otherwise_is_the_same_address(url):
    with pytest.raises(Unavailable, match=r"private network|There is no host"):
        await fetch.Web().get(url)


@pytest.mark.parametrize(
    "location",
    [
        *HOSTILE,
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/latest/meta-data",
        "//localhost/",
        "http://example.com/",
        "file:///etc/passwd",
    ],
)
async def test_where_a_redirect_leads_is_looked_at_like_the_first_address(location, monkeypatch):
    asked = fetch.Web._asked

    async def moved(self, client, url):
        return location if url == "https://example.com/badge" else await asked(self, client, url)

    monkeypatch.setattr(fetch.Web, "_asked", moved)
    with pytest.raises(Unavailable, match=r"private network|There is no host|is not fetched"):
        await fetch.Web().get("https://example.com/badge")
