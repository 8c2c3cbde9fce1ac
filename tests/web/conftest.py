"""The pages on a real server, with somebody who was awarded something."""

import asyncio
import fcntl
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.routing import Mount

from cairn.app import SERVING, application
from cairn.credentials.outside import Outside
from cairn.graph.serve import Answerer
from cairn.identity.sessions import begin
from cairn.jobs.drain import drain
from cairn.settings import settings
from cairn.web.credentials import routes
from cairn.web.files import upload_routes
from cairn.web.pages import static
from cairn.web.share import routes as share_routes
from cairn.web.verify import routes as verify_routes
from credentials.earning import assess, award_of, define
from graph import academy
from web.apps import House, running
from world import id_of


@dataclass
class Site:
    """A server, and the way to have the worker do all there is to do."""

    address: str
    client: AsyncClient
    outside: Outside
    done: Any

    async def get(self, path: str, accept: str = "*/*", **headers: str) -> Any:
        """An answer."""
        return await self.client.get(f"{self.address}{path}", headers={"accept": accept, **headers})


@pytest.fixture
async def site(schema, database, url, monkeypatch):
    """The server, at its own address."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("CAIRN_PUBLIC_URL", address)
        settings.cache_clear()
        outside = Outside(database, settings(), address)
        found = [*routes(outside, Answerer(schema, database)), *verify_routes(outside)]
        found += [*share_routes(database, settings(), outside), *upload_routes(database, settings())]
        app = Starlette(routes=[*found, Mount("/static", static())])
        server = uvicorn.Server(uvicorn.Config(app, **{**SERVING, "loop": "none", "lifespan": "off"}))
        held.listen()
        running = asyncio.create_task(server.serve(sockets=[held]))
        try:
            async with AsyncClient(timeout=30) as client:
                yield Site(address, client, outside, lambda: drain(database, url))
        finally:
            server.should_exit = True
            await running
            settings.cache_clear()


@pytest.fixture
async def award(site, ask, world):
    """Cleo's badge, signed: its path."""
    sql, cleo = world.gid("Skill", "SQL"), world.gid("Employee", "Cleo")
    text = {
        "name": "Asking databases",
        "description": "Writes queries that others can read, and knows what they cost.",
        "criteria": "Shown in work that a manager has looked at.",
        "workloadHours": 50,
    }
    more = {"kind": "MICRO_CREDENTIAL", "text": text, "grants": [{"skill": sql, "level": 3}]}
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}}, onLapse="SUSPEND", **more)
    await assess(ask, cleo, sql, 5)
    await site.done()
    id_ = (await award_of(ask, cleo, "badge"))["id"].removeprefix("Award:")
    return f"/credentials/{id_}"


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


SITE = "https://cairn.test"
VERIFIER = Path(__file__).parent / "verifier"


@pytest.fixture(scope="session")
def node(tmp_path_factory, worker_id):
    """JavaScript that others wrote, verifiers and axe-core, installed once as its lock says."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("there is no Node here")
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "verifier"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json", "verify.mjs"):
                shutil.copy(VERIFIER / name, folder)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
            )
            if done.returncode:
                pytest.skip(f"npm cannot install the verifiers here: {done.stderr.strip()[-200:]}")
            (folder / "installed").touch()
    return folder


@pytest.fixture
async def company(database, world):
    """The company and its academy: there is a row of every table."""
    async with database.transaction() as tx:
        await academy.build(tx)
    return world


@pytest.fixture
async def app(database, company):  # noqa: ARG001  # there are people
    served = application(database, [], SITE)
    async with served.router.lifespan_context(served):
        yield served


@pytest.fixture
async def signed_in(app, database, company):
    """A browser that somebody is signed in with."""
    clients = []

    async def sign_in(name):
        async with database.transaction() as tx:
            token = await begin(
                tx,
                employee=id_of(name),
                issuer="https://idp",
                subject=f"of {name}",
                sid=None,
                roles=company.viewer(name).roles,
                browser="Test browser",
            )
        headers = {"cookie": f"__Host-cairn={token}"}
        clients.append(AsyncClient(transport=ASGITransport(app), base_url=SITE, headers=headers, timeout=60))
        return clients[-1]

    yield sign_in
    for each in clients:
        await each.aclose()
