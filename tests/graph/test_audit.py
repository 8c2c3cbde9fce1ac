"""The audits of graphql-http, the reference implementation of GraphQL over HTTP, against a real server."""

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from cairn.graph.http import Endpoint
from cairn.graph.serve import Answerer
from graph.wire import OpenDoor
from world import EVERYTHING

AUDIT = Path(__file__).parent / "audit"


async def run(*command, cwd, seconds):
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, "", f"not done in {seconds} s"
    return process.returncode, output.decode(), errors.decode()


@asynccontextmanager
async def served(app, **options):
    """The address of a server that speaks HTTP."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1, **options)
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    [socket] = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}/graphql"
    server.should_exit = True
    await running


async def test_every_audit_passes(schema, database, tmp_path):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no Node here to run the audits with")
    for name in ("package.json", "package-lock.json", "audit.mjs"):
        shutil.copy(AUDIT / name, tmp_path)
    status, _, errors = await run("npm", "ci", "--ignore-scripts", "--no-audit", cwd=tmp_path, seconds=60)
    if status:
        pytest.skip(f"the audits cannot be fetched: {errors.strip().splitlines()[-1:]}")
    async with served(Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING))) as url:
        status, output, errors = await run("node", "audit.mjs", url, cwd=tmp_path, seconds=60)
    assert status == 0, errors
    audits = [json.loads(line) for line in output.splitlines()]
    assert len(audits) > 50
    failed = {f"{each['id']} {each['name']}": each["reason"] for each in audits if each["status"] != "ok"}
    assert failed == {}
