"""Who is let in with what, and from where."""

import pytest

from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.graph.mutation import exposed
from cairn.graph.serve import Standing, Turned
from cairn.identity.door import lacking
from cairn.identity.providers import SCOPES
from identity.hostile import ISSUER, signed

WHO = "{ viewer { name } }"
OURS = "https://cairn.test"


@pytest.fixture
async def browser(house):
    found = house.browser()
    await found.sign_in()
    return found


async def posted(browser, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await browser.client.post("/graphql", json={"query": WHO}, headers=named)


async def got(browser, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await browser.get("/graphql", params={"query": WHO}, headers=named)


async def test_whoever_has_nothing_is_told_where_to_sign_in(house):
    answer = await house.browser().ask()
    assert answer.status_code == 401
    where = "https://cairn.test/.well-known/oauth-protected-resource"
    assert answer.headers["www-authenticate"] == f'Bearer realm="cairn", resource_metadata="{where}"'
    told = (await house.browser().get(where)).json()
    assert told.pop("scopes_supported") == sorted(SCOPES)
    assert told == {
        "resource": "https://cairn.test",
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
    }
    assert answer.json()["errors"][0]["message"] == f"sign in at {OURS}/auth/login, or send a bearer token"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        "https://sub.cairn.test",
        "https://cairn.test.evil.test",
        "https://cairn.test:8443",
        "http://cairn.test",
        "HTTPS://CAIRN.TEST",
        "https://cairn.test/",
        "null",
        "",
    ],
)
async def test_16_posts_with_a_cookie_from_elsewhere_are_refused(browser, origin):
    answer = await posted(browser, origin=origin)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_16_posts_that_hide_their_origin_are_refused_by_what_the_browser_says(browser, site):
    assert (await posted(browser, sec_fetch_site=site)).status_code == 403


async def test_16_posts_from_here_and_from_programs_are_answered(browser):
    assert (await posted(browser, origin=OURS)).status_code == 200
    assert (await posted(browser, origin=OURS, sec_fetch_site="same-origin")).status_code == 200
    assert (await posted(browser, sec_fetch_site="same-origin")).status_code == 200
    assert (await posted(browser)).status_code == 200


async def test_16_two_origins_must_both_be_ours(browser):
    headers = [("origin", OURS), ("origin", "https://evil.test")]
    answer = await browser.client.post("/graphql", json={"query": WHO}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_16_what_is_not_json_is_refused(browser, media_type):
    answer = await browser.client.post(
        "/graphql",
        content=b'{"query": "{ viewer { name } }"}',
        headers={"content-type": media_type, "origin": OURS},
    )
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "https://evil.test", "sec_fetch_site": "same-origin"},
    ],
    ids=str,
)
async def test_16_a_cookie_never_authorises_a_get_from_another_site(browser, headers):
    assert (await got(browser, **headers)).status_code == 403


async def test_16_gets_from_here_and_by_hand_are_answered(browser):
    for headers in ({}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": OURS}):
        assert (await got(browser, **headers)).status_code == 200, headers


async def test_16_a_bearer_token_needs_no_origin(house, idp):
    headers = {"authorization": f"Bearer {idp.access_token()}", "origin": "https://evil.test"}
    assert (await house.browser().ask(headers=headers)).status_code == 200


async def test_16_a_link_elsewhere_may_lead_a_person_to_a_page_but_not_a_script_to_its_data(house, browser):
    def scope(method="GET", **headers):
        given = [(b"cookie", f"__Host-cairn={browser.session}".encode())]
        given += [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
        return {"type": "http", "method": method, "headers": given}

    navigated = scope(sec_fetch_site=b"cross-site", sec_fetch_mode=b"navigate")
    assert isinstance(await house.door.enter(navigated, page=True), Standing)
    assert isinstance(await house.door.admit(navigated, page=True), Standing)
    assert isinstance(await house.door.enter(navigated), Turned)
    embedded = scope(sec_fetch_site=b"cross-site", sec_fetch_mode=b"no-cors")
    assert isinstance(await house.door.enter(embedded, page=True), Turned)
    posted_there = scope("POST", sec_fetch_site=b"cross-site", sec_fetch_mode=b"navigate")
    assert isinstance(await house.door.enter(posted_there, page=True), Turned)


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer a.b.c",
        "Bearer cairn_nonsense",
        "bearer x y",
        "Basic YTpi",
        "Token x",
        "",
        "Bearer \u00e9",
    ],
)
async def test_18_a_bad_bearer_with_a_good_cookie_never_falls_back(browser, authorization):
    answer = await browser.ask(headers={"authorization": authorization.encode("latin-1")})
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="cairn", error="invalid_token"')
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_18_two_credentials_are_none(browser, idp):
    headers = [("authorization", f"Bearer {idp.access_token()}")] * 2
    answer = await browser.client.post("/graphql", json={"query": WHO}, headers=headers)
    assert answer.status_code == 401


async def test_18_the_scheme_has_no_case(house, idp):
    assert (
        await house.browser().ask(headers={"authorization": f"bEARER {idp.access_token()}"})
    ).status_code == 200


async def test_18_a_bearer_that_is_good_counts_and_not_the_cookie(browser, people, idp):
    idp.subject, idp.person = "ben", {"email": "ben@cairn.test", "email_verified": True}
    answer = await browser.ask(headers={"authorization": f"Bearer {idp.access_token()}"})
    assert answer.json()["data"]["viewer"]["name"] == f"employee:{people.ben}"


async def test_18_a_token_of_nobody_here_is_invalid(house, idp):
    idp.subject, idp.person = "stranger", {"email": "stranger@cairn.test", "email_verified": True}
    answer = await house.browser().ask(headers={"authorization": f"Bearer {idp.access_token()}"})
    assert answer.status_code == 401


async def test_18_a_token_of_another_issuer_is_invalid(house, idp):
    claims = idp.access_claims(iss="https://evil.test")
    answer = await house.browser().ask(headers={"authorization": f"Bearer {signed(claims, typ='at+jwt')}"})
    assert answer.status_code == 401
    assert idp.asked["/jwks"] == 0


def test_18_who_lacks_a_permission_is_told_which():
    assert lacking(Viewer(scopes=frozenset()), Permission.WRITE_PEOPLE).status == 403
    answer = lacking(Viewer(), Permission.WRITE_PEOPLE)
    assert b'error="insufficient_scope"' in answer.headers[0][1]
    assert "people:write" in answer.message


async def test_whoever_has_nothing_does_nothing(house):
    for verb in exposed:
        answer = await house.browser().ask(
            f"mutation {{ {verb.graphql_name}(input: {{}}) {{ __typename }} }}"
        )
        assert answer.status_code == 401, verb.graphql_name
