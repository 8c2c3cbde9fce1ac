"""A whole run's logs, at the loudest, hold none of the secrets it used."""

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import asyncpg
from httpx2 import AsyncClient

from cairn.db.embedded import url_of
from cairn.db.engine import COMPANY
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
                address = f"http://localhost:{port}"
                secrets |= await _used(address, environment, secrets)
                secrets |= await _signed_in(address, url_of(Path(folder) / "postgres"))
            finally:
                process.send_signal(2)
                await asyncio.wait_for(process.wait(), PATIENCE)
        logged = said.read_text()
    assert len(secrets) >= 15
    assert "POST /graphql 200" in logged
    assert "GET /auth/callback 400" in logged
    assert "GET /auth/callback 303" in logged
    assert re.search(r"eyJ[\w-]{10}", logged) is None  # what the provider gave the server for the code
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
        asked = _query(login)
        found |= {asked["state"], asked["nonce"], asked["code_challenge"], *http.cookies.values()}
        await http.get("/auth/callback", params={"state": asked["state"], "code": "hunter2-in-a-callback"})
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


def _query(answer):
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def _signed_in(address, database):
    """Signs somebody in as a browser does, and out again, and gives the secrets that were met.

    The cookies are carried by hand: Python's jar sends none that are `Secure` to plain http, as browsers do
    to a loopback address.
    """
    async with AsyncClient(timeout=20) as http:
        login = await http.get(f"{address}/auth/login?next=/graphql")
        mark, asked = login.headers["set-cookie"].partition(";")[0], _query(login)
        connection = await asyncpg.connect(database)
        rows = await connection.fetch(f"select verifier, nonce from {COMPANY}.sign_in")
        await connection.close()
        page = await http.get(login.headers["location"])
        person = re.search(r'name="person" value="([^"]+)"', page.text)[1]
        back = await http.post(f"{page.url.copy_with(query=None)}", data={**asked, "person": person})
        code = _query(back)["code"]
        done = await http.get(back.headers["location"], headers={"cookie": mark})
        assert done.headers["location"] == "/graphql"
        [session] = [
            each.partition(";")[0]
            for each in done.headers.get_list("set-cookie")
            if each.startswith("__Host-cairn=") and "Max-Age=0" not in each
        ]
        headers = {"cookie": session, "origin": address}
        answer = await http.post(
            f"{address}/graphql", headers=headers, json={"query": "{ viewer { employee { id } } }"}
        )
        assert answer.json()["data"]["viewer"]["employee"]
        assert (await http.post(f"{address}/auth/logout", headers=headers)).status_code == 303
        return {
            *(value for row in rows for value in row.values()),
            *(value.partition("=")[2] for value in (mark, session)),
            *(asked[name] for name in ("state", "nonce", "code_challenge")),
            *http.cookies.values(),
            code,
        }
