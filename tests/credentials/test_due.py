"""What is earned without a fact that changes: by a definition that is new, and by the passing of time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import text

from cairn.credentials import due
from cairn.credentials.events import CredentialDue
from cairn.jobs.drain import drain
from credentials.earning import AWARD, REVOKE, assess, award_of, awards, define
from stored import counts


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2031, 1, 6, 9, tzinfo=UTC), tick=False) as travelling:
        yield travelling


@pytest.fixture
def done(database, url):
    async def settle():
        return await drain(database, url)

    return settle


@pytest.fixture
def night(database, done):
    """Has a day pass, as far as the clock brings about anything."""

    async def passes():
        async with database.transaction() as tx:
            await due.consider_daily(tx, datetime.now(UTC))
        await done()

    return passes


async def test_who_has_earned_it_on_the_day_it_is_defined_is_awarded_it(ask, world, cleo, sql, done):
    await assess(ask, cleo, sql, 3)
    await done()
    await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
    await done()
    assert await awards(ask, cleo) == [("badge", "VALID")]
    assert await awards(ask, world.gid("Employee", "Ada")) == [("badge", "VALID")]
    assert await awards(ask, world.gid("Employee", "Ben")) == []


async def test_a_version_that_asks_for_less_awards_those_who_meet_it(ask, database, cleo, sql, done):
    await assess(ask, cleo, sql, 3)
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    await done()
    assert await awards(ask, cleo) == []
    for _ in range(2):
        await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
        await done()
        assert await awards(ask, cleo) == [("badge", "VALID")]
    assert await counts(database, "award") == {"award": 2}, "Ada's, too"


async def test_what_takes_an_approval_waits_for_those_who_have_earned_it(ask, database, cleo, sql, done):
    await assess(ask, cleo, sql, 5)
    await done()
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}}, awardedBy="APPROVAL")
    await done()
    assert await awards(ask, cleo) == []
    assert await counts(database, "award_to_approve") == {"award_to_approve": 1}


async def test_what_the_time_brings_is_awarded_the_night_after(ask, cleo, done, night, clock):
    soon = datetime.now(UTC) + timedelta(days=1)
    await define(ask, "badge", {"all": [{"notBefore": soon.isoformat()}, {"employed": {}}]})
    await night()
    assert await awards(ask, cleo) == []
    clock.move_to(soon + timedelta(hours=1))
    await done()
    assert await awards(ask, cleo) == []
    await night()
    assert await awards(ask, cleo) == [("badge", "VALID")]


async def test_a_stack_completes_on_the_day_that_its_last_stone_begins(ask, cleo, night, clock):
    stone = await define(ask, "stone", {"all": []}, awardedBy="APPROVAL")
    await define(ask, "stack", {"credential": stone})
    begins = datetime.now(UTC) + timedelta(days=1)
    await ask.do(AWARD, {"credential": stone, "employee": cleo, "startsAt": begins.isoformat()})
    await night()
    assert await awards(ask, cleo) == [("stone", "PENDING")]
    clock.move_to(begins + timedelta(hours=1))
    await night()
    assert await awards(ask, cleo) == [("stone", "VALID"), ("stack", "VALID")]


@pytest.mark.parametrize("by", ["AUTOMATIC", "APPROVAL"])
async def test_what_was_revoked_is_not_awarded_again_for_what_earned_it_before(
    ask, world, database, cleo, sql, done, night, by
):
    badge = await define(ask, "badge", {"skill": {"id": sql, "level": 5}}, awardedBy=by)
    await assess(ask, cleo, sql, 5)
    await done()
    if by == "APPROVAL":
        await ask.do(AWARD, {"credential": badge, "employee": cleo})
    made, lena = await award_of(ask, cleo, "badge"), world.viewer("Lena")
    await ask.do(REVOKE, {"award": made["id"], "reason": "Somebody else's work"}, viewer=lena)
    await night()
    await assess(ask, cleo, world.gid("Skill", "Python"), 3)
    await define(ask, "badge", {"skill": {"id": sql, "level": 5, "verified": True}}, awardedBy=by)
    await done()
    assert await awards(ask, cleo) == [("badge", "REVOKED")]
    assert await counts(database, "award_to_approve") == {"award_to_approve": 0}
    await assess(ask, cleo, sql, 5)
    await done()
    assert await counts(database, "award", "award_to_approve") == (
        {"award": 2, "award_to_approve": 0} if by == "AUTOMATIC" else {"award": 1, "award_to_approve": 1}
    )


@pytest.mark.usefixtures("world")
async def test_a_company_is_looked_at_page_by_page(ask, database, done, monkeypatch):
    monkeypatch.setattr(due, "PAGE", 1)
    await define(ask, "nothing", {"notBefore": "2020-01-01T00:00:00Z"})
    await define(ask, "badge", {"employed": {}})
    await done()
    async with database.transaction() as tx:
        employed = text("select count(distinct employee_id) from employment where valid @> current_date")
        people = (await tx.execute(employed)).scalar_one()
    assert people > 3
    assert await counts(database, "award") == {"award": people}, "what asks for nothing is awarded by hand"
    async with database.transaction() as tx:
        await due.consider_due(tx, CredentialDue(UUID(int=0)))
