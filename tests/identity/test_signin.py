"""Signing in, against an identity provider that is honest unless a test says otherwise."""

import asyncio
import dataclasses
import time
from http.cookies import SimpleCookie

import pytest

from cairn.identity import signin
from identity.conftest import House, opened
from identity.hostile import GONE, HostileProvider, drips, floods, hangs, says
from identity.people import terminate


async def test_signing_in_leads_to_where_one_wanted_to_go(house, people):
    browser = house.browser()
    answer = await browser.sign_in("/graphql?query=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/graphql?query=x")
    assert await browser.who() == f"employee:{people.ada}"


async def test_the_request_to_the_provider_is_a_code_flow_with_pkce(house):
    login = await house.browser().get("/auth/login")
    asked = login.next_request.url.params
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == "https://cairn.test/auth/callback"
    assert set(asked["scope"].split()) >= {"openid", "email"}
    assert asked["nonce"] != asked["state"]


@pytest.mark.usefixtures("people")
async def test_without_a_provider_nobody_can_sign_in_and_the_page_says_why(database, schema, idp):
    async with opened(database, schema, [], idp) as house:
        answer = await house.browser().get("/auth/login")
    assert answer.status_code == 503
    assert "CAIRN_OIDC_ISSUER" in answer.text


async def test_04_an_unverified_email_never_links_an_account(house, idp):
    for verified in (False, "false", "true", 1, None, GONE):
        idp.person = {"email": "ada@cairn.test", "groups": []}
        idp.id_token = {"email_verified": verified}
        idp.userinfo = {"email": GONE}
        browser = house.browser()
        answer = await browser.sign_in()
        assert answer.status_code == 403, verified
        assert browser.session is None
    assert await house.sql("select * from identity") == []


async def test_04_a_verified_email_links_the_account_once_and_then_the_account_counts(house, people, idp):
    await house.browser().sign_in()
    idp.person = {"email": "ben@cairn.test", "email_verified": True}
    browser = house.browser()
    await browser.sign_in()
    assert await browser.who() == f"employee:{people.ada}"


async def test_04_a_verified_email_does_not_take_an_employee_from_another_account(house, idp):
    await house.browser().sign_in()
    idp.subject = "somebody who was given the address later"
    answer = await house.browser().sign_in()
    assert answer.status_code == 403


async def test_04_the_employee_number_links_whatever_the_email_says(house, people, idp):
    idp.person = {"email": "ada@cairn.test", "email_verified": False, "employee_number": "E2"}
    browser = house.browser()
    await browser.sign_in()
    assert await browser.who() == f"employee:{people.ben}"


async def test_04_the_employee_number_moves_the_link_and_ends_what_the_old_account_began(house, people, idp):
    idp.person = {"employee_number": "E1"}
    before, after = house.browser(), house.browser()
    await before.sign_in()
    idp.subject = "ada's new account"
    await after.sign_in()
    assert await after.who() == f"employee:{people.ada}"
    assert await before.who() is None


async def test_04_userinfo_does_not_verify_the_address_of_the_id_token(house, idp):
    idp.id_token = {"email": "ada@cairn.test", "email_verified": GONE, "groups": GONE}
    idp.person = {"email": "mallory@elsewhere.test", "email_verified": True}
    assert (await house.browser().sign_in()).status_code == 403


async def test_04_a_provider_with_domains_vouches_for_addresses_in_those_alone(
    database,
    people,  # noqa: ARG001  # they work there
    schema,
    provider,
    idp,
):
    for domains, status in (({"elsewhere.test"}, 403), ({"test"}, 403), ({"cairn.test"}, 303)):
        there = dataclasses.replace(provider, email_domains=frozenset(domains))
        async with opened(database, schema, [there], idp) as house:
            assert (await house.browser().sign_in()).status_code == status, domains


async def test_04_a_number_deep_in_the_claims_is_found(database, people, schema, provider, idp):
    there = dataclasses.replace(provider, number_claim="attributes.employee_number")
    idp.person = {"attributes": {"employee_number": "E2"}}
    async with opened(database, schema, [there], idp) as house:
        browser = house.browser()
        await browser.sign_in()
        assert await browser.who() == f"employee:{people.ben}"


@pytest.mark.parametrize("sender", ["https://evil.test", "https://idp.test/", "HTTPS://idp.test", ""])
async def test_05_a_wrong_iss_is_refused_before_the_code_is_exchanged(house, idp, sender):
    idp.answer = {"iss": sender}
    browser = house.browser()
    answer = await browser.sign_in()
    assert answer.status_code == 400
    assert idp.asked["/token"] == 0
    assert browser.session is None


async def test_05_a_missing_iss_is_refused_where_it_is_advertised(house, idp):
    idp.discovery = {"authorization_response_iss_parameter_supported": True}
    answer = await house.browser().sign_in()
    assert answer.status_code == 400
    assert idp.asked["/token"] == 0


async def test_05_the_right_iss_is_taken(house, people, idp):
    idp.discovery = {"authorization_response_iss_parameter_supported": True}
    idp.answer = {"iss": idp.issuer}
    browser = house.browser()
    await browser.sign_in()
    assert await browser.who() == f"employee:{people.ada}"


async def test_10_two_tabs_that_sign_in_at_once_both_succeed(house, people):
    browser = house.browser()
    one = await browser.start("/one")
    two = await browser.start("/two")
    first = await browser.get(one)
    second = await browser.get(two)
    assert (first.headers["location"], second.headers["location"]) == ("/one", "/two")
    assert await browser.who() == f"employee:{people.ada}"


async def test_10_a_browser_that_abandons_sign_ins_does_not_collect_cookies_without_end(house):
    browser = house.browser()
    for _ in range(20):
        await browser.start()
    assert len(browser.cookies) <= 8


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.test",
        "/\\evil.test",
        "/\t/evil.test",
        "/%09/evil.test",
        "/%2F/evil.test",
        "/%5Cevil.test",
        "/ /evil.test",
        "\\\\evil.test",
        "http:evil.test",
        "https://evil.test",
        "https:/evil.test",
        "user@evil.test",
        "@evil.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\r\nset-cookie: x=y",
        "/auth/logout",
        "",
        "graphql",
        "/" + "a" * 3000,
    ],
)
async def test_11_next_never_leaves_the_origin(house, wanted):
    answer = await house.browser().sign_in(wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "wanted", ["/", "/graphql", "/matrix/a-b.svg?at=2026-03-01T00:00:00%2B01:00#x", "/caf%C3%A9"]
)
async def test_11_next_on_this_site_is_followed(house, wanted):
    answer = await house.browser().sign_in(wanted)
    assert answer.headers["location"] == wanted


async def test_12_a_callback_opened_elsewhere_signs_nobody_in_and_spoils_nothing(house, people):
    owner, other = house.browser(), house.browser()
    callback = await owner.start()
    stolen = await other.get(callback)
    assert stolen.status_code == 400
    assert other.session is None
    await owner.get(callback)
    assert await owner.who() == f"employee:{people.ada}"


async def test_12_a_made_up_cookie_does_not_make_it_the_owners_browser(house, people):
    owner, other = house.browser(), house.browser()
    callback = await owner.start()
    [name] = owner.cookies
    other.client.cookies.set(name, "made up", domain="cairn.test")
    assert (await other.get(callback)).status_code == 400
    assert other.session is None
    await owner.get(callback)
    assert await owner.who() == f"employee:{people.ada}"


async def test_12_a_browser_with_a_sign_in_of_its_own_cannot_finish_anothers(house):
    owner, other = house.browser(), house.browser()
    callback = await owner.start()
    await other.start()
    assert (await other.get(callback)).status_code == 400
    assert other.session is None


async def test_12_a_callback_works_once(house, idp):
    """Also where the identity provider takes its code again."""
    browser = house.browser()
    callback = await browser.start()
    cookies, codes = dict(browser.client.cookies), dict(idp.codes)
    await browser.get(callback)
    idp.codes.update(codes)
    replayed = house.browser()
    for name, value in cookies.items():
        replayed.client.cookies.set(name, value, domain="cairn.test")
    assert (await replayed.get(callback)).status_code == 400
    assert replayed.session is None


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x", "?code=x&state=y", "?error=access_denied", "?state=%00"]
)
async def test_12_a_callback_that_nobody_waits_for_is_4xx(house, query):
    answer = await house.browser().get(f"/auth/callback{query}")
    assert answer.status_code == 400
    assert "/auth/login" in answer.text


async def test_12_a_callback_that_says_something_twice_is_refused(house):
    for put in ("{0}&{1}", "{1}&{0}"):
        browser = house.browser()
        path, _, query = (await browser.start()).partition("?")
        answer = await browser.get(f"{path}?{put.format(query, 'code=another')}")
        assert answer.status_code == 400
        assert browser.session is None


async def test_12_a_sign_in_that_took_too_long_is_refused(house):
    browser = house.browser()
    callback = await browser.start()
    await house.sql("update sign_in set expires_at = now() - interval '1 second'")
    assert (await browser.get(callback)).status_code == 400


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("access_denied", 403),
        ("login_required", 403),
        ("temporarily_unavailable", 503),
        ("server_error", 503),
        ("invalid_request", 502),
        ("<script>", 502),
    ],
)
async def test_13_an_error_of_the_provider_is_a_page_that_says_what_to_do(house, idp, error, status):
    idp.answer = {"error": error, "code": GONE}
    answer = await house.browser().sign_in()
    assert answer.status_code == status
    assert error not in answer.text
    assert "quote <code>" in answer.text


WRONG_TOKEN_ANSWERS = {
    "not JSON": says(200, b"<html>"),
    "an array": says(200, b"[]"),
    "null": says(200, b"null"),
    "nothing": says(200, b""),
    "no ID token": says(200, b'{"access_token": "x", "token_type": "Bearer"}'),
    "an ID token that is a number": says(200, b'{"access_token": "x", "id_token": 7}'),
    "an access token that is an object": says(200, b'{"access_token": {}, "id_token": "a.b.c"}'),
    "expires_in out of this world": says(200, b'{"access_token": "x", "expires_in": 1e999}'),
    "expires_in that is a list": says(200, b'{"access_token": "x", "expires_in": [1]}'),
    "an error that is an object": says(400, b'{"error": {}}'),
    "invalid_client": says(401, b'{"error": "invalid_client"}'),
    "tokens with the status of a failure": says(403, b'{"access_token": "x", "id_token": "a.b.c"}'),
    "500": says(500, b"oops", "text/plain"),
    "503": says(503, b'{"error": "busy"}'),
    "a redirect": says(307, location="https://evil.test/token"),
    "a compressed body": says(200, b"\x1f\x8b", content_encoding="gzip"),
    "a body that is called compressed": says(200, b"{}", content_encoding="identity, gzip"),
    "deep nesting": says(200, b"[" * 100_000),
    "invalid UTF-8": says(200, b'{"access_token": "\xff\xfe"}'),
    "a flood": floods,
}


@pytest.mark.parametrize("what", WRONG_TOKEN_ANSWERS)
async def test_13_whatever_the_token_end_point_answers_is_a_page(house, idp, what):
    idp.instead["/token"] = WRONG_TOKEN_ANSWERS[what]
    browser = house.browser()
    answer = await browser.sign_in()
    assert answer.status_code in {400, 502, 503}
    assert "<h1>You are not signed in</h1>" in answer.text
    assert browser.session is None


@pytest.mark.parametrize("status", [201, 400, 403, 500])
async def test_13_tokens_that_come_with_the_status_of_a_failure_are_not_taken(house, idp, status):
    async def fails_and_gives(scope, receive, send):
        async def sent(message):
            await send({**message, "status": status} if "status" in message else message)

        await idp.app(scope, receive, sent)

    idp.instead["/token"] = fails_and_gives
    browser = house.browser()
    assert (await browser.sign_in()).status_code in {502, 503}
    assert browser.session is None


@pytest.mark.parametrize("what", ["not JSON", "an array", "500", "a redirect", "deep nesting", "a flood"])
@pytest.mark.parametrize("where", ["/.well-known/openid-configuration", "/jwks"])
async def test_13_whatever_discovery_answers_is_a_page(house, idp, where, what):
    idp.instead[where] = WRONG_TOKEN_ANSWERS[what]
    answer = await house.browser().get("/auth/login")
    assert answer.status_code in {502, 503}
    assert "<h1>You are not signed in</h1>" in answer.text


@pytest.mark.parametrize("behaviour", [hangs, drips])
@pytest.mark.parametrize("where", ["/token", "/userinfo"])
async def test_13_a_provider_that_does_not_finish_is_not_waited_for(
    house, idp, monkeypatch, where, behaviour
):
    assert signin.SECONDS < 5
    monkeypatch.setattr(signin, "SECONDS", 0.3)
    idp.instead[where] = behaviour
    idp.id_token = {"groups": GONE}
    began = time.monotonic()
    answer = await house.browser().sign_in()
    assert answer.status_code == 503
    assert time.monotonic() - began < 5


async def test_13_a_provider_that_does_not_answer_at_all_is_not_waited_for(house, idp):
    idp.instead["/.well-known/openid-configuration"] = hangs
    began = time.monotonic()
    answer = await house.browser().get("/auth/login")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("people")
async def test_13_a_callback_without_any_cookie_on_plain_http_explains_itself(
    database, schema, provider, idp
):
    async with opened(database, schema, [provider], idp, "http://localhost:8000") as house:
        browser = house.browser()
        login = await browser.get("/auth/login")
        answer = await house.browser().get(
            f"/auth/callback?state={login.next_request.url.params['state']}&code=x"
        )
    assert answer.status_code == 400
    assert "Safari" in answer.text


async def test_14_the_session_token_is_new_at_sign_in_and_the_previous_one_is_dead(house):
    browser, copy = house.browser(), house.browser()
    await browser.sign_in()
    before = browser.session
    copy.client.cookies.set("__Host-cairn", before, domain="cairn.test")
    await browser.sign_in()
    assert browser.session != before
    assert await browser.who() is not None
    assert await copy.who() is None


async def test_14_a_session_that_was_planted_is_not_taken_over(house):
    browser = house.browser()
    browser.client.cookies.set("__Host-cairn", "planted", domain="cairn.test")
    answer = await browser.sign_in()
    assert SimpleCookie(answer.headers["set-cookie"])["__Host-cairn"].value != "planted"


async def test_15_cookies_are_host_bound_secure_and_hold_nothing_of_a_person(house):
    browser = house.browser()
    login = await browser.get("/auth/login")
    back = await browser.get(login.headers["location"])
    answer = await browser.get(back.headers["location"])
    given = login.headers.get_list("set-cookie") + answer.headers.get_list("set-cookie")
    assert len(given) == 3
    for header in given:
        parts = {part.strip() for part in header.split(";")}
        assert header.startswith("__Host-")
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= parts
        assert not any(part.lower().startswith("domain") for part in parts)
    assert len(browser.session) == 43
    stored = await house.sql("select key from session")
    assert browser.session.encode() not in stored[0]["key"]


async def test_15_two_hundred_groups_still_sign_in(house, people, idp):
    idp.person["groups"] = [f"a-group-with-a-long-name-{number:04}" for number in range(200)]
    browser = house.browser()
    answer = await browser.sign_in()
    assert sum(len(header) for header in answer.headers.get_list("set-cookie")) < 400
    assert await browser.who() == f"employee:{people.ada}"


async def test_15_answers_are_never_stored(house):
    browser = house.browser()
    login = await browser.get("/auth/login")
    back = await browser.get(login.headers["location"])
    answers = [
        login,
        await browser.get(back.headers["location"]),
        await browser.get("/auth/callback"),
        await browser.get("/auth/logout"),
        await browser.ask(),
        await browser.post("/auth/logout"),
        await browser.ask(),
    ]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_15_pages_run_nothing_and_cannot_be_framed(house):
    answer = await house.browser().get("/auth/callback")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_15_on_a_plain_http_address_the_cookie_says_what_it_is(database, people, schema, provider, idp):
    async with opened(database, schema, [provider], idp, "http://cairn.lan:8000") as house:
        browser = house.browser()
        await browser.sign_in()
        assert list(browser.cookies) == ["cairn-insecure-development"]
        assert await browser.who() == f"employee:{people.ada}"


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_15_a_loopback_address_has_the_cookie_of_production(database, schema, provider, idp, origin):
    assert House(database, schema, [provider], idp, origin).realm.cookies.session == "__Host-cairn"


async def test_19_a_missing_id_token_is_refused(house, idp):
    idp.tokens = {"id_token": GONE}
    assert (await house.browser().sign_in()).status_code == 502


@pytest.mark.parametrize("nonce", ["another", "", 7, None, GONE])
async def test_19_a_wrong_or_missing_nonce_is_refused(house, idp, nonce):
    idp.id_token = {"nonce": nonce}
    assert (await house.browser().sign_in()).status_code == 502


@pytest.mark.parametrize("at_hash", ["AAAAAAAAAAAAAAAAAAAAAA", "", 7, None])
async def test_19_another_access_tokens_hash_is_refused(house, idp, at_hash):
    idp.id_token = {"at_hash": at_hash}
    assert (await house.browser().sign_in()).status_code == 502


async def test_19_userinfo_of_somebody_else_is_refused(house, idp):
    idp.id_token = {"groups": GONE}
    for subject in ("ben", "", None, GONE, ["ada"]):
        idp.userinfo = {"sub": subject}
        assert (await house.browser().sign_in()).status_code == 502, subject


async def test_19_userinfo_adds_what_the_id_token_leaves_out(house, idp):
    idp.id_token = {"groups": GONE, "email": GONE, "email_verified": GONE}
    idp.person["groups"] = ["auditors"]
    browser = house.browser()
    await browser.sign_in()
    answer = await browser.ask("{ viewer { roles } }")
    assert answer.json()["data"] == {"viewer": {"roles": ["AUDITOR", "EMPLOYEE"]}}


@pytest.mark.parametrize("subject", ["", 7, None, True, ["ada"], GONE, "x" * 300])
async def test_19_a_subject_that_names_nobody_is_refused(house, idp, subject):
    idp.id_token = {"sub": subject}
    assert (await house.browser().sign_in()).status_code == 502


async def test_02_sign_in_is_refused_to_who_has_left_although_the_provider_lets_them_in(house, idp):
    idp.subject, idp.person = "eve", {"employee_number": "E3"}
    answer = await house.browser().sign_in()
    assert answer.status_code == 403
    assert "not employed today" in answer.text
    assert await house.sql("select * from session") == []


async def test_02_and_to_who_left_since_the_account_was_linked(house, people):
    await house.browser().sign_in()
    await terminate(house, people.ada)
    browser = house.browser()
    assert (await browser.sign_in()).status_code == 403
    assert browser.session is None


async def test_24_groups_become_roles_by_the_allow_list_alone(house, idp):
    idp.person["groups"] = ["auditors", "PEOPLE_ADMIN", "HRIS", "client:payroll", "wheel"]
    browser = house.browser()
    await browser.sign_in()
    answer = await browser.ask("{ viewer { roles permissions } }")
    assert answer.json()["data"]["viewer"] == {
        "roles": ["AUDITOR", "EMPLOYEE"],
        "permissions": ["READ_AUDIT", "READ_LEARNING", "READ_PEOPLE"],
    }


OVERFLOWN = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://graph.test"}},
}


@pytest.mark.parametrize(
    "later",
    [{"groups": []}, {"groups": GONE}, {"groups": None}, {"groups": 7}, {"groups": [7, None]}, OVERFLOWN],
)
async def test_24_groups_that_go_missing_take_their_rights_along_everywhere(house, idp, later):
    idp.person["groups"] = ["people-admins"]
    first, second = house.browser(), house.browser()
    await first.sign_in()
    roles = "{ viewer { roles } }"
    assert (await first.ask(roles)).json()["data"]["viewer"]["roles"] == ["EMPLOYEE", "PEOPLE_ADMIN"]
    idp.id_token = later
    idp.userinfo = {"groups": GONE}
    await second.sign_in()
    for browser in (first, second):
        assert (await browser.ask(roles)).json()["data"]["viewer"]["roles"] == ["EMPLOYEE"]


async def test_sign_ins_at_the_same_moment_of_a_new_account_link_it_once(house):
    browsers = [house.browser() for _ in range(4)]
    callbacks = [await browser.start() for browser in browsers]
    answers = await asyncio.gather(
        *(browser.get(callback) for browser, callback in zip(browsers, callbacks, strict=True))
    )
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len(await house.sql("select * from identity")) == 1


@pytest.mark.usefixtures("people")
async def test_05_the_provider_that_answers_must_be_the_one_that_was_asked(database, schema, provider, idp):
    """The mix-up of RFC 9207: the code of one provider is never shown to another."""
    evil = HostileProvider("https://evil.test")
    there = dataclasses.replace(provider, issuer=evil.issuer, label="Evil")

    async def both(scope, receive, send):
        host = dict(scope["headers"])[b"host"]
        await (evil if host == b"evil.test" else idp)(scope, receive, send)

    async with opened(database, schema, [provider, there], both) as house:
        browser = house.browser()
        login = await browser.get("/auth/login", params={"provider": evil.issuer})
        honest = str(login.headers["location"]).replace("https://evil.test", idp.issuer)
        idp.answer = {"iss": idp.issuer}
        back = await browser.get(honest)
        answer = await browser.get(back.headers["location"])
    assert answer.status_code == 400
    assert evil.asked["/token"] == 0
