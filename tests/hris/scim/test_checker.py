"""The public checker of SCIM servers, against the running application."""

import asyncio

import pytest
import uvicorn
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from cairn.app import config


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_the_public_checker_finds_nothing_wrong(app, directory):
    server = uvicorn.Server(config(app, "127.0.0.1", 0))
    server.config.lifespan = "off"
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def check():
        headers = {"Authorization": f"Bearer {directory.secret}"}
        with Client(base_url=f"http://127.0.0.1:{port}/scim/v2", headers=headers) as client:
            scim = SyncSCIMClient(client)
            return check_server(scim)

    results = await asyncio.get_running_loop().run_in_executor(None, check)
    server.should_exit = True
    await serving
    wrong = [
        f"{each.title}: {each.reason}" for each in results if each.status in {Status.ERROR, Status.CRITICAL}
    ]
    assert not wrong, "\n".join(wrong)
    assert len([each for each in results if each.status is Status.SUCCESS]) > 100
