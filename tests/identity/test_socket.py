"""WebSockets: let in from here alone, with the credentials of a request, and for as long as they hold."""

import asyncio
import json
import time

import pytest

from cairn.graph.http import Endpoint
from cairn.jobs.live import Live
from graph.talk import talking
from graph.test_live import reading
from identity.conftest import SITE, ago
from identity.hostile import In, signed
from identity.people import terminate

WHO = "{ viewer { name } }"


@pytest.fixture
async def browser(house):
    found = house.browser()
    await found.sign_in()
    return found


def cookie(browser):
    return ("cookie", f"__Host-cairn={browser.session}")


def from_here(browser):
    return [cookie(browser), ("origin", SITE)]


async def turned(house, headers):
    """The status that a handshake is answered with."""
    async with talking(house.socket, headers=headers, init=False) as talk:
        answer = await talk.raw()
        assert answer["type"] == "websocket.http.response.start", answer
        return answer["status"]


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["https://evil.test"],
        ["null"],
        [""],
        ["https://sub.cairn.test"],
        ["https://cairn.test.evil.test"],
        ["https://cairn.test:8443"],
        ["http://cairn.test"],
        [SITE, "https://evil.test"],
    ],
    ids=str,
)
async def test_28_a_socket_with_a_cookie_must_come_from_here(house, browser, origins):
    assert await turned(house, [cookie(browser), *(("origin", each) for each in origins)]) == 403
    async with talking(house.socket, headers=from_here(browser)) as talk:
        assert (await talk.ask(WHO))["data"]["viewer"]["name"] == f"employee:{house.people.ada}"


async def test_28_the_address_is_the_one_of_http(house, browser):
    async with talking(house.app, headers=from_here(browser)) as talk:
        assert (await talk.ask(WHO))["data"]["viewer"]["name"] == f"employee:{house.people.ada}"


async def test_28_a_socket_that_says_nothing_ends_when_its_session_does(house, browser):
    async with talking(house.socket, headers=from_here(browser)) as talk:
        await browser.post("/auth/logout")
        assert await talk.hear() == (4401, "Unauthorized")


ENDINGS = {
    "it grew old": "update session set expires_at = now()",
    "it idled away": "update session set seen_at = now() - interval '3 hours'",
    "somebody ended it": "update session set ended_at = now(), ending = 'ENDED'",
}


@pytest.mark.parametrize("how", ENDINGS)
async def test_28_however_it_ended(house, browser, how):
    async with talking(house.socket, headers=from_here(browser)) as talk:
        await house.sql(ENDINGS[how])
        assert await talk.hear() == (4401, "Unauthorized")


async def test_28_a_socket_of_who_has_left_ends(house, people, browser):
    async with talking(house.socket, headers=from_here(browser)) as talk:
        await terminate(house, people.ada)
        assert await talk.hear() == (4401, "Unauthorized")


async def test_28_what_is_asked_after_the_end_is_not_answered(house, browser):
    """Also where nobody has looked since."""
    slow = type(house.socket)(house.socket.answerer, house.door)
    async with talking(slow, headers=from_here(browser)) as talk:
        assert (await talk.ask(WHO))["data"]["viewer"]
        await browser.post("/auth/logout")
        talk.subscribe(WHO)
        assert await talk.hear() == (4401, "Unauthorized")


async def test_28_a_socket_does_not_keep_its_session_awake(house, browser):
    async with talking(house.socket, headers=from_here(browser)):
        await house.door.aclose()
        at = ago(minutes=30)
        await house.sql("update session set seen_at = :at", at=at)
        house.door._uses._when.keep(next(iter(house.door._sessions._items)), float("-inf"))
        await asyncio.sleep(0.2)  # a few looks at whether it holds
        await house.door.aclose()
        assert (await house.sql("select seen_at from session"))[0]["seen_at"] == at


async def test_28_rights_that_change_are_those_of_the_next_operation(house, browser):
    async with talking(house.socket, headers=from_here(browser)) as talk:
        await house.sql("update session set roles = array['AUDITOR', 'EMPLOYEE']")
        answer = await talk.ask("{ viewer { roles } }")
        assert answer["data"]["viewer"]["roles"] == ["AUDITOR", "EMPLOYEE"]


async def test_28_a_bearer_token_lets_in_from_anywhere_until_it_expires(house, idp, monkeypatch):
    headers = [
        ("authorization", f"Bearer {idp.access_token(exp=In(30))}"),
        ("origin", "https://elsewhere.test"),
    ]
    async with talking(house.socket, headers=headers) as talk:
        assert (await talk.ask(WHO))["data"]["viewer"]["name"] == f"employee:{house.people.ada}"
        real = time.time()
        monkeypatch.setattr(time, "time", lambda: real + 100)
        talk.subscribe(WHO)
        assert await talk.hear() == (4401, "Unauthorized")


async def test_28_a_programs_socket_ends_with_its_token(house, idp, monkeypatch):
    token = idp.access_token(sub="payroll", client_id="payroll", exp=In(1))
    async with talking(house.socket, headers=[("authorization", f"Bearer {token}")]) as talk:
        real = time.time()
        monkeypatch.setattr(time, "time", lambda: real + 100)  # clocks may differ by a minute
        assert await talk.hear() == (4401, "Unauthorized")


async def test_28_a_bad_bearer_with_a_good_cookie_is_refused(house, browser):
    assert await turned(house, [*from_here(browser), ("authorization", "Bearer nonsense")]) == 401


async def test_28_a_token_may_come_in_the_greeting_but_not_beside_a_cookie(house, browser, idp):
    payload = {"authorization": f"Bearer {idp.access_token()}"}
    async with talking(house.socket, payload=payload) as talk:
        assert (await talk.ask(WHO))["data"]["viewer"]["name"] == f"employee:{house.people.ada}"
    id_token = signed(idp.stamp(aud="https://cairn.test", client_id="x", jti="x"), typ="JWT")
    for headers, shown, end in (
        (from_here(browser), payload, 4403),
        ((), {"authorization": f"Bearer {id_token}"}, 4401),
    ):
        async with talking(house.socket, headers=headers, init=False) as talk:
            await talk.raw()
            talk.say({"type": "connection_init", "payload": shown})
            assert (await talk.hear())[0] == end


async def test_28_a_socket_without_any_credential_is_not_greeted(house):
    async with talking(house.socket, init=False, headers=[("origin", SITE)]) as talk:
        assert (await talk.raw())["type"] == "websocket.accept"
        talk.say({"type": "connection_init"})
        assert await talk.hear() == (4401, "Unauthorized")


async def test_28_an_event_stream_ends_when_its_session_does(house, browser):
    app = Endpoint(house.socket.answerer, house.door)
    app.streams.watch.seconds = 0.05
    query = "subscription { matrixChanged { at } }"
    headers = dict(from_here(browser))
    async with reading(app, query, **headers) as stream:
        assert "BAD_USER_INPUT" in (await stream.hear())["data"]
    async with reading(app, "subscription { syncRunProgress { id } }", **headers) as stream:
        assert (await stream.hear())["event"] == "complete"  # nothing is told to who may not read it
    app.streams.answerer.live = Live(house.database)
    async with reading(app, "subscription { assignmentChanged { id } }", **headers) as stream:
        while "id" not in await stream.hear(beats=True):
            pass
        await browser.post("/auth/logout")
        assert (
            json.loads((await stream.hear())["data"])["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        )
        assert (await stream.hear())["event"] == "complete"
        await stream.task
    await app.streams.answerer.live.aclose()
    async with reading(app, query, **headers) as stream:
        await stream.task
        assert stream.status == 401
