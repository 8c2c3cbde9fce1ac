from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import ASGITransport, AsyncBaseTransport, AsyncClient
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from cairn.access.permissions import Role
from cairn.graph.http import Endpoint
from cairn.graph.serve import Answerer
from cairn.graph.socket import Patience, Socket
from cairn.identity.door import Door
from cairn.identity.providers import Provider
from cairn.identity.realm import Realm
from cairn.identity.routes import routes
from identity.hostile import AUDIENCE, CLIENT, ISSUER, SECRET, HostileProvider
from identity.people import hire_everybody

SITE = "https://cairn.test"
ROLES = {
    "people-admins": Role.PEOPLE_ADMIN,
    "learning-admins": Role.LEARNING_ADMIN,
    "auditors": Role.AUDITOR,
    "client:payroll": Role.HRIS,
}


@pytest.fixture
async def people(database):
    """Ada and Ben, who work here, and Eve, who did; nobody has signed in yet."""
    async with database.transaction() as tx:
        return await hire_everybody(tx)


@pytest.fixture
def idp():
    found = HostileProvider()
    yield found
    assert found.broken == []


@pytest.fixture
def provider():
    return Provider(
        issuer=ISSUER,
        client_id=CLIENT,
        client_secret=SECRET,
        audience=AUDIENCE,
        roles=ROLES,
        development=True,
    )


class House:
    """The application as it is assembled, beside the identity provider it trusts."""

    def __init__(self, database, schema, providers, idp, origin=SITE, transport=...):
        self.database = database
        self.idp = idp
        self.origin = origin
        transport = ASGITransport(idp) if transport is ... else transport
        self.realm = Realm(database, providers, origin, transport=transport)
        self.door = Door(self.realm)
        answerer = Answerer(schema, database)
        self.socket = Socket(answerer, self.door, Patience(watch=0.05))
        self.app = Starlette(
            routes=[
                *routes(self.realm),
                Route("/graphql", Endpoint(answerer, self.door)),
                WebSocketRoute("/graphql", self.socket),
            ]
        )

    @property
    def issuer(self):
        return self.realm.issuers[0]

    def browser(self):
        return Browser(self)

    async def sql(self, statement, **values):
        """The rows of a statement, or how many it changed."""
        async with self.database.transaction() as tx:
            found = await tx.execute(text(statement), values)
            return found.mappings().all() if found.returns_rows else found.rowcount

    async def aclose(self):
        await self.door.aclose()
        await self.realm.aclose()


@asynccontextmanager
async def opened(*given, **named):
    found = House(*given, **named)
    try:
        yield found
    finally:
        await found.aclose()


@pytest.fixture
async def house(database, people, schema, provider, idp):
    async with opened(database, schema, [provider], idp) as found:
        found.people = people
        yield found


class Wires(AsyncBaseTransport):
    """Leads to the application at its address, and to the identity provider everywhere else."""

    def __init__(self, house):
        self.origin = house.origin
        self.app, self.idp = ASGITransport(house.app), ASGITransport(house.idp)

    async def handle_async_request(self, request):
        here = str(request.url).startswith(self.origin + "/")
        return await (self.app if here else self.idp).handle_async_request(request)


class Browser:
    """A browser: keeps cookies, follows redirects, and says where its requests come from."""

    def __init__(self, house):
        self.house = house
        self.client = AsyncClient(
            transport=Wires(house), base_url=house.origin, headers={"user-agent": "Test browser"}
        )

    @property
    def cookies(self):
        return {cookie.name: cookie.value for cookie in self.client.cookies.jar}

    @property
    def session(self):
        return self.cookies.get(self.house.realm.cookies.session)

    async def get(self, url, **given):
        return await self.client.get(url, **given)

    async def start(self, next_="/graphql"):
        """Begins a sign-in; the address that the identity provider sends the browser back to."""
        login = await self.get("/auth/login", params={"next": next_})
        assert login.status_code == 303, login.text
        back = await self.get(login.headers["location"])
        assert back.status_code == 303, back.text
        return back.headers["location"]

    async def sign_in(self, next_="/graphql"):
        """The answer of the callback."""
        return await self.get(await self.start(next_))

    async def post(self, url, **given):
        headers = {"origin": self.house.origin, **given.pop("headers", {})}
        return await self.client.post(url, headers=headers, **given)

    async def ask(self, query="{ viewer { name } }", variables=None, **given):
        return await self.post("/graphql", json={"query": query, "variables": variables}, **given)

    async def who(self):
        """The viewer's name; None where nobody is signed in."""
        answer = await self.ask()
        if answer.status_code == 401:
            return None
        return answer.json()["data"]["viewer"]["name"]


def ago(**given):
    return datetime.now(UTC) - timedelta(**given)
