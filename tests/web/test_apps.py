"""Apps outside that act for a person: registering, consenting, tokens, the API of Open Badges 3.0.

The app is Authlib's client, the person a browser with a session, the server a real one.
"""

import asyncio
import json
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import AsyncClient
from jsonschema import Draft201909Validator
from sqlalchemy import text

import cairn
from browser import chromium, tab
from cairn.access.viewer import system
from cairn.app import SERVING, application
from cairn.db.ranges import now
from cairn.identity.apps import forget_apps
from cairn.identity.leavers import end_access_of_leavers
from cairn.identity.sessions import begin
from cairn.jobs.drain import drain
from cairn.people import leaving
from cairn.settings import settings
from credentials.earning import REVOKE, assess, award_of, define
from stored import stored
from web.test_outside import signed_outside
from world import id_of

PURL = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
READ, WRITE = f"{PURL}credential.readonly", f"{PURL}credential.upsert"
PROFILE, DESCRIBE = f"{PURL}profile.readonly", f"{PURL}profile.update"
ALL = f"{READ} {WRITE} {PROFILE} {DESCRIBE} offline_access"
BACK = "https://wallet.example/back"
API = "/ims/ob/v3p0"
SCHEMA = Path(cairn.__file__).parent / "credentials/data/schemas/ob_v3p0_achievementcredential_schema.json"
ASKED = {
    "client_name": "Wallet",
    "client_uri": "https://wallet.example",
    "policy_uri": "https://wallet.example/privacy",
    "redirect_uris": [BACK],
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": ALL,
}


@dataclass
class House:
    """A server, with people who can sign in."""

    address: str
    database: Any
    company: Any
    done: Any
    clients: list[Any] = field(default_factory=list)

    def client(self, **given: Any) -> AsyncClient:
        """Something that asks the server."""
        self.clients.append(AsyncClient(base_url=self.address, timeout=30, **given))
        return self.clients[-1]

    async def session(self, name: str) -> str:
        """What the cookie of a browser holds that somebody is signed in with."""
        async with self.database.transaction() as tx:
            return await begin(
                tx,
                employee=id_of(name),
                issuer="https://idp",
                subject=f"of {name}",
                sid=None,
                roles=self.company.viewer(name).roles,
                browser="Test browser",
            )

    async def browser(self, name: str) -> AsyncClient:
        """A browser that somebody is signed in with."""
        cookie = f"__Host-cairn={await self.session(name)}"
        return self.client(headers={"cookie": cookie, "origin": self.address})

    async def rows(self, statement: str, **given: Any) -> Any:
        """The rows of a statement."""
        async with self.database.transaction() as tx:
            found = await tx.execute(text(statement), given)
            return found.all() if found.returns_rows else None


@asynccontextmanager
async def running(app: Any, held: socket.socket) -> AsyncIterator[None]:
    """An application on a socket."""
    server = uvicorn.Server(uvicorn.Config(app, **{**SERVING, "loop": "none"}))
    held.listen()
    task = asyncio.create_task(server.serve(sockets=[held]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def house(database, world, url, monkeypatch):
    """The whole server, at its own address."""
    monkeypatch.setenv("CAIRN_RATE_FAILURES", "0")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        monkeypatch.setenv("CAIRN_PUBLIC_URL", address)
        settings.cache_clear()
        found = House(address, database, world, lambda: drain(database, url))
        async with running(application(database, [], address), held):
            yield found
            for each in found.clients:
                await each.aclose()
    settings.cache_clear()


class App:
    """An app outside: Authlib's client, and what it was told when it registered."""

    def __init__(self, house: House, told: dict[str, Any]) -> None:
        self.house = house
        self.told = told
        self.client = AsyncOAuth2Client(
            told["client_id"],
            told.get("client_secret"),
            token_endpoint_auth_method=told["token_endpoint_auth_method"],
            redirect_uri=told["redirect_uris"][0],
            code_challenge_method="S256",
            timeout=30,
        )
        house.clients.append(self.client)
        self.verifier = generate_token(48)

    def ask(self, scope: str = ALL, **more: str) -> str:
        """The address that it sends a person to."""
        url, _ = self.client.create_authorization_url(
            f"{self.house.address}/oauth/authorize", scope=scope, code_verifier=self.verifier, **more
        )
        return url

    async def tokens(self, back: str, **more: str) -> dict[str, Any]:
        """What it is given for what the browser came back with."""
        return await self.client.fetch_token(
            f"{self.house.address}/oauth/token",
            authorization_response=back,
            **{"code_verifier": self.verifier, **more},
        )

    async def get(self, path: str, **given: Any) -> Any:
        """Something of the API, with its token."""
        return await self.client.get(f"{self.house.address}{API}{path}", **given)


async def registered(house: House, **changes: Any) -> App:
    answer = await house.client().post("/oauth/register", json={**ASKED, **changes})
    assert answer.status_code == 201, answer.text
    return App(house, answer.json())


async def decided(browser: AsyncClient, url: str, decision: str = "allow") -> str:
    """Where the browser is sent once its person has pressed a button of the page."""
    page = await browser.get(url)
    assert page.status_code == 200, page.text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    given = {name: unescape(value) for name, value in fields.items()}
    answer = await browser.post("/oauth/authorize", data={**given, "decision": decision})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def connected(house: House, name: str = "Cleo", scope: str = ALL, **changes: Any) -> App:
    app = await registered(house, **changes)
    await app.tokens(await decided(await house.browser(name), app.ask(scope)))
    return app


def said(url: str) -> dict[str, str]:
    """What an address says in its query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def minor(answer: Any) -> tuple[int, str]:
    """The status of a refusal and the code that it says (appendix B.3.1)."""
    told = answer.json()
    assert (told["imsx_codeMajor"], set(told)) == (
        "failure",
        {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_codeMinor"},
    )
    [found] = told["imsx_codeMinor"]["imsx_codeMinorField"]
    return answer.status_code, found["imsx_codeMinorFieldValue"]


async def awarded(house: House, ask: Any, world: Any, code: str = "badge") -> str:
    """Cleo's badge, signed: its id."""
    sql, cleo = world.gid("Skill", "SQL"), world.gid("Employee", "Cleo")
    await define(ask, code, {"skill": {"id": sql, "level": 3}})
    await assess(ask, cleo, sql, 3)
    await house.done()
    return (await award_of(ask, cleo, code))["id"].removeprefix("Award:")


async def test_an_app_finds_all_it_needs_and_is_let_in_by_a_person(house, ask, world):
    id_ = await awarded(house, ask, world)
    found = (await house.client().get(f"{API}/discovery")).json()
    assert found["openapi"].startswith("3.0.")
    assert {"title", "version", "termsOfService", "x-imssf-privacyPolicyUrl"} <= found["info"].keys()
    scheme = found["components"]["securitySchemes"]["OAuth2ACG"]
    flow = scheme["flows"]["authorizationCode"]
    assert set(flow["scopes"]) == set(ALL.split())
    for path, item in found["paths"].items():
        assert (await house.client().get(f"{API}{path}")).status_code in {200, 401}, path
        assert all(each.get("security") for name, each in item.items() if path != "/discovery"), path

    answer = await house.client().post(scheme["x-imssf-registrationUrl"], json=ASKED)
    told = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert {name: told[name] for name in ASKED} == ASKED
    assert told["client_secret_expires_at"] == 0
    app = App(house, told)
    assert app.ask().startswith(flow["authorizationUrl"])
    browser = await house.browser("Cleo")
    page = await browser.get(app.ask())
    assert "<strong>Cleo Test</strong>" in page.text
    assert "Let Wallet act for you?" in page.text
    assert page.text.count("wallet.example</strong> may") == 1
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "form-action 'self' https://wallet.example;" in page.headers["content-security-policy"]

    back = await decided(browser, app.ask())
    assert back.startswith(f"{BACK}?")
    assert (said(back)["scope"], said(back)["iss"]) == (ALL, house.address)
    tokens = await app.tokens(back)
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, ALL)

    answer = await app.get("/credentials")
    assert (answer.status_code, answer.headers["x-total-count"]) == (200, "1")
    [document] = answer.json()["credential"]
    assert document["id"] == f"{house.address}/credentials/{id_}"
    assert document == (await house.client().get(f"/credentials/{id_}.json")).json()
    profile = (await app.get("/profile")).json()
    assert (profile["name"], profile["email"]) == ("Cleo Test", "cleo@example.com")
    assert profile.pop("@context") == ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
    defs = json.loads(SCHEMA.read_bytes())["$defs"]
    Draft201909Validator({"$defs": defs, "$ref": "#/$defs/Profile"}).validate(profile)
    verbs = await house.rows("select verb, viewer from audit_entry where verb like 'app.%' order by id")
    assert verbs == [("app.register", "public"), ("app.connect", f"employee:{id_of('Cleo')}")]


async def test_its_token_opens_nothing_else_and_nothing_else_opens_the_api(house):
    app = await connected(house)
    token = app.client.token["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    anybody = house.client()
    asked = {"query": "{ viewer { name } }"}
    assert (await anybody.post("/graphql", json=asked, headers=bearer)).status_code == 401
    for path in (
        "/me/export.zip",
        "/scim/v2/Users",
        "/audit.ndjson",
        "/me/apps",
        "/files/" + str(id_of("x")),
    ):
        assert (await anybody.get(path, headers=bearer)).status_code in {303, 401, 403}, path
    browser = await house.browser("Cleo")
    for path in ("/credentials", "/profile"):
        assert minor(await browser.get(f"{API}{path}")) == (401, "unauthorizedrequest")
        for wrong in ("Bearer nonsense", f"Basic {token}", f"Bearer {app.client.token['refresh_token']}"):
            answer = await anybody.get(f"{API}{path}", headers={"authorization": wrong})
            assert minor(answer) == (401, "unauthorizedrequest")
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert minor(await anybody.get(f"{API}{path}?access_token={token}"))[0] == 401
    assert minor(await anybody.get(f"{API}/nothing", headers=bearer)) == (404, "not_found")
    assert minor(await anybody.delete(f"{API}/profile", headers=bearer)) == (405, "not_allowed")


async def test_a_scope_that_was_not_allowed_is_not_there(house):
    app = await connected(house, scope=f"{READ} offline_access")
    assert (await app.get("/credentials")).status_code == 200
    answer = await app.get("/profile")
    assert minor(answer) == (403, "forbidden")
    assert f'error="insufficient_scope", scope="{PROFILE}"' in answer.headers["www-authenticate"]
    posted = await app.client.post(f"{house.address}{API}/credentials", content="{}")
    assert minor(posted) == (403, "forbidden")
    token_url = f"{house.address}/oauth/token"
    with pytest.raises(OAuthError, match="invalid_scope"):
        await app.client.refresh_token(token_url, scope=f"{READ} {PROFILE}")
    await app.client.refresh_token(token_url, scope=READ)
    assert app.client.token["scope"] == READ
    assert (await app.get("/credentials")).status_code == 200


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
    for answer in (
        await browser.get("/oauth/authorize", params=given),
        await browser.post("/oauth/authorize", data={**given, "decision": "allow"}),
    ):
        assert answer.status_code == 303
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


async def kept(house: House) -> dict[str, Any]:
    """All that is stored, but for how often who asked."""
    return {name: rows for name, rows in (await stored(house.database)).items() if name != "rate_count"}


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


async def test_pages_of_credentials(house, ask, world):
    for n in range(5):
        await awarded(house, ask, world, f"badge-{n}")
    app = await connected(house)
    every = (await app.get("/credentials")).json()["credential"]
    found = []
    here: str | None = "/credentials?limit=2"
    while here is not None:
        answer = await app.get(here.partition(API)[2] or here)
        assert answer.headers["x-total-count"] == "5"
        found += answer.json()["credential"]
        links = {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["link"])}
        assert said(links["first"])["offset"] == "0"
        assert said(links["last"])["offset"] == "4"
        assert ("prev" in links) == (len(found) > 2)
        here = links.get("next")
    assert found == every
    assert len(every) == 5
    rows = await house.rows("select signed_at from signed_document order by signed_at, id")
    since = rows[2][0].isoformat().replace("+00:00", "Z")
    later = await app.get("/credentials", params={"since": since})
    assert later.json()["credential"] == every[3:]
    assert (await app.get("/credentials?offset=7")).json()["credential"] == []
    for wrong in ("limit=0", "limit=x", "limit=-1", "offset=-1", "offset=1.5", "since=yesterday"):
        assert minor(await app.get(f"/credentials?{wrong}")) == (400, "invalid_query_parameter"), wrong


async def test_what_is_revoked_or_hidden_is_not_given(house, ask, world):
    first, second = await awarded(house, ask, world, "one"), await awarded(house, ask, world, "two")
    app = await connected(house)
    await ask.do(REVOKE, {"award": f"Award:{first}", "reason": "Copied"}, viewer=world.viewer("Lena"))
    [left] = (await app.get("/credentials")).json()["credential"]
    assert left["id"].endswith(second)
    await house.rows("update award set is_hidden = true")
    assert (await app.get("/credentials")).json() == {"credential": [], "compactJwsString": []}


async def test_an_app_adds_a_credential_once_it_is_checked(house, ask, world):
    id_ = await awarded(house, ask, world)
    app = await connected(house)
    ours = (await house.client().get(f"/credentials/{id_}.json")).json()
    url = f"{house.address}{API}/credentials"

    async def post(document: Any, media: str = "application/vc+ld+json") -> Any:
        body = document if isinstance(document, str) else json.dumps(document)
        return await app.client.post(url, content=body, headers={"content-type": media})

    diploma = signed_outside(ours, id="urn:uuid:0e0a6f1e-4c2b-4d51-9c2a-0b8f6c1d2e3f", name="Diploma")
    answer = await post(diploma)
    assert (answer.status_code, answer.json()) == (201, diploma)
    assert (await post(diploma)).status_code == 200
    newer = signed_outside(ours, id=diploma["id"], name="Diploma with honours")
    assert (await post(newer)).status_code == 200
    assert (await app.get("/credentials")).json()["credential"] == [ours, newer]
    assert await house.rows("select name, state from outside_credential") == [
        ("Diploma with honours", "VERIFIED")
    ]
    ben = {"type": "IdentityObject", "hashed": False, "identityHash": "Ben Test", "identityType": "name"}
    of_ben = {"identifier": [ben]}
    for wrong in (
        {**newer, "name": "Doctorate"},
        signed_outside(ours, id="urn:uuid:1", validUntil="2025-01-01T00:00:00Z"),
        signed_outside(ours, id="urn:uuid:2", credentialSubject={**ours["credentialSubject"], **of_ben}),
        {"type": ["VerifiableCredential"]},
        "no credential",
        "[]",
    ):
        assert minor(await post(wrong)) == (422, "invalid_data"), wrong
    assert (await post(ours)).status_code == 200
    jwt = (await house.client().get(f"/credentials/{id_}.jwt")).text
    answer = await post(jwt, "text/plain")
    assert (answer.status_code, answer.text, answer.headers["content-type"].partition(";")[0]) == (
        200,
        jwt,
        "text/plain",
    )
    assert len(await house.rows("select 1 from outside_credential")) == 1
    by = await house.rows("select viewer, on_behalf_of_id from audit_entry where verb = 'outside.bring'")
    assert set(by) == {("app:Wallet", id_of("Cleo"))}


async def test_a_profile_takes_what_people_say_of_themselves_and_nothing_else(house):
    app = await connected(house)
    url = f"{house.address}{API}/profile"
    known = (await app.client.get(url)).json()
    told = {**known, "description": "Asks databases", "url": "https://cleo.example"}
    answer = await app.client.put(url, json=told)
    assert (answer.status_code, answer.json()) == (200, told)
    assert (await app.client.get(url)).json() == told
    for changes, expected in (
        ({"name": "Queen Cleo"}, (403, "forbidden")),
        ({"email": "cleo@elsewhere.example"}, (403, "forbidden")),
        ({"id": "urn:uuid:1"}, (403, "forbidden")),
        ({"dateOfBirth": "2000-01-01"}, (422, "invalid_data")),
        ({"url": "javascript:alert(1)"}, (422, "invalid_data")),
        ({"description": "x" * 2001}, (422, "invalid_data")),
        ({"type": ["Person"]}, (422, "invalid_data")),
    ):
        assert minor(await app.client.put(url, json={**told, **changes})) == expected, changes
    assert minor(await app.client.put(url, content="[]")) == (422, "invalid_data")
    assert (await app.client.get(url)).json() == told
    assert (await app.client.put(url, json={"type": "Profile"})).json() == known
    other = await connected(house)
    assert (await other.client.get(url)).json()["id"] != known["id"], "apps cannot compare whom they know"


LOOKS = [("light", 1200, 900), ("dark", 1200, 900), ("light", 390, 844), ("dark", 390, 844)]


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

            async def looked_at(name: str, url: str) -> None:
                for scheme, width, height in LOOKS:
                    media = [{"name": "prefers-color-scheme", "value": scheme}]
                    await opened.call("Emulation.setEmulatedMedia", features=media)
                    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
                    await opened.call("Emulation.setDeviceMetricsOverride", **size)
                    await opened.open(url)
                    path = urlsplit(url).path
                    await opened.until(
                        f"location.pathname === {path!r} && document.readyState === 'complete'"
                    )
                    await opened.evaluate(f"{axe}; 1")
                    wrong = await opened.evaluate(
                        "axe.run().then(found => found.violations.flatMap("
                        "each => each.nodes.map(node => each.id + ': ' + node.html)))"
                    )
                    assert wrong == [], f"{name}, {scheme}"
                    assert await opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
                    await opened.picture(pictures / f"{name}-{scheme}-{width}.png")

            await looked_at("consent", app.ask())
            await looked_at("about", f"{house.address}/oauth/about")
            await opened.open(app.ask())
            await opened.press("Allow")
            await opened.until("document.title === 'Wallet'")
            await looked_at("apps", f"{house.address}/me/apps")
            [came] = [each for each in arrived if each.startswith("/back")]
            await app.tokens(back.removesuffix("/back") + came)
            assert (await app.get("/credentials")).status_code == 200
            await opened.press("Disconnect")
            await opened.until("document.body.textContent.includes('No app acts for you')")
            assert minor(await app.get("/credentials"))[0] == 401
            assert opened.said == []
        server.should_exit = True
        await task
