"""Discovery and keys: fetched seldom, kept while the provider is away, dropped when it drops them."""

import asyncio
import dataclasses
import gzip
import socket
import time

import pytest
import uvicorn
from httpx2 import ASGITransport

from cairn.identity.issuer import FRESH, LOOK_AGAIN, RETRY, TRUSTED, Issuer
from cairn.identity.outbound import BoundedTransport, ProviderError, get_json
from identity.conftest import opened
from identity.hostile import ISSUER, RSA_1, RSA_2, HostileProvider, hangs, says, signed


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def issuer(provider, idp, clock):
    found = Issuer(provider, ASGITransport(idp), clock)
    yield found
    await found.aclose()


@pytest.fixture
async def warm(house, clock):
    """A house whose issuer has its keys and goes by our clock."""
    house.issuer._clock = clock
    await house.issuer.metadata()
    return house


async def status(house, token):
    return (await house.browser().ask(headers={"authorization": f"Bearer {token}"})).status_code


async def test_08_sixty_made_up_key_ids_cost_one_fetch(warm, idp):
    fetched = idp.asked["/jwks"]
    for number in range(60):
        assert await status(warm, signed(idp.access_claims(), typ="at+jwt", kid=f"made-up-{number}")) == 401
    assert idp.asked["/jwks"] == fetched + 1


async def test_08_sixty_at_once_too(warm, idp):
    fetched = idp.asked["/jwks"]
    tokens = [signed(idp.access_claims(), typ="at+jwt", kid=f"made-up-{number}") for number in range(60)]
    assert set(await asyncio.gather(*(status(warm, token) for token in tokens))) == {401}
    assert idp.asked["/jwks"] == fetched + 1


async def test_08_a_rotation_is_noticed_with_its_first_token(warm, idp):
    for key in (RSA_2, RSA_1, RSA_2):
        idp.keys = [key]
        assert await status(warm, signed(idp.access_claims(), key=key, typ="at+jwt")) == 200


async def test_08_a_rotation_is_noticed_soon_after_made_up_ids(warm, idp, clock):
    await status(warm, signed(idp.access_claims(), typ="at+jwt", kid="made-up"))
    idp.keys = [RSA_2]
    rotated = signed(idp.access_claims(), key=RSA_2, typ="at+jwt")
    assert await status(warm, rotated) == 401
    clock.now += LOOK_AGAIN + 0.1
    assert await status(warm, rotated) == 200
    assert LOOK_AGAIN <= 10


async def test_08_a_dropped_key_is_dropped_with_the_next_fetch_also_for_tokens_seen_before(warm, idp):
    before = idp.access_token()
    assert await status(warm, before) == 200
    idp.keys = [RSA_2]
    assert await status(warm, signed(idp.access_claims(), key=RSA_2, typ="at+jwt")) == 200
    assert await status(warm, before) == 401
    assert await status(warm, idp.access_token()) == 401


async def test_08_keys_are_fetched_anew_in_time_beside_the_request_that_notices(warm, idp, clock):
    before = idp.access_token()
    assert await status(warm, before) == 200
    idp.keys = [RSA_2]
    clock.now += FRESH + 1
    assert await status(warm, before) == 200
    await asyncio.sleep(0.05)
    assert await status(warm, before) == 401


async def test_09_keys_that_cannot_be_had_are_503_when_cold(house, idp):
    for instead in (says(500), says(200, b"no"), says(404)):
        idp.instead["/jwks"] = instead
        house.issuer._failed = float("-inf")
        answer = await house.browser().ask(headers={"authorization": f"Bearer {idp.access_token()}"})
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert answer.headers["retry-after"] == "5"


async def test_09_a_warm_cache_works_and_a_cold_one_recovers(house, idp, clock):
    house.issuer._clock = clock
    idp.instead["/jwks"] = says(503)
    assert await status(house, idp.access_token()) == 503
    del idp.instead["/jwks"]
    assert await status(house, idp.access_token()) == 503
    clock.now += RETRY + 0.1
    assert await status(house, idp.access_token()) == 200
    idp.instead["/jwks"] = idp.instead["/.well-known/openid-configuration"] = says(503)
    for _ in range(5):
        clock.now += FRESH + 1
        assert await status(house, idp.access_token()) == 200
        await asyncio.sleep(0.02)
    clock.now += TRUSTED
    assert await status(house, idp.access_token()) == 503
    assert RETRY < 10


async def test_09_sixteen_cold_requests_at_once_make_one_fetch(house, idp):
    tokens = [idp.access_token() for _ in range(16)]
    assert await asyncio.gather(*(status(house, token) for token in tokens)) == [200] * 16
    assert idp.asked["/jwks"] == idp.asked["/.well-known/openid-configuration"] == 1


async def test_09_sixteen_cold_requests_that_fail_make_one_fetch_too(house, idp):
    idp.instead["/jwks"] = says(503)
    tokens = [idp.access_token() for _ in range(16)]
    assert await asyncio.gather(*(status(house, token) for token in tokens)) == [503] * 16
    assert idp.asked["/jwks"] == 1


async def test_09_whoever_gives_up_waiting_does_not_spoil_it_for_the_others(issuer):
    first = asyncio.create_task(issuer.metadata())
    await asyncio.sleep(0)
    second = asyncio.create_task(issuer.metadata())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).token_endpoint == f"{ISSUER}/token"


@pytest.mark.parametrize(
    "named", ["https://idp.test/", "https://IDP.test", "http://idp.test", "https://evil.test", "", None, 7]
)
async def test_21_discovery_of_another_issuer_is_refused(issuer, idp, named):
    idp.discovery = {"issuer": named}
    with pytest.raises(ProviderError, match="another issuer"):
        await issuer.metadata()


async def test_13_what_is_compressed_is_not_unfolded(issuer, idp):
    folded = gzip.compress(b'{"padding": "' + b" " * 50_000_000 + b'"}')
    assert len(folded) < 100_000
    idp.instead["/.well-known/openid-configuration"] = says(200, folded, content_encoding="gzip")
    with pytest.raises(ProviderError, match="compressed"):
        await issuer.metadata()


@pytest.mark.parametrize("field", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "address",
    [
        None,
        7,
        "",
        "/relative",
        "http://idp.test/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https:///x",
    ],
)
async def test_13_addresses_that_lead_nowhere_good_are_refused(issuer, idp, field, address):
    idp.discovery = {field: address}
    with pytest.raises(ProviderError):
        await issuer.metadata()


async def test_a_development_provider_is_refused_in_production(provider, idp):
    idp.discovery = {"cairn_development": True}
    issuer = Issuer(dataclasses.replace(provider, development=False), ASGITransport(idp))
    with pytest.raises(ProviderError, match="production"):
        await issuer.metadata()


class Served:
    """An application on loopback: real connections, real time."""

    def __init__(self, app):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))

    async def __aenter__(self):
        self.task = asyncio.create_task(self.server.serve(sockets=[self.socket]))
        return self.url

    async def __aexit__(self, *_):
        self.server.should_exit = self.server.force_exit = True
        await self.task


class Flood:
    def __init__(self):
        self.sent = 0

    async def __call__(self, _scope, receive, send):
        await receive()
        gone = asyncio.create_task(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while self.sent < 500_000_000 and not gone.done():
            await send({"type": "http.response.body", "body": b" " * 65_536, "more_body": True})
            self.sent += 65_536
            await asyncio.sleep(0)


async def test_13_over_the_network_a_flood_is_cut_off():
    flood = Flood()
    async with Served(flood) as url:
        transport = BoundedTransport()
        with pytest.raises(ProviderError, match="too long"):
            await get_json(transport, url)
        await transport.aclose()
    assert flood.sent < 50_000_000


async def test_13_over_the_network_an_answer_that_does_not_come_is_not_waited_for():
    async with Served(hangs) as url:
        transport = BoundedTransport()
        began = time.monotonic()
        with pytest.raises(ProviderError) as caught:
            await get_json(transport, url)
        await transport.aclose()
    assert caught.value.unavailable
    assert time.monotonic() - began < 5


async def test_13_over_the_network_nobody_there_is_said_at_once():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    transport = BoundedTransport()
    with pytest.raises(ProviderError) as caught:
        await get_json(transport, f"http://127.0.0.1:{port}")
    await transport.aclose()
    assert caught.value.unavailable


async def test_over_the_network_somebody_signs_in(database, people, schema, provider):
    idp = HostileProvider("http://placeholder")
    async with Served(idp) as url:
        idp.issuer = url
        there = dataclasses.replace(provider, issuer=url)
        async with opened(database, schema, [there], idp, transport=None) as house:
            browser = house.browser()
            await browser.sign_in()
            assert await browser.who() == f"employee:{people.ada}"
