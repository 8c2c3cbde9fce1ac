"""How often somebody may ask; processes share what they count."""

import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.app import application
from cairn.identity.rates import Kind, Rates
from cairn.settings import Settings, settings
from graph.talk import talking
from identity.conftest import SITE


@pytest.fixture
def minute(monkeypatch):
    """The same minute for as long as a test takes; 50 seconds are left of it."""
    clock = [1_700_000_050.0 - 1_700_000_050.0 % 60 + 10]
    monkeypatch.setattr("cairn.identity.rates.time.time", lambda: clock[0])
    return clock


async def test_processes_share_a_limit_and_it_outlives_a_restart(database, minute):
    found = Settings(rate_person=10)
    one, two = Rates(database, found), Rates(database, found)
    assert [one.count(Kind.PERSON, "ada") for _ in range(6)] == [0] * 6
    assert [two.count(Kind.PERSON, "ada") for _ in range(5)] == [0] * 5
    await one.settle()
    await two.settle()
    assert two.count(Kind.PERSON, "ada") == 50
    assert two.count(Kind.PERSON, "ben") == 0
    assert two.count(Kind.TOKEN, "ada") == 0
    await one.aclose()
    await two.aclose()
    again = Rates(database, found)
    assert again.count(Kind.PERSON, "ada") == 0
    await again.aclose()
    assert again.count(Kind.PERSON, "ada") == 50
    minute[0] += 50
    assert again.count(Kind.PERSON, "ada") == 0
    await again.aclose()


@pytest.mark.usefixtures("minute")
async def test_zero_is_any_number(database):
    rates = Rates(database, Settings(rate_person=0))
    assert {rates.count(Kind.PERSON, "ada") for _ in range(100)} == {0}
    await rates.aclose()


async def test_each_operation_on_a_socket_is_counted_and_one_too_many_is_told_so(house, minute):
    browser = house.browser()
    await browser.sign_in()
    rates = house.door._rates = Rates(house.database, Settings(rate_person=4))
    headers = [("cookie", f"__Host-cairn={browser.session}"), ("origin", SITE)]
    who = "{ viewer { name } }"
    async with talking(house.socket, headers=headers) as talk:  # the first
        assert [(await talk.ask(who))["data"]["viewer"]["name"] for _ in range(3)] == [
            f"employee:{house.people.ada}"
        ] * 3
        talk.subscribe(who)
        told = await talk.hear()
        assert told["type"] == "error"
        assert told["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert (await browser.ask(who)).status_code == 429
        minute[0] += 60
        assert (await talk.ask(who))["data"]["viewer"]
    headers = {"authorization": f"Bearer {house.idp.access_token()}"}
    while not rates.spent(Kind.PERSON, f"employee:{house.people.ada}"):
        rates.count(Kind.PERSON, f"employee:{house.people.ada}")
    async with talking(house.socket, init=False) as talk:
        await talk.raw()
        talk.say({"type": "connection_init", "payload": headers})
        assert await talk.hear() == (1013, "too many requests; try again in 50 seconds")
    await rates.aclose()


@pytest.fixture
async def http(database, monkeypatch, minute):  # noqa: ARG001  # the time stands still
    """The whole application, with little patience."""
    monkeypatch.setenv("CAIRN_RATE_FAILURES", "3")
    monkeypatch.setenv("CAIRN_RATE_SIGN_IN", "2")
    monkeypatch.setenv("CAIRN_RATE_ADDRESS", "5")
    settings.cache_clear()
    app = application(database, [], SITE)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app, client=("198.51.100.7", 1)), base_url=SITE) as client,
    ):
        yield client
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
async def test_credentials_that_do_not_hold_are_soon_not_looked_at(http, media_type):
    headers = {"authorization": "Bearer cairn_" + "x" * 43, "accept": media_type}
    answers = [
        await http.post("/graphql", headers=headers, json={"query": "{ viewer { name } }"}) for _ in range(4)
    ]
    assert [each.status_code for each in answers] == [401, 401, 401, 429]
    last = answers[-1]
    assert last.headers["retry-after"] == "50"
    assert last.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert last.json() == {
        "errors": [
            {
                "message": "too many requests; try again in 50 seconds",
                "extensions": {"code": "RATE_LIMITED"},
            }
        ]
    }


async def test_signing_in_is_limited_by_address_with_a_page(http):
    answers = [await http.get("/auth/login") for _ in range(3)]
    assert [each.status_code for each in answers] == [503, 503, 429]
    assert answers[-1].headers["retry-after"] == "50"
    assert "Try again in 50 seconds." in answers[-1].text


async def test_what_anybody_may_see_is_limited_by_address(http):
    paths = ["/verify", "/static/cairn.svg", "/credentials/nothing", "/auth/logout", "/issuer"]
    assert 429 not in {(await http.get(path)).status_code for path in paths}
    for path in paths:
        answer = await http.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "50"), path
    assert "Try again in 50 seconds." in answer.text
    answer = await http.post("/auth/backchannel-logout", data={"logout_token": "x"})
    assert answer.status_code == 429
    assert (await http.get("/healthz")).status_code == 200
    assert (await http.post("/graphql", json={"query": "{ viewer { name } }"})).status_code == 401
