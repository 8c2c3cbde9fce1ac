"""The API of Open Badges 3.0, as an app uses it that a person let in."""

import json
import re
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from jsonschema import Draft201909Validator

from credentials.earning import REVOKE
from web.apps import (
    ALL,
    API,
    ASKED,
    BACK,
    PROFILE,
    READ,
    SCHEMA,
    App,
    awarded,
    connected,
    decided,
    minor,
    said,
)
from web.test_outside import signed_outside
from world import id_of


async def test_an_app_finds_all_it_needs_and_is_let_in_by_a_person(house, ask, world):
    id_ = await awarded(house, ask, world)
    found = (await house.client().get(f"{API}/discovery")).json()
    assert found["openapi"].startswith("3.0.")
    assert {"title", "version", "termsOfService", "x-imssf-privacyPolicyUrl"} <= found["info"].keys()
    scheme = found["components"]["securitySchemes"]["OAuth2ACG"]
    flow = scheme["flows"]["authorizationCode"]
    assert set(flow["scopes"]) == set(ALL.split())
    for path, item in found["paths"].items():
        assert (await house.client().get(f"{API}{path}")).status_code in {200, 401}, path
        assert all(each.get("security") for name, each in item.items() if path != "/discovery"), path

    answer = await house.client().post(scheme["x-imssf-registrationUrl"], json=ASKED)
    told = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert {name: told[name] for name in ASKED} == ASKED
    assert told["client_secret_expires_at"] == 0
    app = App(house, told)
    assert app.ask().startswith(flow["authorizationUrl"])
    browser = await house.browser("Cleo")
    page = await browser.get(app.ask())
    assert "<strong>Cleo Test</strong>" in page.text
    assert "Let Wallet act for you?" in page.text
    assert page.text.count("wallet.example</strong> may") == 1
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "form-action 'self' https://wallet.example;" in page.headers["content-security-policy"]

    back = await decided(browser, app.ask())
    assert back.startswith(f"{BACK}?")
    assert (said(back)["scope"], said(back)["iss"]) == (ALL, house.address)
    tokens = await app.tokens(back)
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, ALL)

    answer = await app.get("/credentials")
    assert (answer.status_code, answer.headers["x-total-count"]) == (200, "1")
    [document] = answer.json()["credential"]
    assert document["id"] == f"{house.address}/credentials/{id_}"
    assert document == (await house.client().get(f"/credentials/{id_}.json")).json()
    profile = (await app.get("/profile")).json()
    assert (profile["name"], profile["email"]) == ("Cleo Test", "cleo@example.com")
    assert profile.pop("@context") == ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
    defs = json.loads(SCHEMA.read_bytes())["$defs"]
    Draft201909Validator({"$defs": defs, "$ref": "#/$defs/Profile"}).validate(profile)
    verbs = await house.rows("select verb, viewer from audit_entry where verb like 'app.%' order by id")
    assert verbs == [("app.register", "public"), ("app.connect", f"employee:{id_of('Cleo')}")]


async def test_its_token_opens_nothing_else_and_nothing_else_opens_the_api(house):
    app = await connected(house)
    token = app.client.token["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    anybody = house.client()
    asked = {"query": "{ viewer { name } }"}
    assert (await anybody.post("/graphql", json=asked, headers=bearer)).status_code == 401
    for path in (
        "/me/export.zip",
        "/scim/v2/Users",
        "/audit.ndjson",
        "/me/apps",
        "/files/" + str(id_of("x")),
    ):
        assert (await anybody.get(path, headers=bearer)).status_code in {303, 401, 403}, path
    browser = await house.browser("Cleo")
    for path in ("/credentials", "/profile"):
        assert minor(await browser.get(f"{API}{path}")) == (401, "unauthorizedrequest")
        for wrong in ("Bearer nonsense", f"Basic {token}", f"Bearer {app.client.token['refresh_token']}"):
            answer = await anybody.get(f"{API}{path}", headers={"authorization": wrong})
            assert minor(answer) == (401, "unauthorizedrequest")
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert minor(await anybody.get(f"{API}{path}?access_token={token}"))[0] == 401
    assert minor(await anybody.get(f"{API}/nothing", headers=bearer)) == (404, "not_found")
    assert minor(await anybody.delete(f"{API}/profile", headers=bearer)) == (405, "not_allowed")


async def test_a_scope_that_was_not_allowed_is_not_there(house):
    app = await connected(house, scope=f"{READ} offline_access")
    assert (await app.get("/credentials")).status_code == 200
    answer = await app.get("/profile")
    assert minor(answer) == (403, "forbidden")
    assert f'error="insufficient_scope", scope="{PROFILE}"' in answer.headers["www-authenticate"]
    posted = await app.client.post(f"{house.address}{API}/credentials", content="{}")
    assert minor(posted) == (403, "forbidden")
    token_url = f"{house.address}/oauth/token"
    with pytest.raises(OAuthError, match="invalid_scope"):
        await app.client.refresh_token(token_url, scope=f"{READ} {PROFILE}")
    await app.client.refresh_token(token_url, scope=READ)
    assert app.client.token["scope"] == READ
    assert (await app.get("/credentials")).status_code == 200


async def test_pages_of_credentials(house, ask, world):
    for n in range(5):
        await awarded(house, ask, world, f"badge-{n}")
    app = await connected(house)
    every = (await app.get("/credentials")).json()["credential"]
    found = []
    here: str | None = "/credentials?limit=2"
    while here is not None:
        answer = await app.get(here.partition(API)[2] or here)
        assert answer.headers["x-total-count"] == "5"
        found += answer.json()["credential"]
        links = {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["link"])}
        assert said(links["first"])["offset"] == "0"
        assert said(links["last"])["offset"] == "4"
        assert ("prev" in links) == (len(found) > 2)
        here = links.get("next")
    assert found == every
    assert len(every) == 5
    rows = await house.rows("select signed_at from signed_document order by signed_at, id")
    since = rows[2][0].isoformat().replace("+00:00", "Z")
    later = await app.get("/credentials", params={"since": since})
    assert later.json()["credential"] == every[3:]
    assert (await app.get("/credentials?offset=7")).json()["credential"] == []
    for wrong in ("limit=0", "limit=x", "limit=-1", "offset=-1", "offset=1.5", "since=yesterday"):
        assert minor(await app.get(f"/credentials?{wrong}")) == (400, "invalid_query_parameter"), wrong


async def test_what_is_revoked_or_hidden_is_not_given(house, ask, world):
    first, second = await awarded(house, ask, world, "one"), await awarded(house, ask, world, "two")
    app = await connected(house)
    await ask.do(REVOKE, {"award": f"Award:{first}", "reason": "Copied"}, viewer=world.viewer("Lena"))
    [left] = (await app.get("/credentials")).json()["credential"]
    assert left["id"].endswith(second)
    await house.rows("update award set is_hidden = true")
    assert (await app.get("/credentials")).json() == {"credential": [], "compactJwsString": []}


async def test_an_app_adds_a_credential_once_it_is_checked(house, ask, world):
    id_ = await awarded(house, ask, world)
    app = await connected(house)
    ours = (await house.client().get(f"/credentials/{id_}.json")).json()
    url = f"{house.address}{API}/credentials"

    async def post(document: Any, media: str = "application/vc+ld+json") -> Any:
        body = document if isinstance(document, str) else json.dumps(document)
        return await app.client.post(url, content=body, headers={"content-type": media})

    diploma = signed_outside(ours, id="urn:uuid:0e0a6f1e-4c2b-4d51-9c2a-0b8f6c1d2e3f", name="Diploma")
    answer = await post(diploma)
    assert (answer.status_code, answer.json()) == (201, diploma)
    assert (await post(diploma)).status_code == 200
    newer = signed_outside(ours, id=diploma["id"], name="Diploma with honours")
    assert (await post(newer)).status_code == 200
    assert (await app.get("/credentials")).json()["credential"] == [ours, newer]
    assert await house.rows("select name, state from outside_credential") == [
        ("Diploma with honours", "VERIFIED")
    ]
    ben = {"type": "IdentityObject", "hashed": False, "identityHash": "Ben Test", "identityType": "name"}
    of_ben = {"identifier": [ben]}
    for wrong in (
        {**newer, "name": "Doctorate"},
        signed_outside(ours, id="urn:uuid:1", validUntil="2025-01-01T00:00:00Z"),
        signed_outside(ours, id="urn:uuid:2", credentialSubject={**ours["credentialSubject"], **of_ben}),
        {"type": ["VerifiableCredential"]},
        "no credential",
        "[]",
    ):
        assert minor(await post(wrong)) == (422, "invalid_data"), wrong
    assert (await post(ours)).status_code == 200
    jwt = (await house.client().get(f"/credentials/{id_}.jwt")).text
    answer = await post(jwt, "text/plain")
    assert (answer.status_code, answer.text, answer.headers["content-type"].partition(";")[0]) == (
        200,
        jwt,
        "text/plain",
    )
    assert len(await house.rows("select 1 from outside_credential")) == 1
    by = await house.rows("select viewer, on_behalf_of_id from audit_entry where verb = 'outside.bring'")
    assert set(by) == {("app:Wallet", id_of("Cleo"))}


async def test_a_profile_takes_what_people_say_of_themselves_and_nothing_else(house):
    app = await connected(house)
    url = f"{house.address}{API}/profile"
    known = (await app.client.get(url)).json()
    told = {**known, "description": "Asks databases", "url": "https://cleo.example"}
    answer = await app.client.put(url, json=told)
    assert (answer.status_code, answer.json()) == (200, told)
    assert (await app.client.get(url)).json() == told
    for changes, expected in (
        ({"name": "Queen Cleo"}, (403, "forbidden")),
        ({"email": "cleo@elsewhere.example"}, (403, "forbidden")),
        ({"id": "urn:uuid:1"}, (403, "forbidden")),
        ({"dateOfBirth": "2000-01-01"}, (422, "invalid_data")),
        ({"url": "javascript:alert(1)"}, (422, "invalid_data")),
        ({"description": "x" * 2001}, (422, "invalid_data")),
        ({"type": ["Person"]}, (422, "invalid_data")),
    ):
        assert minor(await app.client.put(url, json={**told, **changes})) == expected, changes
    assert minor(await app.client.put(url, content="[]")) == (422, "invalid_data")
    assert (await app.client.get(url)).json() == told
    assert (await app.client.put(url, json={"type": "Profile"})).json() == known
    other = await connected(house)
    assert (await other.client.get(url)).json()["id"] != known["id"], "apps cannot compare whom they know"
