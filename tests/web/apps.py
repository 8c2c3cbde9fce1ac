"""A whole server, people who can sign in, and apps outside that they let act for them."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import AsyncClient
from sqlalchemy import text

import cairn
from cairn.app import SERVING
from cairn.identity.sessions import begin
from credentials.earning import assess, award_of, define
from stored import stored
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
    await define(ask, code, {"skill": {"id": sql, "level": 5}})
    await assess(ask, cleo, sql, 5)
    await house.done()
    return (await award_of(ask, cleo, code))["id"].removeprefix("Award:")


async def kept(house: House) -> dict[str, Any]:
    """All that is stored, but for how often who asked and when."""
    found = await stored(house.database)
    return {name: rows for name, rows in found.items() if name not in {"rate_count", "session"}}
