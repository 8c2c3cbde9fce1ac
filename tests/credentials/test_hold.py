"""What becomes of an award when something it was built on lapses: nothing, a pause, or its end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.credentials.hold import times
from cairn.credentials.tables import AwardedBy, CredentialVersion, OnLapse
from cairn.jobs.drain import drain
from cairn.requirements.times import NEVER, Times
from credentials.earning import REVOKE, assess, award_of, awards, define, withdraw
from pathways.writing import assign, step, write
from world import on

DAYS = [on(2026) + timedelta(days=n) for n in range(13)]


@st.composite
def sets_of_times(draw):
    """Times that turn over at some of the days."""
    return Times(draw(st.booleans()), tuple(sorted(draw(st.sets(st.sampled_from(DAYS[1:11]), max_size=5)))))


def version(on_lapse, validity):
    return CredentialVersion(
        credential_id=None,
        number=1,
        name="Badge",
        description="",
        criteria="",
        requirement={},
        awarded_by=AwardedBy.AUTOMATIC,
        on_lapse=on_lapse,
        validity=validity,
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(OnLapse),
    st.none() | st.integers(1, 9),
    st.integers(0, 5),
    sets_of_times(),
    st.lists(st.tuples(st.integers(1, 4), sets_of_times()), max_size=3),
)
def test_an_award_is_each_day_what_its_rule_made_of_the_day(on_lapse, validity, first, met, changes):
    """The rule day by day: it holds while it is valid and, unless it is kept, its requirement is met."""
    definition = version(on_lapse, validity and f"P{validity}D")
    awarded = DAYS[first]
    met |= Times.between(awarded, awarded + timedelta(days=1))
    held = times(definition, awarded, met, awarded)
    expected, going_on = {}, True
    now = first
    for days, later in [*changes, (12, None)]:
        until = min(now + days, 12)
        for day in range(now, until if later is not None else 13):
            valid = validity is None or day < first + validity
            going_on = going_on and DAYS[day] in met
            suffices = {
                OnLapse.KEEP: True,
                OnLapse.SUSPEND: DAYS[day] in met,
                OnLapse.EXPIRE: going_on,
            }[on_lapse]
            expected[day] = valid and suffices
        if later is None:
            break
        going_on = going_on and DAYS[until] in met  # what lapses at the very instant has lapsed
        now, met = until, later
        held = times(definition, awarded, met, DAYS[now], held)
    assert {day: DAYS[day] in held for day in expected} == expected
    assert not any(DAYS[day] in held for day in range(first))


def test_what_never_held_is_not_begun_by_a_change():
    definition = version(OnLapse.EXPIRE, None)
    assert times(definition, DAYS[0], Times.since(DAYS[0]), DAYS[3], NEVER) == NEVER


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


async def verified_until(ask, who):
    """Until when the person's level in Negotiation holds: what an award of these tests grants."""
    query = """query ($id: ID!) {
      employee(id: $id) { levels { nodes { skill { name } until } } }
    }"""
    found = await ask(query, {"id": who})
    levels = {each["skill"]["name"]: each["until"] for each in found["employee"]["levels"]["nodes"]}
    return levels.get("Negotiation", "no level")


async def stack(ask, world, on_lapse, sql):
    """A stone that holds for thirty days from its award, and what is stacked on it."""
    stone = await define(ask, "stone", {"skill": {"id": sql, "level": 3}}, validity="P30D")
    grants = [{"skill": world.gid("Skill", "Negotiation"), "level": 2}]
    await define(ask, "stack", {"credential": stone}, onLapse=on_lapse, grants=grants)


@pytest.mark.parametrize(
    ("on_lapse", "later"), [("KEEP", "VALID"), ("SUSPEND", "SUSPENDED"), ("EXPIRE", "EXPIRED")]
)
async def test_a_lapse_to_come_is_known_today(ask, world, cleo, sql, done, on_lapse, later):
    await stack(ask, world, on_lapse, sql)
    await assess(ask, cleo, sql, 3)
    await done()
    stone, made = await award_of(ask, cleo, "stone"), await award_of(ask, cleo, "stack")
    end = datetime.fromisoformat(stone["until"])
    assert made["until"] == (None if on_lapse == "KEEP" else stone["until"])
    assert await verified_until(ask, cleo) == made["until"]
    assert await awards(ask, cleo, end - timedelta(microseconds=1)) == [
        ("stone", "VALID"),
        ("stack", "VALID"),
    ]
    assert await awards(ask, cleo, end) == [("stone", "EXPIRED"), ("stack", later)]


@pytest.mark.parametrize(
    ("on_lapse", "after", "again"),
    [
        ("KEEP", "VALID", "VALID"),
        ("SUSPEND", "SUSPENDED", "VALID"),
        ("EXPIRE", "EXPIRED", "VALID"),  # earned anew
    ],
)
async def test_a_revoked_stone_takes_its_stack_with_it_as_the_stack_says(
    ask, world, cleo, sql, done, on_lapse, after, again
):
    await stack(ask, world, on_lapse, sql)
    await assess(ask, cleo, sql, 3)
    await done()
    before = datetime.now(UTC)
    stone = await award_of(ask, cleo, "stone")
    await ask.do(REVOKE, {"award": stone["id"], "reason": "A mistake"}, viewer=world.viewer("Lena"))
    await done()
    assert dict(await awards(ask, cleo))["stack"] == after
    assert await verified_until(ask, cleo) == (None if after == "VALID" else "no level")
    assert await awards(ask, cleo, before) == [("stone", "VALID"), ("stack", "VALID")]
    await assess(ask, cleo, sql, 4)
    await done()
    assert await awards(ask, cleo) == [("stone", "REVOKED"), ("stack", again), ("stone", "VALID")]
    assert (await verified_until(ask, cleo) == "no level") == (again != "VALID")
    assert await awards(ask, cleo, before) == [("stone", "VALID"), ("stack", "VALID"), ("stone", "PENDING")]


async def test_a_skill_that_is_withdrawn_ends_what_rests_on_it(ask, cleo, sql, done):
    await define(ask, "kept", {"skill": {"id": sql, "level": 3}})
    await define(ask, "strict", {"skill": {"id": sql, "level": 3}}, onLapse="EXPIRE")
    evidence = await assess(ask, cleo, sql, 3)
    await done()
    before = datetime.now(UTC)
    assert sorted(await awards(ask, cleo)) == [("kept", "VALID"), ("strict", "VALID")]
    await withdraw(ask, evidence)
    await done()
    assert sorted(await awards(ask, cleo)) == [("kept", "VALID"), ("strict", "EXPIRED")]
    assert sorted(await awards(ask, cleo, before)) == [("kept", "VALID"), ("strict", "VALID")]


async def test_a_suspended_award_expires_with_its_validity(ask, cleo, sql, done):
    stone = await define(ask, "stone", {"skill": {"id": sql, "level": 3}}, validity="P30D")
    await define(ask, "stack", {"credential": stone}, onLapse="SUSPEND", validity="P90D")
    await assess(ask, cleo, sql, 3)
    await done()
    now = datetime.now(UTC)
    for days, status in ((29, "VALID"), (31, "SUSPENDED"), (89, "SUSPENDED"), (91, "EXPIRED")):
        assert dict(await awards(ask, cleo, now + timedelta(days=days)))["stack"] == status


async def test_an_earlier_version_keeps_its_own_rule(ask, world, cleo, sql, done):
    await stack(ask, world, "EXPIRE", sql)
    await assess(ask, cleo, sql, 3)
    await done()
    await define(ask, "stack", {"skill": {"id": sql, "level": 1}}, onLapse="KEEP")
    stone = await award_of(ask, cleo, "stone")
    await ask.do(REVOKE, {"award": stone["id"], "reason": "A mistake"}, viewer=world.viewer("Lena"))
    await done()
    assert dict(await awards(ask, cleo))["stack"] == "EXPIRED"


async def test_a_credential_may_complete_a_pathway(ask, cleo, sql, done):
    badge = await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
    data = await write(ask, "data", [step("read", isOptional=True)], completion={"credential": badge})
    await assign(ask, data, cleo)
    await assess(ask, cleo, sql, 3)
    await done()
    query = "query ($id: ID!) { employee(id: $id) { assignments { nodes { status } } } }"
    found = await ask(query, {"id": cleo})
    assert found["employee"]["assignments"]["nodes"] == [{"status": "COMPLETED"}]
