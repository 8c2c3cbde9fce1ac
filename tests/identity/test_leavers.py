"""Access ends with employment at once, and what was held before does not work again for who comes back."""

from datetime import timedelta

import pytest

from cairn.access.permissions import Role
from cairn.access.viewer import system
from cairn.db.ranges import now
from cairn.identity.leavers import end_access, end_access_of_leavers
from cairn.identity.sessions import person
from cairn.people import employ, history, leaving
from cairn.people.events import EmploymentChanged
from cairn.people.history import Position
from identity.test_tokens import ask as ask_by_token
from identity.test_tokens import create

FEED = system("feed")


async def leave(house, employee, last_day):
    async with house.database.transaction() as tx:
        await leaving.terminate(tx, FEED, employee=employee, last_day=last_day)


async def token_of(house, employee):
    return (await create(house, person(employee, frozenset({Role.PEOPLE_ADMIN})))).secret


async def ended(house):
    sessions = await house.sql("select ending from session order by created_at")
    tokens = await house.sql("select revoked_at is not null as revoked from service_token")
    return [each["ending"] for each in sessions], [each["revoked"] for each in tokens]


@pytest.fixture
async def signed_in(house):
    browser = house.browser()
    await browser.sign_in()
    assert await browser.who() is not None
    return browser


async def test_who_was_terminated_is_out_at_once_without_any_job(house, people, signed_in):
    secret = await token_of(house, people.ada)
    assert (await ask_by_token(house, secret)).status_code == 200
    await leave(house, people.ada, now().date() - timedelta(days=1))
    assert await signed_in.who() is None
    assert (await ask_by_token(house, secret)).status_code == 401
    assert await ended(house) == ([None], [False]), "no job has run"


@pytest.mark.parametrize("by", ["event", "clock"])
async def test_what_was_held_before_does_not_work_again_for_who_comes_back(house, people, signed_in, by):
    secret = await token_of(house, people.ada)
    today = now().date()
    await leave(house, people.ada, today - timedelta(days=1))
    async with house.database.transaction() as tx:
        if by == "event":
            await end_access(tx, EmploymentChanged((people.ada,)))
        else:
            await end_access_of_leavers(tx, now())
    assert await ended(house) == (["LEFT"], [True])
    async with house.database.transaction() as tx:
        await employ.rehire(tx, FEED, employee=people.ada, starts_on=today, position=Position())
    assert await signed_in.who() is None
    assert (await ask_by_token(house, secret)).status_code == 401
    again = house.browser()
    await again.sign_in()
    assert await again.who() is not None


async def test_a_last_day_in_the_future_and_leave_end_nothing_yet(house, people, signed_in):
    secret = await token_of(house, people.ada)
    await leave(house, people.ada, now().date())
    async with house.database.transaction() as tx:
        await end_access(tx, EmploymentChanged((people.ada, people.ben)))
        await end_access_of_leavers(tx, now())
    assert await ended(house) == ([None], [False])
    assert await signed_in.who() is not None
    assert (await ask_by_token(house, secret)).status_code == 200


async def test_the_day_after_the_last_one_nobody_is_let_in(house, people, signed_in):
    today = now().date()
    await leave(house, people.ada, today)
    async with house.database.transaction() as tx:
        assert [stint.until for stint in await history.read(tx, people.ada)] == [today + timedelta(days=1)]
    # As if it were tomorrow: the whole history a day earlier.
    await house.sql(
        "update employment set valid = daterange(lower(valid) - 1, upper(valid) - 1)"
        " where employee_id = :ada",
        ada=people.ada,
    )
    assert await signed_in.who() is None


@pytest.mark.usefixtures("signed_in")
async def test_each_ending_leaves_its_entry(house, people):
    await token_of(house, people.ada)
    await leave(house, people.ada, now().date() - timedelta(days=1))
    async with house.database.transaction() as tx:
        await end_access(tx, EmploymentChanged((people.ada,)))
        await end_access(tx, EmploymentChanged((people.ada,)))
    rows = await house.sql("select viewer, verb from audit_entry where viewer = 'system:worker' order by id")
    assert {(row["viewer"], row["verb"]) for row in rows} == {
        ("system:worker", "session.end"),
        ("system:worker", "service_token.revoke"),
    }
    assert len(rows) == 2
