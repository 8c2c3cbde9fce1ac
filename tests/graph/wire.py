"""Speaking HTTP with the end point, without a network, past a door that knows beforehand who asks."""

from httpx2 import ASGITransport, AsyncClient

from cairn.graph.problem import Code
from cairn.graph.serve import Standing, Turned

JSON, RESPONSE = "application/json", "application/graphql-response+json"


class OpenDoor:
    """Lets everybody in as one viewer."""

    def __init__(self, viewer):
        self.standing = Standing(viewer)

    async def enter(self, _scope):
        return self.standing

    async def recheck(self, _scope, standing):
        return standing


class ShutDoor:
    """Lets nobody in."""

    async def enter(self, _scope):
        return Turned(401, Code.UNAUTHENTICATED, "sign in", ((b"www-authenticate", b"Bearer"),))

    recheck = None


class Client:
    """Speaks HTTP with the end point, without a network."""

    def __init__(self, endpoint):
        self.http = AsyncClient(transport=ASGITransport(endpoint), base_url="http://cairn.test")
        self.http.headers.pop("accept")

    async def send(self, content, *, accept=RESPONSE, content_type=JSON, method="POST", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"content-type": content_type} if content_type is not None else {}
        headers |= {"accept": accept} if accept is not None else {}
        return await self.http.request(method, "/graphql", content=content, headers=headers)

    async def post(self, query, variables=None, *, accept=RESPONSE, **more):
        given = {"query": query, "variables": variables, **more}
        headers = {"accept": accept} if accept is not None else {}
        return await self.http.post("/graphql", json=given, headers=headers)

    async def get(self, accept=RESPONSE, **parameters):
        headers = {"accept": accept} if accept is not None else {}
        return await self.http.get("/graphql", params=parameters, headers=headers)


def answered(response, media_type=RESPONSE):
    """The data of an answer that is in order."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert "errors" not in response.json(), response.text
    return response.json()["data"]


def refused(response, status, code, media_type=RESPONSE):
    """The message of a request that is not answered."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    body = response.json()
    assert set(body) == {"errors"}
    assert {error["extensions"]["code"] for error in body["errors"]} == {code}
    assert "Traceback" not in response.text
    return body["errors"][0]["message"]


async def call(endpoint, headers=(), messages=({"type": "http.request", "body": b"{}"},), **more):
    """What the end point sends for a raw ASGI request."""
    sent, waiting = [], list(messages)

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": list(headers),
        **more,
    }
    await endpoint(scope, receive, send)
    return sent
