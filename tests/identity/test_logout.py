"""Signing out: here, and because the identity provider says so."""

import pytest

from identity.hostile import CLIENT, GONE, RSA_2, In, floods, hangs, says, signed

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
async def browser(house):
    found = house.browser()
    await found.sign_in()
    return found


async def told(house, token, **given):
    """The answer to a logout token, as the provider sends it."""
    client = house.browser().client
    given = given or {"data": {"logout_token": token}}
    return await client.post("/auth/backchannel-logout", **given)


async def logged_out(house, idp, **changes):
    return await told(house, signed(idp.logout_claims(**changes), typ="logout+jwt"))


async def test_01_signing_out_ends_the_session_and_takes_the_cookie(house, browser):
    answer = await browser.post("/auth/logout")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert browser.session is None
    rows = await house.sql("select ending from session")
    assert [row["ending"] for row in rows] == ["SIGNED_OUT"]


async def test_03_back_channel_logout_by_sid_ends_that_session(house, idp, browser):
    other = house.browser()
    idp.sid = "sid-2"
    await other.sign_in()
    assert await browser.who() == await other.who() is not None
    answer = await logged_out(house, idp, sid="sid-1", sub=GONE)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert await browser.who() is None
    assert await other.who() is not None


async def test_03_back_channel_logout_by_sub_ends_all_of_theirs(house, idp, browser):
    second, another = house.browser(), house.browser()
    idp.sid = "sid-2"
    await second.sign_in()
    idp.subject, idp.person, idp.sid = "ben", {"email": "ben@cairn.test", "email_verified": True}, "sid-3"
    await another.sign_in()
    assert (await logged_out(house, idp, sid=GONE, sub="ada")).status_code == 200
    assert await browser.who() is None
    assert await second.who() is None
    assert await another.who() is not None


async def test_03_a_sid_of_somebody_else_ends_nothing(house, idp, browser):
    assert (await logged_out(house, idp, sid="sid-1", sub="ben")).status_code == 200
    assert await browser.who() is not None


async def test_22_an_unknown_sid_is_200(house, idp, browser):
    assert (await logged_out(house, idp, sid="never heard of", sub=GONE)).status_code == 200
    assert await browser.who() is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "x"},
        {"nonce": None},
        {"events": GONE},
        {"events": {}},
        {"events": {"http://evil.test": {}}},
        {"events": {EVENT: True}},
        {"events": [EVENT]},
        {"events": EVENT},
        {"sub": GONE, "sid": GONE},
        {"sub": "", "sid": ""},
        {"sub": 7},
        {"sid": ["sid-1"]},
        {"jti": GONE},
        {"jti": ""},
        {"jti": 7},
        {"iat": GONE},
        {"iat": "now"},
        {"iat": In(-3600)},
        {"iat": In(3600)},
        {"exp": In(-3600)},
        {"exp": "later"},
        {"aud": "another"},
        {"aud": GONE},
        {"aud": []},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://evil.test"},
        {"iss": GONE},
    ],
    ids=str,
)
async def test_22_a_logout_token_that_is_none_is_refused(house, idp, browser, changes):
    answer = await logged_out(house, idp, **changes)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert await browser.who() is not None


@pytest.mark.parametrize("typ", ["at+jwt", "id+jwt", "secevent+jwt", 7])
async def test_22_a_logout_token_of_another_type_is_refused(house, idp, browser, typ):
    assert (await told(house, signed(idp.logout_claims(), typ=typ))).status_code == 400
    assert await browser.who() is not None


@pytest.mark.parametrize("typ", ["logout+jwt", "JWT", GONE])
async def test_22_the_types_of_logout_tokens(house, idp, browser, typ):
    assert (await told(house, signed(idp.logout_claims(), typ=typ))).status_code == 200
    assert await browser.who() is None


async def test_22_an_id_token_is_no_logout_token(house, idp):
    assert (await told(house, idp.make_id_token("n", "a"))).status_code == 400


async def test_22_a_logout_token_is_obeyed_once(house, idp):
    token = signed(idp.logout_claims(), typ="logout+jwt")
    assert (await told(house, token)).status_code == 200
    again = house.browser()
    await again.sign_in()
    assert (await told(house, token)).status_code == 400
    assert await again.who() is not None


async def test_22_a_forged_logout_token_is_refused(house, idp, browser):
    for forged in (
        signed(idp.logout_claims(), key=RSA_2, typ="logout+jwt", kid="rsa-1"),
        signed(idp.logout_claims(), key=None, alg="none", typ="logout+jwt"),
    ):
        assert (await told(house, forged)).status_code == 400
    assert await browser.who() is not None


@pytest.mark.parametrize(
    "given",
    [
        {"json": {"logout_token": "x"}},
        {"content": b"logout_token=x"},
        {"data": {}},
        {"data": {"logout_token": ""}},
        {"data": {"logout_token": ["a.b.c", "d.e.f"]}},
        {
            "content": b"logout_token=" + b"x" * 300_000,
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        {"content": b"\xff\xfe", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    ],
    ids=", ".join,
)
async def test_22_what_is_no_form_with_a_token_is_refused(house, given):
    assert (await told(house, None, **given)).status_code == 400


async def test_09_a_logout_token_that_cannot_be_checked_is_503(house, idp):
    idp.instead["/jwks"] = says(503)
    answer = await logged_out(house, idp)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_25_a_get_signs_nobody_out_but_offers_a_button(browser):
    answer = await browser.get("/auth/logout", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert '<form method="post" action="/auth/logout">' in answer.text
    assert await browser.who() is not None


async def test_25_once_signed_out_it_says_so(house):
    assert "You are signed out" in (await house.browser().get("/auth/logout")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "https://sub.cairn.test"},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
async def test_25_another_site_cannot_sign_anybody_out(browser, headers):
    answer = await browser.client.post("/auth/logout", headers=headers)
    assert answer.status_code == 403
    assert await browser.who() is not None


async def test_26_a_post_redirects_with_303(browser):
    answer = await browser.post("/auth/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/logout")


async def test_26_and_on_to_the_provider_where_it_ends_sessions_too(house, idp):
    idp.discovery = {"end_session_endpoint": "https://idp.test/bye?x=1"}
    browser = house.browser()
    await browser.sign_in()
    asked = await browser.get("/auth/logout")
    assert "form-action 'self' https://idp.test" in asked.headers["content-security-policy"]
    answer = await browser.post("/auth/logout")
    address = answer.next_request.url
    assert answer.status_code == 303
    assert (address.host, address.path) == ("idp.test", "/bye")
    assert dict(address.params) == {
        "x": "1",
        "client_id": CLIENT,
        "post_logout_redirect_uri": "https://cairn.test/auth/logout",
        "logout_hint": "sid-1",
    }


async def test_signing_out_works_while_the_provider_is_away(idp, browser):
    for path in ("/.well-known/openid-configuration", "/jwks", "/token"):
        idp.instead[path] = hangs
    assert (await browser.post("/auth/logout")).status_code == 303
    assert await browser.who() is None


async def test_signing_out_twice_harms_nobody(browser):
    assert (await browser.post("/auth/logout")).status_code == 303
    assert (await browser.post("/auth/logout")).status_code == 303


async def test_a_defect_is_a_page_with_an_id_and_nothing_else(house, monkeypatch, caplog):
    async def fails():
        raise RuntimeError("what nobody should read")

    monkeypatch.setattr(house.issuer, "metadata", fails)
    answer = await house.browser().get("/auth/login")
    assert answer.status_code == 500
    assert "nobody should read" not in answer.text
    id_ = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert f"defect {id_}" in caplog.text


async def test_a_flood_of_a_logout_token_end_point_is_the_providers_shame(house, idp):
    idp.instead["/jwks"] = floods
    assert (await logged_out(house, idp)).status_code == 503
