from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.app import application
from cairn.identity.sessions import digest
from cairn.identity.tables import ServiceToken
from cairn.identity.tokens import PREFIX
from world import id_of

SITE = "https://cairn.test"
JSON = "application/json"
E = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Directory(AsyncClient):
    """A directory that provisions: sends JSON, and reads what comes back."""

    async def ask(self, method, path, body=None, status=200, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.request(method, "/scim/v2" + path, json=body, headers=named)
        assert answer.status_code == status, (answer.status_code, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/scim+json"
        return answer.json() if answer.content else None

    async def user(self, user_name="barbara@example.com", **more):
        return await self.ask(
            "POST", "/Users", {"schemas": [USER], "userName": user_name, **more}, status=201
        )

    async def group(self, name="Engineers", *members):
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}
        return await self.ask("POST", "/Groups", body, status=201)

    async def patch(self, resource, *operations, status=200, **headers):
        kind = resource["meta"]["resourceType"]
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self.ask("PATCH", f"/{kind}s/{resource['id']}", body, status=status, **headers)

    async def read(self, resource, status=200):
        return await self.ask("GET", f"/{resource['meta']['resourceType']}s/{resource['id']}", status=status)


async def token(database, *permissions, name="entra", owner="Pat"):
    secret = f"{PREFIX}{name}-{'-'.join(permissions)}"
    async with database.transaction() as tx:
        tx.add(
            ServiceToken(
                name=name,
                key=digest(secret),
                ending=secret[-4:],
                permissions=list(permissions),
                owner_id=id_of(owner),
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
        )
    return secret


@pytest.fixture
async def app(database, world):  # noqa: ARG001  # there are people
    served = application(database, [], SITE)
    async with served.router.lifespan_context(served):
        yield served


@pytest.fixture
async def directory(app, database):
    secret = await token(database, "READ_PEOPLE", "WRITE_PEOPLE")
    async with opened(app, secret) as found:
        yield found


@asynccontextmanager
async def opened(app, secret):
    headers = {"authorization": f"Bearer {secret}"} if secret else {}
    async with Directory(transport=ASGITransport(app), base_url=SITE, headers=headers) as found:
        found.secret = secret
        yield found
