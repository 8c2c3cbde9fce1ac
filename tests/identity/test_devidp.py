"""The development identity provider: anybody in as anybody, and the standards kept otherwise."""

import hashlib
import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.access.permissions import Role
from cairn.identity.devidp import Client, DevelopmentProvider, fetch_token
from cairn.identity.devmint import Person
from cairn.identity.outbound import ProviderError
from cairn.identity.providers import Provider
from cairn.identity.realm import Realm, origin_of
from cairn.identity.trusted import of_settings
from cairn.settings import Environment, SettingError, Settings
from identity.conftest import House
from identity.hostile import base64url

IDP = "http://127.0.0.1:9400"
SITE = "http://localhost:8000"
PEOPLE = [
    Person("ada", "Ada Test", "ada@cairn.test", "E1", ("people-admins",), "Hires <people>"),
    Person("ben", "Ben Test", "ben@cairn.test", "E2"),
]
CAIRN = Client(
    "cairn",
    "the client's secret",
    redirect_uris=(f"{SITE}/auth/callback",),
    logout_uris=(f"{SITE}/auth/logout",),
    backchannel_uri=f"{SITE}/auth/backchannel-logout",
)
PAYROLL = Client("payroll", "another secret")


@pytest.fixture
async def there(database, people, schema):
    """The application and the development provider, each at its address."""
    wires = Wires()
    idp = DevelopmentProvider(IDP, SITE, [CAIRN, PAYROLL], PEOPLE, transport=wires)
    provider = Provider(
        IDP,
        "cairn",
        SITE,
        "the client's secret",
        roles={"people-admins": Role.PEOPLE_ADMIN, "client:payroll": Role.HRIS},
        development=True,
    )
    house = House(database, schema, [provider], idp.app, SITE)
    wires.routes = {SITE: ASGITransport(house.app), IDP: ASGITransport(idp.app)}
    house.development, house.people = idp, people
    yield house
    await house.aclose()


class Wires(ASGITransport):
    """Between the two."""

    def __init__(self):
        self.routes = {}

    async def handle_async_request(self, request):
        address = f"{request.url.scheme}://{request.url.netloc.decode()}"
        return await self.routes[address].handle_async_request(request)


class Visitor:
    """A browser with real cookies for both hosts: as browsers do, it takes Secure ones from loopback."""

    def __init__(self, house):
        self.house = house
        self.wires = house.development._transport
        self.jars = {SITE: {}, IDP: {}}

    async def send(self, method, url, **given):
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else SITE
        jar = self.jars[origin]
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        if method == "POST":
            headers["origin"] = given.pop("origin", origin)
        async with AsyncClient(transport=self.wires, base_url=origin) as client:
            answer = await client.request(method, url, headers=headers, **given)
        for header in answer.headers.get_list("set-cookie"):
            name, _, rest = header.partition("=")
            value = rest.partition(";")[0].strip('"')
            if value and "max-age=0" not in header.lower():
                jar[name] = value
            else:
                jar.pop(name, None)
        return answer

    async def follow(self, answer):
        while answer.is_redirect:
            answer = await self.send("GET", answer.headers["location"])
        return answer

    async def to_the_choice(self):
        return await self.follow(await self.send("GET", "/auth/login?next=/auth/logout"))

    async def choose(self, page, name):
        """Presses a person's button."""
        forms = re.findall(r"<form.*?</form>", page.text, re.DOTALL)
        [form] = [form for form in forms if f"<button>{name}</button>" in form]
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        return await self.follow(
            await self.send("POST", f"{IDP}/authorize", data={key: unescape(value) for key, value in fields})
        )

    async def sign_in(self, name):
        return await self.choose(await self.to_the_choice(), name)

    async def who(self):
        answer = await self.send("POST", "/graphql", json={"query": "{ viewer { name roles } }"})
        return answer.json()["data"]["viewer"] if answer.status_code == 200 else None


async def test_somebody_signs_in_as_a_person_of_the_list(there, people):
    visitor = Visitor(there)
    page = await visitor.to_the_choice()
    assert "<button>Ada Test</button>" in page.text
    assert "<small>Hires &lt;people&gt;</small>" in page.text
    assert f"form-action 'self' {SITE}" in page.headers["content-security-policy"]
    await visitor.choose(page, "Ada Test")
    assert await visitor.who() == {"name": f"employee:{people.ada}", "roles": ["EMPLOYEE", "PEOPLE_ADMIN"]}


async def test_whoever_has_a_session_there_is_not_asked_again_and_after_signing_out_is(there, people):
    visitor = Visitor(there)
    await visitor.sign_in("Ada Test")
    del visitor.jars[SITE]["__Host-cairn"]
    await visitor.to_the_choice()
    assert (await visitor.who())["name"] == f"employee:{people.ada}"
    signed_out = await visitor.follow(await visitor.send("POST", "/auth/logout"))
    assert "You are signed out" in signed_out.text
    assert urlsplit(str(signed_out.url)).path == "/auth/logout"
    assert await visitor.who() is None
    await visitor.sign_in("Ben Test")
    assert (await visitor.who())["name"] == f"employee:{people.ben}"


async def test_02_a_session_at_the_provider_does_not_let_a_leaver_in(there):
    visitor = Visitor(there)
    await visitor.sign_in("Ada Test")
    await there.sql("update employment set valid = daterange(lower(valid), current_date)")
    answer = await visitor.to_the_choice()
    assert answer.status_code == 403
    assert await visitor.who() is None


async def test_03_the_provider_ends_sessions_by_the_back_channel(there):
    visitors = [Visitor(there), Visitor(there)]
    for visitor in visitors:
        await visitor.sign_in("Ada Test")
    await there.development.end("ada")
    assert [await visitor.who() for visitor in visitors] == [None, None]


async def test_08_its_keys_can_be_rotated(there, people):
    first, second = Visitor(there), Visitor(there)
    await first.sign_in("Ada Test")
    for _ in range(2):
        await first.send("POST", f"{IDP}/rotate-keys")
        await second.sign_in("Ben Test")
        assert (await second.who())["name"] == f"employee:{people.ben}"
        await second.send("POST", "/auth/logout")
        second.jars[IDP].clear()


async def test_the_command_line_gets_a_token_for_an_address(there, people):
    for login in ("ben@cairn.test", "BEN@cairn.test", "ben"):
        token = await fetch_token(IDP, login, transport=ASGITransport(there.development.app))
        answer = await there.browser().ask(headers={"authorization": f"Bearer {token}"})
        assert answer.json()["data"]["viewer"]["name"] == f"employee:{people.ben}"


async def test_the_command_line_is_told_what_is_wrong(there):
    with pytest.raises(ProviderError, match=r"nobody here signs in as 'eve@cairn\.test'"):
        await fetch_token(IDP, "eve@cairn.test", transport=ASGITransport(there.development.app))
    with pytest.raises(ProviderError, match="no development identity provider answers"):
        await fetch_token("http://127.0.0.1:9", "eve@cairn.test")


async def test_a_program_gets_a_token_of_its_own(there):
    answer = await token_for(there, PAYROLL, grant_type="client_credentials", scope="people:read")
    token = answer.json()["access_token"]
    asked = await there.browser().ask(
        "{ viewer { name permissions } }", headers={"authorization": f"Bearer {token}"}
    )
    assert asked.json()["data"]["viewer"] == {"name": "client:payroll", "permissions": ["READ_PEOPLE"]}


async def token_for(house, client, **asked):
    async with AsyncClient(transport=ASGITransport(house.development.app), base_url=IDP) as outside:
        return await outside.post("/token", data=asked, auth=(client.id, client.secret or ""))


VERIFIER = "v" * 43
CHALLENGE = base64url(hashlib.sha256(VERIFIER.encode()).digest())


async def code_for(there, **changes):
    asked = {
        "client_id": "cairn",
        "redirect_uri": f"{SITE}/auth/callback",
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "person": "ada",
        **changes,
    }
    answer = await Visitor(there).send("POST", f"{IDP}/authorize", data=asked)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def redeemed(there, code, **changes):
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": f"{SITE}/auth/callback",
        **changes,
    }
    return await token_for(there, CAIRN, **asked)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"person": "nobody"}, "access_denied"),
    ],
    ids=str,
)
async def test_the_provider_requires_pkce_and_a_proper_request(there, changes, error):
    answer = await code_for(there, **changes)
    assert answer == {"error": error, "state": "s", "iss": IDP}


async def test_the_provider_answers_only_where_a_client_is_registered(there):
    for changes in ({"client_id": "x"}, {"redirect_uri": "https://evil.test/auth/callback"}):
        visitor = Visitor(there)
        asked = {"client_id": "cairn", "redirect_uri": f"{SITE}/auth/callback", **changes}
        assert (await visitor.send("GET", f"{IDP}/authorize", params=asked)).status_code == 400
        assert (await visitor.send("POST", f"{IDP}/authorize", data=asked)).status_code == 400


async def test_a_code_is_good_once_for_its_client_with_its_verifier(there):
    for changes in (
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": f"{SITE}/elsewhere"},
        {"code": "another"},
    ):
        asked = {"code": (await code_for(there))["code"], **changes}
        assert (await redeemed(there, **asked)).json()["error"] == "invalid_grant", changes
    code = (await code_for(there))["code"]
    first = await redeemed(there, code)
    assert first.status_code == 200
    assert (await redeemed(there, code)).json()["error"] == "invalid_grant"
    refresh = first.json()["refresh_token"]
    assert (
        await token_for(there, CAIRN, grant_type="refresh_token", refresh_token=refresh)
    ).status_code == 400


async def test_refresh_tokens_rotate_and_a_reused_one_ends_the_family(there):
    first = (await redeemed(there, (await code_for(there))["code"])).json()
    second = await token_for(there, CAIRN, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 200
    assert (
        await token_for(there, CAIRN, grant_type="refresh_token", refresh_token=first["refresh_token"])
    ).status_code == 400
    rotated = second.json()["refresh_token"]
    assert (
        await token_for(there, CAIRN, grant_type="refresh_token", refresh_token=rotated)
    ).status_code == 400


async def test_the_token_end_point_knows_its_clients(there):
    wrong = Client("cairn", "wrong")
    assert (await token_for(there, wrong, grant_type="client_credentials")).status_code == 401
    assert (await token_for(there, Client("x"), grant_type="client_credentials")).status_code == 401
    public = Client("cairn-cli")
    assert (await token_for(there, public, grant_type="client_credentials")).status_code == 400
    assert (
        await token_for(there, CAIRN, grant_type="urn:cairn:grant:persona", login="ada")
    ).status_code == 400
    assert (await token_for(there, CAIRN, grant_type="password")).status_code == 400


async def test_userinfo_is_for_access_tokens_only(there):
    tokens = (await redeemed(there, (await code_for(there))["code"])).json()
    async with AsyncClient(transport=ASGITransport(there.development.app), base_url=IDP) as client:
        found = await client.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
        assert found.json()["sub"] == "ada"
        for token in (tokens["id_token"], "nonsense", ""):
            answer = await client.get("/userinfo", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 401


async def test_prompts_are_obeyed(there):
    visitor = Visitor(there)
    asked = {
        "client_id": "cairn",
        "redirect_uri": f"{SITE}/auth/callback",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    silent = await visitor.send("GET", f"{IDP}/authorize", params={**asked, "prompt": "none"})
    assert "error=login_required" in silent.headers["location"]
    await visitor.sign_in("Ada Test")
    again = await visitor.send("GET", f"{IDP}/authorize", params={**asked, "prompt": "login"})
    assert "Sign in as" in again.text
    silent = await visitor.send("GET", f"{IDP}/authorize", params={**asked, "prompt": "none"})
    assert "code=" in silent.headers["location"]


async def test_signing_out_there_without_coming_from_here_is_a_page(there):
    answer = await Visitor(there).send("GET", f"{IDP}/end-session?post_logout_redirect_uri=https://evil.test")
    assert (answer.status_code, "location" in answer.headers) == (200, False)


def test_it_is_refused_in_production_and_off_this_machine():
    with pytest.raises(SettingError):
        DevelopmentProvider(IDP, SITE, [], [], environment=Environment.PRODUCTION)
    with pytest.raises(SettingError):
        DevelopmentProvider("https://idp.example.com", SITE, [], [])


def production(**changes):
    return Settings(env=Environment.PRODUCTION, **{"oidc_issuer": "https://idp.example.com", **changes})


def test_the_settings_name_a_provider():
    assert of_settings(Settings(), SITE) == ()
    [provider] = of_settings(
        production(
            oidc_scopes="email groups",
            oidc_role_map="a=b=PEOPLE_ADMIN, client:payroll = HRIS",
            oidc_client_secret="hidden",
        ),
        "https://cairn.example.com",
    )
    assert provider.scopes == ("openid", "email", "groups")
    assert provider.roles == {"a=b": Role.PEOPLE_ADMIN, "client:payroll": Role.HRIS}
    assert provider.audience == "https://cairn.example.com"
    assert "hidden" not in repr(provider)
    assert not provider.development
    [provider] = of_settings(
        Settings(oidc_issuer=IDP, oidc_role_map='{"CN=People,OU=Groups": "PEOPLE_ADMIN"}'), SITE
    )
    assert provider.roles == {"CN=People,OU=Groups": Role.PEOPLE_ADMIN}
    assert provider.development


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_issuer": "http://idp.example.com"},
        {"oidc_issuer": "ftp://idp.example.com"},
        {"oidc_role_map": "people=WIZARD"},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused_by_name(changes):
    with pytest.raises(SettingError, match="CAIRN_OIDC_"):
        of_settings(production(**changes), "https://cairn.example.com")


@pytest.mark.parametrize(
    "address", ["", "cairn.example.com", "https://cairn.example.com/app", "http://cairn.example.com"]
)
def test_production_needs_an_https_address_without_a_path(address):
    with pytest.raises(SettingError, match="CAIRN_PUBLIC_URL"):
        Realm(None, [], address, environment=Environment.PRODUCTION)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://cairn.example.com/", "https://cairn.example.com"),
        ("https://Cairn.Example.com:443", "https://cairn.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_16_our_address_is_written_as_browsers_do(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    ["https://x:y@cairn.test", "https://cairn.test?x", "https://cairn.test:99999", "https:///x", "ftp://x"],
)
def test_an_address_that_makes_no_sense_is_refused(address):
    with pytest.raises(SettingError, match="CAIRN_PUBLIC_URL"):
        origin_of(address)


def test_production_takes_no_provider_that_lets_anybody_in(provider):
    with pytest.raises(SettingError, match="development"):
        Realm(None, [provider], "https://cairn.test", environment=Environment.PRODUCTION)
