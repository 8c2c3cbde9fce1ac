"""A whole run's logs, at the loudest, hold none of the secrets it used."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from httpx2 import AsyncClient

from test_line import CAIRN, PATIENCE, free_port

CREATE = """mutation($input: CreateServiceTokenInput!) {
  createServiceToken(input: $input) { ... on CreatedServiceToken { secret } ... on Refusal { message } }
}"""


async def test_no_secret_is_in_the_logs_of_a_run():
    secrets = {"hunter2-in-a-callback", "cairn_" + "x" * 43, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.bm9uZQ"}
    with tempfile.TemporaryDirectory(prefix="cairn-logs-") as folder:
        port = free_port()
        said = Path(folder) / "log"
        environment = {
            **os.environ,
            "CAIRN_DATA_DIR": folder,
            "CAIRN_PORT": str(port),
            "CAIRN_LOG_LEVEL": "debug",
            "CAIRN_ACCESS_LOG": "true",
        }
        with said.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *CAIRN, "demo", env=environment, stdout=asyncio.subprocess.PIPE, stderr=log
            )
            try:
                async with asyncio.timeout(PATIENCE):
                    async for line in process.stdout:
                        if b"Ctrl-C stops it" in line:
                            break
                secrets |= await _used(f"http://localhost:{port}", environment, secrets)
            finally:
                process.send_signal(2)
                await asyncio.wait_for(process.wait(), PATIENCE)
        logged = said.read_text()
    assert len(secrets) >= 6
    assert "POST /graphql 200" in logged
    assert "GET /auth/callback 400" in logged
    assert [secret for secret in secrets if secret in logged] == []


async def _used(address, environment, wrong):
    """Signs in and fails to, in each way there is, and gives the secrets that were met."""
    ran = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cairn", "token", "--as", "paula0@adventure-works.com",
        env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    token = (await asyncio.wait_for(ran.communicate(), PATIENCE))[0].decode().strip()
    found = {token}
    async with AsyncClient(base_url=address, timeout=20) as http:
        login = await http.get("/auth/login?next=/graphql")
        asked = parse_qs(urlsplit(login.headers["location"]).query)
        found |= {asked["state"][0], asked["nonce"][0], asked["code_challenge"][0], *http.cookies.values()}
        await http.get("/auth/callback", params={"state": asked["state"][0], "code": "hunter2-in-a-callback"})
        for each in wrong:
            await http.post(
                "/graphql", headers={"authorization": f"Bearer {each}"}, json={"query": "{ viewer { name } }"}
            )
            await http.post("/auth/backchannel-logout", data={"logout_token": each})
        bearer = {"authorization": f"Bearer {token}"}
        input_ = {"name": "feed", "permissions": ["READ_PEOPLE"], "expiresAt": "2027-01-01T00:00:00Z"}
        answer = await http.post(
            "/graphql", headers=bearer, json={"query": CREATE, "variables": {"input": input_}}
        )
        made = answer.json()["data"]["createServiceToken"]["secret"]
        found.add(made)
        answer = await http.post(
            "/graphql", headers={"authorization": f"Bearer {made}"}, json={"query": "{ viewer { name } }"}
        )
        assert answer.status_code == 200
    return found
