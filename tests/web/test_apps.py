"""Apps outside that act for a person: registering, consenting, tokens, and how it ends.

The app is Authlib's client, the person a browser with a session, the server a real one.
"""

import asyncio
import os
import re
import socket
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError

from browser import chromium, keeps_nobody_out, tab
from cairn.access.viewer import system
from cairn.db.ranges import now
from cairn.identity.apps import forget_apps
from cairn.identity.leavers import end_access_of_leavers
from cairn.people import leaving
from web.apps import (
    ALL,
    API,
    ASKED,
    BACK,
    READ,
    App,
    connected,
    decided,
    kept,
    minor,
    registered,
    said,
)
from world import id_of

WRONG_REQUESTS = {
    "no PKCE": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request"),
    "a method left out": ({"code_challenge_method": None}, "invalid_request"),
    "a challenge too short": ({"code_challenge": "short"}, "invalid_request"),
    "no state": ({"state": None}, "invalid_request"),
    "the implicit flow": ({"response_type": "token"}, "unsupported_response_type"),
    "a scope it has not": ({"scope": "scim"}, "invalid_scope"),
    "nothing to open": ({"scope": "offline_access"}, "invalid_scope"),
}


@pytest.mark.parametrize("what", WRONG_REQUESTS)
async def test_a_request_that_is_wrong_is_told_to_the_app(house, what):
    changes, error = WRONG_REQUESTS[what]
    app, browser = await registered(house), await house.browser("Cleo")
    given = {name: value for name, value in {**said(app.ask()), **changes}.items() if value is not None}
    stranger = await house.client().get("/oauth/authorize", params=given)
    assert stranger.headers["location"].startswith("/auth/login?"), "nobody unknown is led to another site"
    page = await browser.get("/oauth/authorize", params=given)
    [link] = re.findall(r'<a href="([^"]+)" rel="noreferrer">Back to wallet.example</a>', page.text)
    answer = await browser.post("/oauth/authorize", data={**given, "decision": "allow"})
    assert (page.status_code, answer.status_code) == (400, 303)
    assert unescape(link) == answer.headers["location"]
    assert answer.headers["location"].startswith(f"{BACK}?")
    told = said(answer.headers["location"])
    assert (told["error"], told["iss"], "code" in told) == (error, house.address, False)
    assert await house.rows("select 1 from connected_app") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": f"{BACK}/more"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": "https://wallet.example.evil.example/back"},
        {"redirect_uri": None},
        {"client_id": str(id_of("nobody"))},
        {"client_id": "x"},
        {"client_id": None},
    ],
)
async def test_nobody_is_sent_where_the_app_has_not_registered(house, changes):
    app, browser = await registered(house), await house.browser("Cleo")
    given = {name: value for name, value in {**said(app.ask()), **changes}.items() if value is not None}
    for answer in (
        await browser.get("/oauth/authorize", params=given),
        await browser.post("/oauth/authorize", data={**given, "decision": "allow"}),
    ):
        assert (answer.status_code, answer.headers.get("location")) == (400, None)
    twice = await browser.get(f"{app.ask()}&redirect_uri=https://evil.example")
    assert twice.status_code == 400
    assert await house.rows("select 1 from connected_app") == []


async def test_only_a_signed_in_person_consents_and_only_on_our_page(house):
    app, browser = await registered(house), await house.browser("Cleo")
    asked = app.ask()
    answer = await house.client().get(asked)
    assert answer.status_code == 303
    assert said(answer.headers["location"])["next"] == asked.removeprefix(house.address)
    given = {**said(asked), "decision": "allow"}
    cookie = {"cookie": browser.headers["cookie"]}
    elsewhere = house.client(headers=cookie)
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {}):
        answer = await elsewhere.post("/oauth/authorize", data=given, headers=headers)
        assert (answer.status_code, answer.headers.get("location")) == (403, None), headers
        answer = await elsewhere.post("/me/apps", data={"app": "x"}, headers=headers)
        assert answer.status_code == 403
    by_link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert (await elsewhere.get(asked, headers=by_link)).status_code == 403
    opened = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert (await elsewhere.get(asked, headers=opened)).status_code == 200
    bearer = {"authorization": "Bearer x"}
    answer = await browser.post("/oauth/authorize", data=given, headers=bearer)
    assert answer.status_code == 403
    assert await house.rows("select 1 from connected_app") == []
    refused = said(await decided(browser, asked, "deny"))
    assert (refused["error"], refused["state"], "code" in refused) == (
        "access_denied",
        said(asked)["state"],
        False,
    )
    assert await house.rows("select 1 from connected_app") == []


async def token_error(app: App, back: str, **more: str) -> str:
    with pytest.raises(OAuthError) as raised:
        await app.tokens(back, **more)
    return str(raised.value.error)


async def test_a_code_is_for_one_app_one_address_one_verifier_and_one_time(house):
    app, other, browser = await registered(house), await registered(house), await house.browser("Cleo")
    back = await decided(browser, app.ask())
    before = await kept(house)
    assert await token_error(other, back) == "invalid_grant"
    assert await token_error(app, back, redirect_uri="https://evil.example") == "invalid_grant"
    assert await token_error(app, back, code_verifier=generate_token(48)) == "invalid_grant"
    assert await token_error(app, back, code_verifier="") == "invalid_grant"
    assert await token_error(app, back, scope=f"{ALL} scim") == "invalid_scope"
    assert await token_error(app, f"{BACK}?code=nonsense&state=x") == "invalid_grant"
    impostor = App(house, {**app.told, "client_secret": "guessed"})
    assert await token_error(impostor, back, code_verifier=app.verifier) == "invalid_client"
    assert await kept(house) == before, "nothing was changed by any of these"
    await app.tokens(back)
    assert (await app.get("/credentials")).status_code == 200
    assert await token_error(app, back) == "invalid_grant"
    assert minor(await app.get("/credentials"))[0] == 401, "whoever has the code may have the tokens"
    [(ending,)] = await house.rows("select ending from connected_app")
    assert ending == "MISUSED"
    [(by, told)] = await house.rows("select viewer, after from audit_entry where verb = 'app.disconnect'")
    assert (by, told) == ("app:Wallet", {"ending": "MISUSED"})

    late = await decided(browser, app.ask())
    await house.rows("update app_code set expires_at = now() - interval '1 second'")
    assert await token_error(app, late) == "invalid_grant"


async def test_a_refresh_token_is_for_once_and_twice_ends_the_connection(house):
    app = await connected(house)
    url = f"{house.address}/oauth/token"
    first = dict(app.client.token)
    await app.client.refresh_token(url)
    second = dict(app.client.token)
    assert first["refresh_token"] != second["refresh_token"]
    assert (await app.get("/credentials")).status_code == 200
    old = {"authorization": f"Bearer {first['access_token']}"}
    assert minor(await house.client().get(f"{API}/credentials", headers=old))[0] == 401
    other = await registered(house)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await other.client.refresh_token(url, second["refresh_token"])
    assert (await app.get("/credentials")).status_code == 200, "another app's attempt ends nothing"
    with pytest.raises(OAuthError, match="invalid_grant"):
        await app.client.refresh_token(url, first["refresh_token"])
    assert minor(await app.get("/credentials"))[0] == 401
    with pytest.raises(OAuthError, match="invalid_grant"):
        await app.client.refresh_token(url, second["refresh_token"])
    assert await house.rows("select ending from connected_app") == [("MISUSED",)]


async def test_without_offline_access_it_ends_with_the_hour(house):
    app = await connected(house, scope=READ)
    assert "refresh_token" not in app.client.token
    await house.rows("update app_token set expires_at = now()")
    assert minor(await app.get("/credentials"))[0] == 401
    async with house.database.transaction() as tx:
        await forget_apps(tx, now())
    assert await house.rows("select 1 from app_token") == []


async def test_an_app_gives_up_what_it_has(house):
    app, other = await connected(house), await registered(house)
    url, held = f"{house.address}/oauth/revoke", dict(app.client.token)
    answer = await other.client.revoke_token(url, held["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await other.client.revoke_token(url, "nonsense")).status_code == 200
    assert (await app.get("/credentials")).status_code == 200
    assert (await app.client.revoke_token(url, held["access_token"])).status_code == 200
    answer = await house.client().get(
        f"{API}/credentials", headers={"authorization": f"Bearer {held['access_token']}"}
    )
    assert minor(answer)[0] == 401
    await app.client.refresh_token(f"{house.address}/oauth/token", held["refresh_token"])
    assert (await app.client.revoke_token(url, app.client.token["refresh_token"])).status_code == 200
    assert await house.rows("select ending from connected_app") == [("BY_APP",)]
    anybody = await house.client().post(
        "/oauth/revoke", data={"token": "x", "client_id": app.told["client_id"]}
    )
    assert (anybody.status_code, anybody.json()["error"]) == (401, "invalid_client")


CONNECTED = """
{ viewer { connectedApps { nodes {
  id scopes ending usedAt app { name redirectUris policyUri }
} } } }
"""
DISCONNECT = """
mutation ($input: DisconnectAppInput!) {
  disconnectApp(input: $input) { __typename ... on ConnectedApp { ending } ... on Refusal { message } }
}
"""


async def test_the_person_sees_the_app_and_ends_it_in_the_graph_or_on_a_page(house, ask, world):
    app = await connected(house, scope=f"{READ} offline_access")
    await app.get("/credentials")
    cleo, ben = world.viewer("Cleo"), world.viewer("Ben")
    [found] = (await ask(CONNECTED, viewer=cleo))["viewer"]["connectedApps"]["nodes"]
    assert found["app"] == {
        "name": "Wallet",
        "redirectUris": [BACK],
        "policyUri": "https://wallet.example/privacy",
    }
    assert (found["scopes"], found["ending"]) == (["READ_CREDENTIALS", "OFFLINE"], None)
    assert found["usedAt"] is not None
    assert (await ask(CONNECTED, viewer=ben))["viewer"]["connectedApps"]["nodes"] == []
    refused = await ask.do(DISCONNECT, {"connectedApp": found["id"]}, viewer=ben)
    assert refused["__typename"] == "NotFound"
    assert (await app.get("/credentials")).status_code == 200
    ended = await ask.do(DISCONNECT, {"connectedApp": found["id"]}, viewer=cleo)
    assert ended == {"__typename": "ConnectedApp", "ending": "BY_PERSON"}
    assert minor(await app.get("/credentials"))[0] == 401
    with pytest.raises(OAuthError, match="invalid_grant"):
        await app.client.refresh_token(f"{house.address}/oauth/token")

    again = await connected(house)
    browser = await house.browser("Cleo")
    page = await browser.get("/me/apps")
    [which] = re.findall(r'name="app" value="([^"]+)"', page.text)
    assert "wallet.example" in page.text
    of_another = await (await house.browser("Ben")).post("/me/apps", data={"app": which})
    assert of_another.status_code == 404
    assert (await again.get("/credentials")).status_code == 200
    assert (await browser.post("/me/apps", data={"app": which})).status_code == 303
    assert minor(await again.get("/credentials"))[0] == 401
    assert "No app acts for you" in (await browser.get("/me/apps")).text


async def test_connecting_anew_replaces_the_earlier_connection(house):
    app = await connected(house)
    held = {"authorization": f"Bearer {app.client.token['access_token']}"}
    await app.tokens(await decided(await house.browser("Cleo"), app.ask(READ)))
    assert minor(await house.client().get(f"{API}/credentials", headers=held))[0] == 401
    assert (await app.get("/credentials")).status_code == 200
    rows = await house.rows("select ending from connected_app order by connected_at")
    assert rows == [("REPLACED",), (None,)]


async def test_who_leaves_is_out_at_once_and_stays_so(house):
    app = await connected(house)
    late = await decided(await house.browser("Cleo"), (other := await registered(house)).ask())
    yesterday = now().date() - timedelta(days=1)
    async with house.database.transaction() as tx:
        await leaving.terminate(tx, system("feed"), employee=id_of("Cleo"), last_day=yesterday)
    assert minor(await app.get("/credentials"))[0] == 401
    with pytest.raises(OAuthError, match="invalid_grant"):
        await app.client.refresh_token(f"{house.address}/oauth/token")
    assert await token_error(other, late) == "invalid_grant"
    assert await house.rows("select 1 from connected_app where ended_at is not null") == [], "no job has run"
    async with house.database.transaction() as tx:
        await end_access_of_leavers(tx, now())
    assert await house.rows("select ending from connected_app") == [("LEFT",), ("LEFT",)]
    assert await house.rows("select 1 from app_token") == []


WRONG_REGISTRATIONS = [
    ({"redirect_uris": None}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": ["http://wallet.example/back"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://wallet.example/back#x"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://a@wallet.example/"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://wallet.example/;\r\nx"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://wallet.example:99999/"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["/back"]}, "invalid_redirect_uri"),
    ({"redirect_uris": [BACK] * 11}, "invalid_redirect_uri"),
    ({"client_name": None}, "invalid_client_metadata"),
    ({"client_name": "Cairn\N{RIGHT-TO-LEFT OVERRIDE}"}, "invalid_client_metadata"),
    ({"client_name": "x" * 101}, "invalid_client_metadata"),
    ({"client_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
    ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
    ({"response_types": ["token"]}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ({"scope": "offline_access"}, "invalid_client_metadata"),
    ({"software_statement": "a.b.c"}, "unapproved_software_statement"),
]


@pytest.mark.parametrize(("changes", "error"), WRONG_REGISTRATIONS)
async def test_what_an_app_cannot_be_is_refused(house, changes, error):
    given = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}
    answer = await house.client().post("/oauth/register", json=given)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert await house.rows("select 1 from app") == []


async def test_an_app_that_keeps_no_secret_has_pkce_alone(house):
    app = await connected(house, token_endpoint_auth_method="none", redirect_uris=["http://127.0.0.1:4711/"])
    assert "client_secret" not in app.told
    assert (await app.get("/credentials")).status_code == 200
    stolen = await house.client().post(
        "/oauth/token",
        data={"grant_type": "refresh_token", "refresh_token": app.client.token["refresh_token"]},
    )
    assert stolen.status_code == 401


async def test_apps_with_which_nobody_connects_are_forgotten(house):
    await connected(house)
    await registered(house)
    await house.rows("update app set registered_at = now() - interval '31 days'")
    async with house.database.transaction() as tx:
        await forget_apps(tx, now())
    assert len(await house.rows("select 1 from app")) == 1


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_a_person_allows_it_in_a_browser(house, node, tmp_path):
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    axe = (node / "node_modules" / "axe-core" / "axe.min.js").read_text()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        back = f"http://127.0.0.1:{held.getsockname()[1]}/back"
        app = await registered(house, client_name="Wallet of Achievements", redirect_uris=[back])
        arrived: list[str] = []

        async def theirs(scope: Any, _receive: Any, send: Any) -> None:
            arrived.append(f"{scope['path']}?{scope['query_string'].decode()}")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"<title>Wallet</title>"})

        server = uvicorn.Server(uvicorn.Config(theirs, lifespan="off", log_config=None))
        held.listen()
        task = asyncio.create_task(server.serve(sockets=[held]))
        async with tab() as opened:
            await opened.call("Network.enable")
            cookie = {"name": "__Host-cairn", "value": await house.session("Cleo"), "secure": True}
            await opened.call("Network.setCookie", url=house.address, path="/", httpOnly=True, **cookie)

            await keeps_nobody_out(opened, axe, pictures / "consent", app.ask())
            await keeps_nobody_out(opened, axe, pictures / "about", f"{house.address}/oauth/about")
            await opened.open(app.ask())
            await opened.press("Allow")
            await opened.until("document.title === 'Wallet'")
            await keeps_nobody_out(opened, axe, pictures / "apps", f"{house.address}/me/apps")
            [came] = [each for each in arrived if each.startswith("/back")]
            await app.tokens(back.removesuffix("/back") + came)
            assert (await app.get("/credentials")).status_code == 200
            await opened.press("Disconnect")
            await opened.until("document.body.textContent.includes('No app acts for you')")
            assert minor(await app.get("/credentials"))[0] == 401
            assert opened.said == []
        server.should_exit = True
        await task
