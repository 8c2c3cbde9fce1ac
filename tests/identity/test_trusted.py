"""Several identity providers at once: a file that describes them, and who signs in where as whom."""

import dataclasses
import json
import re

import pytest

from cairn.access.permissions import Permission, Role
from cairn.identity.providers import SCOPES, Provider
from cairn.identity.trusted import of_settings
from cairn.settings import Environment, SettingError, Settings
from identity.conftest import opened
from identity.hostile import AUDIENCE, CLIENT, GONE, SECRET, HostileProvider, In, hangs, signed

SITE = "https://cairn.test"
NORTH, SOUTH = "https://login.north.test", "https://login.south.test/realms/south"

WHOLE = """
[[provider]]
issuer = "https://login.north.test"
label = "North"
client_id = "cairn-at-north"
client_secret = "hidden in the file"
audience = "https://api.north.test"
scopes = "email groups"
role_claim = "realm_access.roles"
number_claim = "attributes.employee_number"
roles = { "hr" = "PEOPLE_ADMIN", "client:payroll" = "HRIS" }
scope_map = { "api.read" = "people:read", "api.audit" = "READ_AUDIT" }
email_domains = ["North.test", "@n.test"]
sources = ["north-hris"]
userinfo = false
vouches_for_emails = true
plain_access_tokens = true
trusted_audiences = ["portal"]
max_age = 3600

[[provider]]
issuer = "https://login.south.test/realms/south"
"""


def named(tmp_path, text, *, env=Environment.PRODUCTION, **more):
    """The providers of a file with that text."""
    file = tmp_path / "providers"
    file.write_text(text)
    return of_settings(Settings(env=env, oidc_providers=file, **more), SITE)


def test_a_file_says_all_that_was_agreed_with_each(tmp_path):
    north, south = named(tmp_path, WHOLE)
    assert north == Provider(
        issuer=NORTH,
        client_id="cairn-at-north",
        audience="https://api.north.test",
        client_secret="hidden in the file",
        scopes=("openid", "email", "groups"),
        role_claim="realm_access.roles",
        roles={"hr": Role.PEOPLE_ADMIN, "client:payroll": Role.HRIS},
        permissions={"api.read": Permission.READ_PEOPLE, "api.audit": Permission.READ_AUDIT},
        number_claim="attributes.employee_number",
        label="North",
        email_domains=frozenset({"north.test", "n.test"}),
        sources=frozenset({"north-hris"}),
        reads_userinfo=False,
        vouches_for_emails=True,
        plain_access_tokens=True,
        trusted_audiences=frozenset({"portal"}),
        max_age=3600,
    )
    assert south == Provider(SOUTH, "cairn", SITE, label="login.south.test", permissions=SCOPES)
    assert "hidden" not in repr(north)


def test_the_file_may_be_json_and_keep_the_secret_elsewhere(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden elsewhere\n")
    given = {"provider": [{"issuer": NORTH, "client_secret_file": str(secret)}]}
    [north] = named(tmp_path, json.dumps(given), env=Environment.DEVELOPMENT)
    assert (north.client_secret, north.development) == ("hidden elsewhere", True)


def one(**changes):
    return json.dumps({"provider": [{"issuer": NORTH, **changes}]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("issuer: x", "is neither TOML nor JSON"),
        ("{", "is neither TOML nor JSON"),
        ("", "must have 1 to 100 tables"),
        ("[provider]\nissuer = 'https://x.test'", "must have 1 to 100 tables"),
        ('{"provider": [], "x": 1}', "must have 1 to 100 tables"),
        ("[[provider]]\nlabel = 'North'", "provider 1: issuer: Field required"),
        ('{"provider": [7]}', "provider 1: Input should be"),
        (one(issuer="login.north.test"), "provider 1 (login.north.test): issuer: must be an https address"),
        (one(issuer="http://login.north.test"), "issuer: must be an https address"),
        (one(issuer=f"{NORTH}?x"), "issuer: must be an https address"),
        (one(issuer="https://x.test:99999"), "issuer: must be an https address"),
        (one(colour="red"), "colour: Extra inputs are not permitted"),
        (one(roles={"hr": "WIZARD"}), "roles.hr: 'WIZARD' is none of AUDITOR, EMPLOYEE"),
        (one(scope_map={"x": "fly"}), "scope_map.x: 'fly' is none of access:manage"),
        (one(email_domains=["north"]), "email_domains.0: must be the part of an address after @"),
        (one(max_age=-1), "max_age: Input should be greater"),
        (one(scopes=7), "scopes: Input should be a valid list"),
        (one(client_id=""), "client_id: String should have at least 1"),
        (one(client_secret="a", client_secret_file="/b"), "both given; keep one"),
        (one(client_secret_file="/nowhere/at/all"), "client_secret_file: /nowhere/at/all cannot be read"),
        (one(plain_access_tokens=True, audience="cairn"), "plain_access_tokens: only with an audience"),
        (
            json.dumps({"provider": [{"issuer": NORTH}] * 2}),
            "issuer: https://login.north.test is given twice",
        ),
        (
            json.dumps({"provider": [{"issuer": NORTH, "label": "x"}, {"issuer": SOUTH, "label": "x"}]}),
            "label: x is given twice",
        ),
        (
            json.dumps(
                {"provider": [{"issuer": each, "email_domains": ["a.test"]} for each in (NORTH, SOUTH)]}
            ),
            "email_domains: a.test is given twice",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_provider_and_field(tmp_path, text, says):
    with pytest.raises(SettingError, match=re.escape(says)) as caught:
        named(tmp_path, text)
    assert str(caught.value).startswith("CAIRN_OIDC_PROVIDERS: ")


def test_no_secret_is_quoted_by_what_is_wrong_with_it(tmp_path):
    with pytest.raises(SettingError) as caught:
        named(tmp_path, one(client_secret=["hidden"]))
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_not_there_or_has_no_end_is_refused(tmp_path):
    with pytest.raises(SettingError, match="cannot be read"):
        of_settings(Settings(oidc_providers=tmp_path / "none"), SITE)
    with pytest.raises(SettingError, match="longer than"):
        named(tmp_path, "#" * 1_000_001)


def test_one_provider_in_the_environment_and_several_in_a_file_do_not_mix(tmp_path):
    with pytest.raises(SettingError, match="CAIRN_OIDC_ISSUER: CAIRN_OIDC_PROVIDERS is set too"):
        named(tmp_path, one(), oidc_issuer=SOUTH)


def test_the_environment_says_what_scopes_mean():
    given = Settings(oidc_issuer=NORTH, oidc_scope_map="api.read=people:read, api.audit=READ_AUDIT")
    [provider] = of_settings(given, SITE)
    assert provider.permissions == {"api.read": Permission.READ_PEOPLE, "api.audit": Permission.READ_AUDIT}
    with pytest.raises(SettingError, match="CAIRN_OIDC_SCOPE_MAP: 'fly' is none of"):
        of_settings(Settings(oidc_issuer=NORTH, oidc_scope_map="x=fly"), SITE)


@pytest.fixture
def south():
    found = HostileProvider("https://south.test")
    yield found
    assert found.broken == []


@pytest.fixture
async def group(database, people, schema, idp, south, tmp_path):
    """Two companies, each with an identity provider; Ada and Eve are North's people, Ben is South's."""
    text = f"""
        [[provider]]
        issuer = "{idp.issuer}"
        label = "North"
        client_secret = "{SECRET}"
        email_domains = ["cairn.test"]
        sources = ["north"]
        roles = {{ "auditors" = "AUDITOR" }}

        [[provider]]
        issuer = "{south.issuer}"
        label = "South & Sons"
        email_domains = ["south.test"]
        sources = ["south"]
        role_claim = "realm_access.roles"
        roles = {{ "hr" = "PEOPLE_ADMIN" }}
    """
    providers = named(tmp_path, text)

    async def both(scope, receive, send):
        host = dict(scope["headers"])[b"host"]
        await (south if host == b"south.test" else idp)(scope, receive, send)

    async with opened(database, schema, providers, both) as house:
        for name, source in (("ada", "north"), ("eve", "north"), ("ben", "south")):
            await house.sql(
                "update employee set source = :source, external_id = :name where id = :id",
                source=source,
                name=name,
                id=getattr(people, name),
            )
        await house.sql("update employee set email = 'ben@south.test' where id = :ben", ben=people.ben)
        house.people = people
        yield house


async def signed_in(house, **chosen):
    """A browser that has signed in where that leads, and the answer of the callback."""
    browser = house.browser()
    login = await browser.get("/auth/login", params={"next": "/graphql", **chosen})
    back = await browser.get(login.headers["location"])
    return browser, await browser.get(back.headers["location"])


async def test_people_choose_by_button_or_by_their_address(group, south):
    south.person = {"email": "ben@south.test", "email_verified": True}
    choice = await group.browser().get("/auth/login?next=/matrix")
    assert choice.status_code == 200
    assert "Sign in with North" in choice.text
    assert "Sign in with South &amp; Sons" in choice.text
    assert 'type="email"' in choice.text
    assert choice.text.count('name="next" value="/matrix"') == 3
    for chosen in ({"provider": south.issuer}, {"login_hint": " Ben@South.test "}):
        browser, answer = await signed_in(group, **chosen)
        assert answer.headers["location"] == "/graphql"
        assert await browser.who() == f"employee:{group.people.ben}"


async def test_the_address_is_a_hint_to_the_provider_it_leads_to(group):
    login = await group.browser().get("/auth/login", params={"login_hint": "ben@south.test"})
    assert login.next_request.url.host == "south.test"
    assert login.next_request.url.params["login_hint"] == "ben@south.test"


@pytest.mark.parametrize("hint", ["kim@elsewhere.test", "kim@sub.south.test", "south.test@evil.test"])
async def test_an_address_of_no_providers_domain_is_told_so_and_goes_nowhere(group, hint):
    answer = await group.browser().get("/auth/login", params={"login_hint": hint})
    assert answer.status_code == 200
    assert "Nobody is known to sign in with an address of that domain" in answer.text
    assert hint not in answer.text


async def test_without_domains_there_are_buttons_alone(database, people, schema, provider, idp):  # noqa: ARG001
    other = dataclasses.replace(provider, issuer="https://other.test", label="Other")
    async with opened(database, schema, [provider, other], idp) as house:
        answer = await house.browser().get("/auth/login")
    assert "Sign in with Other" in answer.text
    assert 'type="email"' not in answer.text


async def test_04_a_provider_vouches_for_addresses_in_its_own_domains_alone(group, south):
    """Whoever runs South's provider can have it say anything, but not that they are Ada of North."""
    south.person = {"email": "ada@cairn.test", "email_verified": True}
    _, answer = await signed_in(group, provider=south.issuer)
    assert answer.status_code == 403
    assert await group.sql("select * from identity") == []


async def test_04_nor_for_the_numbers_of_anothers_people(group, south, idp):
    south.person = {"employee_number": "E1"}
    _, answer = await signed_in(group, provider=south.issuer)
    assert answer.status_code == 403
    idp.person = {"employee_number": "E1"}
    browser, _ = await signed_in(group, provider=idp.issuer)
    assert await browser.who() == f"employee:{group.people.ada}"


async def test_roles_are_each_providers_own(group, south, idp):
    """South's `auditors` mean nothing, and its roles lie deeper in the claims."""
    south.person = {
        "email": "ben@south.test",
        "email_verified": True,
        "groups": ["auditors"],
        "realm_access": {"roles": ["hr", "auditors"]},
    }
    idp.person["groups"] = ["auditors", "hr"]
    found = {}
    for provider in (idp, south):
        browser, _ = await signed_in(group, provider=provider.issuer)
        answer = await browser.ask("{ viewer { roles } }")
        found[provider.issuer] = answer.json()["data"]["viewer"]["roles"]
    assert found == {idp.issuer: ["AUDITOR", "EMPLOYEE"], south.issuer: ["EMPLOYEE", "PEOPLE_ADMIN"]}


async def test_bearer_tokens_of_each_are_checked_with_its_own_keys_and_settings(group, south, idp):
    south.person = {"email": "ben@south.test", "email_verified": True}
    for provider, who in ((idp, group.people.ada), (south, group.people.ben)):
        headers = {"authorization": f"Bearer {provider.access_token()}"}
        answer = await group.browser().ask(headers=headers)
        assert answer.json()["data"]["viewer"]["name"] == f"employee:{who}"
    forged = signed(idp.access_claims(iss=south.issuer, kid=GONE), typ="at+jwt", kid="north's")
    answer = await group.browser().ask(headers={"authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


async def test_03_each_ends_only_what_it_began(group, south, idp):
    """The same subject and the same sid at both."""
    south.subject, south.person = idp.subject, {"email": "ben@south.test", "email_verified": True}
    ada, _ = await signed_in(group, provider=idp.issuer)
    ben, _ = await signed_in(group, provider=south.issuer)
    notice = signed(south.logout_claims(), typ="logout+jwt")
    answer = await group.browser().client.post("/auth/backchannel-logout", data={"logout_token": notice})
    assert answer.status_code == 200
    assert await ben.who() is None
    assert await ada.who() == f"employee:{group.people.ada}"


async def test_13_one_that_is_away_does_not_keep_the_other_from_signing_in(group, south, idp):
    south.instead["/.well-known/openid-configuration"] = hangs
    answer = await group.browser().get("/auth/login", params={"provider": south.issuer})
    assert answer.status_code == 503
    browser, _ = await signed_in(group, provider=idp.issuer)
    assert await browser.who() is not None


@pytest.mark.usefixtures("people")
async def test_an_age_that_was_agreed_is_asked_for_and_checked(database, schema, provider, idp):
    strict = dataclasses.replace(provider, max_age=600)
    async with opened(database, schema, [strict], idp) as house:
        login = await house.browser().get("/auth/login")
        assert login.next_request.url.params["max_age"] == "600"
        for since, status in (
            (GONE, 502),
            ("now", 502),
            (True, 502),
            (In(-3600), 502),
            (In(-640), 303),
            (In(-10), 303),
        ):
            idp.id_token = {"auth_time": since}
            assert (await house.browser().sign_in()).status_code == status, since


async def test_where_none_was_agreed_none_is_asked_for(house):
    login = await house.browser().get("/auth/login?prompt=none&max_age=1")
    assert {"max_age", "prompt"} & set(login.next_request.url.params) == set()


async def test_whoever_is_refused_can_sign_in_with_another_account(house, idp):
    idp.subject, idp.person = "stranger", {}
    answer = await house.browser().sign_in("/graphql?query=x")
    assert answer.status_code == 403
    assert "Sign in with another account" in answer.text
    assert 'name="next" value="/graphql?query=x"' in answer.text
    assert 'name="prompt" value="select_account"' in answer.text
    again = await house.browser().get("/auth/login?prompt=select_account")
    assert again.next_request.url.params["prompt"] == "select_account"


def test_the_audience_of_plain_tokens_must_not_be_the_client():
    with pytest.raises(SettingError):
        Provider("https://idp.test", CLIENT, CLIENT, plain_access_tokens=True)
    assert Provider("https://idp.test", CLIENT, AUDIENCE, plain_access_tokens=True).plain_access_tokens
