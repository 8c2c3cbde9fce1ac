"""What becomes of an award after it was made: suspended, restored, renewed; accepted, hidden and shown."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cairn.jobs.drain import drain
from credentials.earning import AWARD, REVOKE, assess, award_of, awards, define, withdraw
from stored import unchanged


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def done(database, url):
    async def settle():
        return await drain(database, url)

    return settle


@pytest.fixture
def does(ask, world):
    """Does a verb to an award, as Lena or somebody else: what it comes to."""

    async def do(verb, award, who="Lena", **more):
        stem = verb[0].upper() + verb[1:]
        document = f"""mutation ($input: {stem}Input!) {{ {verb}(input: $input) {{
          __typename
          ... on Award {{ status until isHidden acceptedAt renewedAt suspendedAt suspendedReason }}
          ... on Refusal {{ message }}
        }} }}"""
        return await ask.do(document, {"award": award, **more}, viewer=world.viewer(who))

    return do


async def evidence_holds(ask, who):
    query = "query ($id: ID!) { employee(id: $id) { levels { nodes { skill { name } } } } }"
    found = await ask(query, {"id": who})
    return "Negotiation" in [each["skill"]["name"] for each in found["employee"]["levels"]["nodes"]]


@pytest.mark.parametrize("on_lapse", ["KEEP", "SUSPEND", "EXPIRE"])
async def test_suspended_until_it_is_restored_and_what_rests_on_it_too(
    ask, world, cleo, sql, done, does, database, on_lapse
):
    grants = [{"skill": world.gid("Skill", "Negotiation"), "level": 2}]
    base = await define(
        ask, "base", {"skill": {"id": sql, "level": 5}}, validity="P1Y", onLapse=on_lapse, grants=grants
    )
    await define(ask, "stack", {"credential": base}, onLapse="SUSPEND")
    evidence = await assess(ask, cleo, sql, 5)
    await done()
    award = await award_of(ask, cleo, "base")
    before = datetime.now(UTC)
    assert (await does("restoreAward", award["id"], reason="x"))["__typename"] == "NotSuspended"
    assert (await does("suspendAward", award["id"], reason=" "))["__typename"] == "InvalidInput"
    paused = await does("suspendAward", award["id"], reason="An inquiry")
    assert (paused["status"], paused["suspendedReason"]) == ("SUSPENDED", "An inquiry")
    for verb, more in (("suspendAward", {"reason": "Again"}), ("renewAward", {})):
        async with unchanged(database):
            assert (await does(verb, award["id"], **more))["__typename"] == "AlreadySuspended"
    await done()
    between = datetime.now(UTC)
    assert await awards(ask, cleo) == [("base", "SUSPENDED"), ("stack", "SUSPENDED")]
    assert not await evidence_holds(ask, cleo)
    # What it was built on comes and goes, and does not restore it.
    await withdraw(ask, evidence)
    await done()
    await assess(ask, cleo, sql, 5)
    await done()
    assert await awards(ask, cleo) == [("base", "SUSPENDED"), ("stack", "SUSPENDED")]
    restored = await does("restoreAward", award["id"], reason="Nothing was found")
    await done()
    assert (restored["status"], restored["until"]) == ("VALID", award["until"])
    assert (restored["suspendedAt"], restored["suspendedReason"]) == (None, None)
    assert await awards(ask, cleo) == [("base", "VALID"), ("stack", "VALID")]
    assert await evidence_holds(ask, cleo)
    assert await awards(ask, cleo, before) == [("base", "VALID"), ("stack", "VALID")]
    assert await awards(ask, cleo, between) == [("base", "SUSPENDED"), ("stack", "SUSPENDED")]
    async with database.transaction() as tx:
        bits = await tx.execute(text("select count(*) filter (where revoked_at is null) from status_entry"))
        assert bits.scalar_one() == 2, "each has one document that is good"


async def test_renewed_it_holds_again_from_then_on_and_restores_what_rests_on_it(
    ask, cleo, sql, done, does, database
):
    base = await define(ask, "base", {"skill": {"id": sql, "level": 3}}, validity="P30D", onLapse="EXPIRE")
    await define(ask, "stack", {"credential": base}, onLapse="SUSPEND")
    evidence = await assess(ask, cleo, sql, 3)
    await done()
    await _forty_days_pass(database)
    assert await awards(ask, cleo) == [("base", "EXPIRED"), ("stack", "SUSPENDED")]
    award = await award_of(ask, cleo, "base")
    renewed = await does("renewAward", award["id"])
    assert renewed["status"] == "VALID"
    left = datetime.fromisoformat(renewed["until"]) - datetime.fromisoformat(renewed["renewedAt"])
    assert left == timedelta(days=30)
    await done()
    assert await awards(ask, cleo) == [("base", "VALID"), ("stack", "VALID")]
    now = datetime.now(UTC)
    for days, status in ((-20, "VALID"), (-5, "EXPIRED"), (29, "VALID"), (31, "EXPIRED")):
        assert dict(await awards(ask, cleo, now + timedelta(days=days)))["base"] == status
    await withdraw(ask, evidence)
    await done()
    refused = await does("renewAward", award["id"])
    assert refused["__typename"] == "NotEarned"


async def _forty_days_pass(database):
    """As if all awards were made that much earlier."""
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "update award set awarded_at = awarded_at - interval '40 days', held ="
                " (select range_agg(tstzrange(lower(r) - interval '40 days', upper(r) - interval '40 days'))"
                " from unnest(held) r)"
            )
        )


async def test_a_revoked_award_is_neither_suspended_nor_restored_nor_renewed(ask, world, cleo, does):
    badge = await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    award = (await ask.do(AWARD, {"credential": badge, "employee": cleo}))["id"]
    await ask.do(REVOKE, {"award": award, "reason": "A mistake"}, viewer=world.viewer("Lena"))
    for verb, more in (
        ("suspendAward", {"reason": "x"}),
        ("restoreAward", {"reason": "x"}),
        ("renewAward", {}),
    ):
        assert (await does(verb, award, **more))["__typename"] == "AlreadyRevoked"


async def test_its_holder_accepts_it_and_hides_and_shows_it(ask, world, cleo, does, database):
    badge = await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    award = (await ask.do(AWARD, {"credential": badge, "employee": cleo}))["id"]
    accepted = await does("acceptAward", award, "Cleo")
    assert accepted["acceptedAt"]
    async with unchanged(database):
        assert await does("acceptAward", award, "Cleo") == accepted
        assert (await does("hideAward", award, "Lena"))["__typename"] == "NotAllowed"
    query = "query ($id: ID!) { award(id: $id) { id } }"
    for verb, is_seen in (("hideAward", False), ("showAward", True)):
        changed = await does(verb, award, "Cleo")
        assert changed["isHidden"] is not is_seen
        async with unchanged(database):
            assert await does(verb, award, "Cleo") == changed
        found = await ask(query, {"id": award}, viewer=world.viewer("Dan"))
        assert (found["award"] is not None) is is_seen
        assert (await ask(query, {"id": award}, viewer=world.viewer("Ben")))["award"]
