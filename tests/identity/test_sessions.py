"""What a session is good for, and until when: proved by each statement that answers it."""

import asyncio

import pytest

from cairn.access.permissions import Role
from cairn.db.ranges import now
from cairn.identity import proofs, sessions
from cairn.identity.door import Door
from cairn.identity.uses import EVERY
from identity.conftest import ago
from identity.people import terminate

WHO = "{ viewer { name } }"
END = "mutation($id: ID!) { endSession(input: {session: $id}) { __typename ... on Refusal { message } } }"


@pytest.fixture
async def browser(house):
    found = house.browser()
    await found.sign_in()
    assert await found.who() is not None
    return found


def copy_of(browser):
    """Another browser with the same cookie."""
    found = browser.house.browser()
    found.client.cookies.set("__Host-cairn", browser.session, domain="cairn.test")
    return found


async def test_01_a_cookie_copied_before_logout_is_dead_after_it(browser):
    copy = copy_of(browser)
    assert await copy.who() is not None
    assert (await browser.post("/auth/logout")).status_code == 303
    for query in (
        WHO,
        "{ __schema { queryType { name } } }",
        "{ __typename }",
        "{ viewer { name } __typename }",
    ):
        assert (await copy.ask(query)).status_code == 401, query


async def test_01_nor_does_it_change_anything(house, browser):
    other, copy = house.browser(), copy_of(browser)
    await other.sign_in()
    assert await copy.who() is not None
    rows = await house.sql("select id from session where ended_at is null order by created_at desc")
    await browser.post("/auth/logout")
    answer = await copy.ask(END, {"id": f"Session:{rows[0]['id']}"})
    assert answer.status_code == 401
    assert await other.who() is not None


async def test_01_what_is_refused_to_the_dead_is_done_for_the_living(house, browser):
    rows = await house.sql("select id from session")
    answer = await browser.ask(END, {"id": f"Session:{rows[0]['id']}"})
    assert answer.json()["data"] == {"endSession": {"__typename": "Session"}}
    assert await browser.who() is None


async def test_02_the_next_request_of_who_has_left_is_401(house, people, browser):
    await terminate(house, people.ada)
    answer = await browser.ask()
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "/auth/login" in answer.json()["errors"][0]["message"]


async def test_02_access_tokens_of_who_has_left_are_dead_too(house, people, idp):
    headers = {"authorization": f"Bearer {idp.access_token()}"}
    browser = house.browser()
    assert (await browser.ask(headers=headers)).status_code == 200
    await terminate(house, people.ada)
    assert (await browser.ask(headers=headers)).status_code == 401
    assert (await browser.ask(headers={"authorization": f"Bearer {idp.access_token()}"})).status_code == 401


async def test_02_a_rehire_may_come_back(house, people, browser):
    await terminate(house, people.ada)
    assert await browser.who() is None
    await house.sql(
        "update employment set valid = daterange(lower(valid), null) where employee_id = :ada", ada=people.ada
    )
    assert await browser.who() is not None


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
async def test_a_session_ends_when_it_idles_and_when_it_is_old(house, browser, column):
    moved = ago(seconds=1) if column == "expires_at" else ago(seconds=proofs.IDLE.total_seconds() + 1)
    await house.sql(f"update session set {column} = :at", at=moved)
    assert await browser.who() is None
    assert await copy_of(browser).who() is None


async def test_an_attempt_does_not_wake_a_session_that_idled_away(house, browser):
    house.door._uses._when.keep(sessions.digest(browser.session), float("-inf"))
    await house.sql("update session set seen_at = :at", at=ago(seconds=proofs.IDLE.total_seconds() + 1))
    assert await browser.who() is None
    await house.door.aclose()
    assert await browser.who() is None


async def test_roles_that_change_are_noticed_at_once(house, browser):
    await house.sql("update session set roles = array['AUDITOR', 'EMPLOYEE']")
    answer = await browser.ask("{ viewer { roles } }")
    assert answer.json()["data"]["viewer"]["roles"] == ["AUDITOR", "EMPLOYEE"]


async def test_a_role_that_is_none_any_more_lets_nobody_in(house, browser):
    await house.sql("update session set roles = array['EMPLOYEE', 'WIZARD']")
    assert await browser.who() is None


async def test_a_session_costs_no_statement_of_its_own(browser, statements):
    assert await browser.who() is not None
    await asyncio.sleep(0)  # the driver reports a statement in the next turn of the loop
    assert len(statements) == 1
    assert "session" in statements[0]


async def test_a_process_that_never_saw_it_looks_it_up_once(house, browser):
    door = Door(house.realm)
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"cookie", f"__Host-cairn={browser.session}".encode())],
    }
    first = await door.enter(scope)
    assert await door.enter(scope) is first
    assert (await door.recheck(scope, first)).viewer == first.viewer
    await door.aclose()


async def test_use_is_noted_at_most_once_a_minute_behind_the_request(house, browser):
    await house.door.aclose()
    await house.sql("update session set seen_at = :at", at=ago(seconds=EVERY * 2))
    before = await house.sql("select seen_at from session")
    await browser.who()
    await house.door.aclose()
    assert await house.sql("select seen_at from session") == before
    house.door._uses._when.keep(sessions.digest(browser.session), float("-inf"))
    await browser.who()
    await house.door.aclose()
    after = await house.sql("select seen_at from session")
    assert after[0]["seen_at"] > before[0]["seen_at"]


async def test_a_use_that_cannot_be_noted_disturbs_nobody(house, browser, monkeypatch, caplog):
    uses = house.door._uses
    monkeypatch.setattr(uses, "_wait", 0.01)
    await uses.settle()

    async def fails():
        uses._noted = {}
        raise ConnectionError

    monkeypatch.setattr(uses, "_write", fails)
    uses._when.keep(sessions.digest(browser.session), float("-inf"))
    assert await browser.who() is not None
    await asyncio.sleep(0.05)
    assert "could not be noted" in caplog.text


async def test_what_is_known_of_another_kind_of_credential_does_not_count(house, browser, idp):
    """An access token in the cookie, and a session's cookie as a bearer token."""
    token = idp.access_token()
    assert (await browser.ask(headers={"authorization": f"Bearer {token}"})).status_code == 200
    assert (await browser.ask(headers={"authorization": f"Bearer {browser.session}"})).status_code == 401
    swapped = house.browser()
    swapped.client.cookies.set("__Host-cairn", token, domain="cairn.test")
    assert await swapped.who() is None


async def test_two_cookies_of_one_name_that_disagree_let_nobody_in(house, browser):
    header = f"__Host-cairn={browser.session}; __Host-cairn=another"
    answer = await house.browser().ask(headers={"cookie": header})
    assert answer.status_code == 401


@pytest.mark.usefixtures("browser")
async def test_old_sessions_are_swept_away(house):
    await house.browser().start()
    await house.sql("update sign_in set expires_at = :at", at=ago(seconds=1))
    async with house.database.transaction() as tx:
        await sessions.sweep(tx, ago(days=90))
    assert len(await house.sql("select key from session")) == 1
    assert await house.sql("select key from sign_in") == []
    await house.sql("update session set expires_at = :at", at=ago(days=91))
    for days in (6, 8):
        await house.sql(
            "insert into outcome (id, viewer, key, verb, input_hash, created_at)"
            " values (gen_random_uuid(), 'ada', :key, 'verb', 'hash', :at)",
            key=f"{days} days old",
            at=ago(days=days),
        )
    async with house.database.transaction() as tx:
        await sessions.sweep_daily(tx, now())
    assert await house.sql("select key from session") == []
    assert [row["key"] for row in await house.sql("select key from outcome")] == ["6 days old"]


async def test_a_person_is_always_an_employee(people):
    assert sessions.person(people.ada).roles == {Role.EMPLOYEE}


async def test_who_erases_themselves_is_signed_out_everywhere(house, people, idp):
    idp.subject, idp.sid = "ada", "sid-1"
    idp.person = {"email": "ada@cairn.test", "email_verified": True}
    one, other = house.browser(), house.browser()
    for browser in (one, other):
        await browser.sign_in()
    erase = f'mutation {{ eraseEmployee(input: {{employee: "Employee:{people.ada}"}}) {{ __typename }} }}'
    answer = await one.ask(erase)
    assert answer.json()["data"] == {"eraseEmployee": {"__typename": "ErasedEmployee"}}
    for browser in (one, other):
        assert (await browser.ask("{ viewer { name } }")).status_code == 401
    back = await one.start()
    assert (await one.get(back)).status_code == 403, "the identity provider knows somebody who is nobody here"
