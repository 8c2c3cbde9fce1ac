"""Signing in and out at an OpenID provider that others wrote, and that the OpenID Foundation has certified.

The hostile provider (`hostile.py`) is ours, so it may misread a specification as we do. This one is the npm
package `oidc-provider` in a process of its own, over real connections; it is installed once, with its lock,
into the user's cache.
"""

import asyncio
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from httpx2 import AsyncHTTPTransport

from identity.conftest import SITE, opened
from identity.hostile import AUDIENCE, CLIENT, EC_1, ED_1, RSA_1, SECRET
from identity.test_issuer import Served

HERE = Path(__file__).parent / "provider"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
PATIENCE = 120
"""Seconds for an installation."""


def _missing():
    """Why it cannot run here; None where it can."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "needs Node.js and npm: apt-get install nodejs npm"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return None if int(version[1:].split(".")[0]) >= 20 else f"needs Node.js 20, not {version.strip()}"


pytestmark = pytest.mark.skipif(_missing() is not None, reason=str(_missing()))


@pytest.fixture(scope="module")
def installed():
    """The folder of the provider with its packages, as the lock says; a run that is first makes it."""
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cairn-tests"
    folder = cache / f"oidc-provider-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            packages = Path(made) / "packages"
            packages.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, packages)
            ran = subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=packages,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            if ran.returncode and not os.environ.get("CI"):
                pytest.skip(f"npm cannot install oidc-provider: {ran.stderr.strip()[-200:]}")
            assert ran.returncode == 0, ran.stderr
            if not folder.exists():
                packages.rename(folder)
    shutil.copy(HERE / "provider.mjs", folder)
    return folder


def _published(key, name):
    return {**key.as_dict(private=True), "kid": name, "use": "sig"}


@asynccontextmanager
async def known_good(folder, algorithm, notices):
    """The provider's issuer while it runs. It signs so, and posts its logout tokens to `notices`."""
    keys = [_published(RSA_1, "rsa"), _published(EC_1, "ec"), _published(ED_1, "ed")]
    agreed = {"client_secret": SECRET, "id_token_signed_response_alg": algorithm}
    person = {
        "client_id": CLIENT,
        "redirect_uris": [f"{SITE}/auth/callback"],
        "post_logout_redirect_uris": [f"{SITE}/auth/logout"],
        "backchannel_logout_uri": f"{notices}/auth/backchannel-logout",
        "backchannel_logout_session_required": True,
        **agreed,
    }
    program = {
        "client_id": "payroll",
        "grant_types": ["client_credentials"],
        "redirect_uris": [],
        "response_types": [],
        **agreed,
    }
    process = await asyncio.create_subprocess_exec(
        "node",
        "provider.mjs",
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    process.stdin.write(json.dumps({"clients": [person, program], "keys": keys}).encode() + b"\n")
    said = asyncio.create_task(process.stderr.read())
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    if not line:
        await process.wait()
        pytest.fail((await said).decode())
    yield line.decode().strip()
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 20) == 0
    complaints = [each for each in (await said).decode().splitlines() if " WARNING: " not in each]
    assert [each for each in complaints if "error" in each.lower()] == []


class Behind:
    """Whichever application is tested now, at one address of loopback, for what the provider posts to it."""

    app = None

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


@pytest.fixture(scope="module", params=ALGORITHMS)
async def running(request, installed):
    """The provider's issuer, and what stands at the address that it posts to."""
    behind = Behind()
    async with Served(behind) as notices, known_good(installed, request.param, notices) as issuer:
        yield issuer, behind


@dataclasses.dataclass
class Known:
    """Cairn beside the provider."""

    house: object
    issuer: str
    browsers: list

    def browser(self):
        found = self.house.browser()
        found.client._transport.idp = AsyncHTTPTransport()
        self.browsers.append(found)
        return found


@pytest.fixture
async def known(running, database, people, schema, provider):
    issuer, behind = running
    there = dataclasses.replace(provider, issuer=issuer)
    async with opened(database, schema, [there], None, transport=None) as house:
        house.people = people
        behind.app = house.app
        found = Known(house, issuer, [])
        yield found
        for browser in found.browsers:
            await browser.client._transport.idp.aclose()


class Form(HTMLParser):
    """The form on a page: where it goes, and what it says before anybody types."""

    def __init__(self, html):
        super().__init__()
        self.action = None
        self.fields = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action = given["action"]
        if tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value") or ""


async def led(browser, answer):
    """Where a redirect leads in the end: a page of the provider's, or what Cairn answers."""
    for _ in range(12):
        if not answer.is_redirect:
            return answer
        url = urljoin(str(answer.url), answer.headers["location"])
        answer = await browser.get(url)
        if url.startswith(f"{SITE}/"):
            return answer
    raise AssertionError(answer.text)


async def through(browser, answer, **typed):
    """Fills in the provider's forms until the browser is back at Cairn; that answer."""
    for _ in range(4):
        answer = await led(browser, answer)
        if str(answer.url).startswith(f"{SITE}/"):
            return answer
        answer = await sent(browser, answer, **typed)
    raise AssertionError(answer.text)


async def sent(browser, page, **typed):
    """The answer to the form on a page."""
    form = Form(page.text)
    assert form.action, page.text
    data = {name: typed.get(name, value) for name, value in form.fields.items()}
    data |= {"logout": "yes"} if "xsrf" in data else {}
    return await browser.client.post(urljoin(str(page.url), form.action), data=data)


async def sign_in(known, email="ada@cairn.test"):
    """A browser that somebody signed in with, and the answer of the callback."""
    browser = known.browser()
    login = await browser.get("/auth/login", params={"next": "/graphql"})
    return browser, await through(browser, login, login=email, password="any")


async def test_people_sign_in(known):
    browser, answer = await sign_in(known)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/graphql"), answer.text
    assert await browser.who() == f"employee:{known.house.people.ada}"


async def test_whoever_is_nobody_here_is_not_let_in(known):
    browser, answer = await sign_in(known, "stranger@elsewhere.test")
    assert answer.status_code == 403
    assert browser.session is None


async def test_signing_out_here_signs_out_there(known):
    browser, _ = await sign_in(known)
    leaving = await browser.post("/auth/logout")
    assert leaving.headers["location"].startswith(f"{known.issuer}/session/end?")
    assert await browser.who() is None
    answer = await through(browser, leaving)
    assert "You are signed out" in answer.text
    assert "password" in (await led(browser, await browser.get("/auth/login"))).text


async def test_signing_out_there_signs_out_here(known):
    """By the back channel: the browser does not come by, and another session of the person stays."""
    other, _ = await sign_in(known)
    browser, _ = await sign_in(known)
    await sent(browser, await browser.get(f"{known.issuer}/session/end"))
    assert await browser.who() is None
    assert await other.who() is not None
    [ended] = await known.house.sql("select ending::text from session where ended_at is not null")
    assert ended["ending"] == "BY_PROVIDER"


async def test_programs_are_let_in_by_its_access_tokens(known):
    """RFC 9068, for our audience; one for another is refused."""
    browser = known.browser()
    outcomes = {}
    for audience in (AUDIENCE, "https://other.test"):
        answer = await browser.client.post(
            f"{known.issuer}/token",
            auth=("payroll", SECRET),
            data={"grant_type": "client_credentials", "resource": audience, "scope": "people:read"},
        )
        token = answer.json()["access_token"]
        asked = await browser.ask("{ viewer { name } }", headers={"authorization": f"Bearer {token}"})
        outcomes[audience] = asked.status_code
    assert outcomes == {AUDIENCE: 200, "https://other.test": 401}
