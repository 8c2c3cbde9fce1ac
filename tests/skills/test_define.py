"""Frameworks, skills and job roles, and what roles required on other days."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cairn.skills import define
from cairn.skills.define import LevelDraft
from stored import stored, unchanged
from world import id_of, on


@pytest.fixture
def lena(world):
    return world.viewer("Lena")


async def test_the_scale_is_named_and_renamed(ask, world, database, lena):
    async with database.transaction() as tx:
        await define.define_scale(tx, lena, levels=[LevelDraft(5, "Master", "Teaches it")])
    found = await ask("{ proficiencyScale { nodes { level name descriptor } } }", viewer=world.viewer("Ben"))
    assert found["proficiencyScale"]["nodes"][-1] == {
        "level": 5,
        "name": "Master",
        "descriptor": "Teaches it",
    }
    assert len(found["proficiencyScale"]["nodes"]) == 6


# Job roles

ROLE = """
mutation ($input: DefineJobRoleInput!) {
  defineJobRole(input: $input) {
    __typename
    ... on JobRole { code name description occupation }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
REQUIRED = """
query ($id: ID!, $at: DateTime) {
  jobRole(id: $id) {
    requirements(at: $at) { nodes { skill { name } level weight mustHave since until } }
  }
}
"""


def need(world, skill, level, weight=3, *, must=False):
    return {"skill": world.gid("Skill", skill), "level": level, "weight": weight, "mustHave": must}


def engineer(*needs, **more):
    return {"code": "engineer", "name": "Engineer", "requires": list(needs), **more}


@pytest.mark.parametrize("field", ["code", "name"])
async def test_a_role_has_a_code_and_a_name(ask, lena, database, field):
    async with unchanged(database):
        refused = await ask.do(ROLE, engineer(**{field: " "}), viewer=lena)
    assert refused["problems"] == [{"path": [field], "message": "must not be empty"}]


async def required(ask, world, at=None, role="Engineer role"):
    given = {"id": world.gid("JobRole", role), "at": at and at.isoformat()}
    found = await ask(REQUIRED, given)
    return {
        each["skill"]["name"]: (each["level"], each["weight"], each["mustHave"])
        for each in found["jobRole"]["requirements"]["nodes"]
    }


BEFORE = {"Python": (3, 5, True), "SQL": (2, 3, False)}


async def test_a_role_is_written(ask, world, lena):
    given = {
        "code": "cook",
        "name": "Cook",
        "description": "Cooks",
        "occupation": "35-2014.00",
        "requires": [need(world, "Negotiation", 2)],
    }
    assert await ask.do(ROLE, given, viewer=lena) == {
        "__typename": "JobRole",
        "code": "cook",
        "name": "Cook",
        "description": "Cooks",
        "occupation": "35-2014.00",
    }


async def test_what_changes_ends_and_begins_and_what_stays_goes_on(ask, world, database, lena):
    kept = next(row for row in (await stored(database))["role_skill"] if str(id_of("Engineer Python")) in row)
    then = datetime.now(UTC)
    given = engineer(
        need(world, "Python", 3, 5, must=True), need(world, "SQL", 4), need(world, "Negotiation", 1)
    )
    await ask.do(ROLE, given, viewer=lena)
    assert await required(ask, world, then) == BEFORE
    assert await required(ask, world) == {
        "Python": (3, 5, True),
        "SQL": (4, 3, False),
        "Negotiation": (1, 3, False),
    }
    assert kept in (await stored(database))["role_skill"]


async def test_what_is_no_longer_required_ends(ask, world, lena):
    then = datetime.now(UTC)
    await ask.do(ROLE, engineer(need(world, "SQL", 2)), viewer=lena)
    assert await required(ask, world, then) == BEFORE
    assert await required(ask, world) == {"SQL": (2, 3, False)}


async def test_the_same_role_twice_is_once(ask, world, database, lena):
    given = engineer(need(world, "Python", 3, 5, must=True), need(world, "SQL", 2))
    before = await stored(database, but=["audit_entry", "happening"])
    await ask.do(ROLE, given, viewer=lena)
    assert await stored(database, but=["audit_entry", "happening"]) == before


async def test_a_change_may_be_planned_and_replaced_before_its_day(ask, world, lena):
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    planned = engineer(need(world, "SQL", 5), fromInstant=later.isoformat())
    await ask.do(ROLE, planned, viewer=lena)
    assert await required(ask, world) == BEFORE
    assert await required(ask, world, later) == {"SQL": (5, 3, False)}
    await ask.do(ROLE, engineer(need(world, "SQL", 2), need(world, "Python", 1)), viewer=lena)
    assert await required(ask, world) == {"SQL": (2, 3, False), "Python": (1, 3, False)}
    assert await required(ask, world, later) == {"SQL": (2, 3, False), "Python": (1, 3, False)}


async def test_a_change_in_the_past_holds_from_there_on(ask, world, database, lena):
    await ask.do(ROLE, engineer(need(world, "SQL", 4), fromInstant=on(2024).isoformat()), viewer=lena)
    await ask.do(ROLE, engineer(need(world, "SQL", 3), fromInstant=on(2023).isoformat()), viewer=lena)
    assert await required(ask, world, on(2022)) == BEFORE
    assert await required(ask, world, on(2023)) == {"SQL": (3, 3, False)}
    assert await required(ask, world) == {"SQL": (3, 3, False)}
    assert not any('"empty"' in row for row in (await stored(database))["role_skill"])


async def test_a_change_from_the_same_instant_replaces_the_other(ask, world, lena):
    for level in (4, 5):
        await ask.do(ROLE, engineer(need(world, "SQL", level), fromInstant=on(2024).isoformat()), viewer=lena)
    assert await required(ask, world, on(2024)) == {"SQL": (5, 3, False)}
    assert await required(ask, world, on(2023)) == BEFORE


async def test_what_a_role_requires_makes_sense(ask, world, database, lena):
    nothing = {"skill": f"Skill:{uuid4()}", "level": 3}
    for needs, problem in (
        ([need(world, "SQL", 0)], (["requires", "0", "level"], "must be from 1 to 5")),
        ([need(world, "SQL", 6)], (["requires", "0", "level"], "must be from 1 to 5")),
        ([need(world, "SQL", 3, 0)], (["requires", "0", "weight"], "must be from 1 to 5")),
        ([need(world, "SQL", 3), need(world, "SQL", 4)], (["requires", "1", "skill"], "comes twice")),
        ([need(world, "SQL", 3), nothing], (["requires", "1", "skill"], "there is no skill with that id")),
    ):
        async with unchanged(database):
            refused = await ask.do(ROLE, engineer(*needs), viewer=lena)
        path, message = problem
        assert refused["problems"] == [{"path": path, "message": message}]


@pytest.mark.parametrize("who", ["Ada", "Pat", "Auda"])
async def test_nobody_else_writes_job_roles(ask, world, database, who):
    async with unchanged(database):
        refused = await ask.do(ROLE, engineer(need(world, "SQL", 3)), viewer=world.viewer(who))
    assert refused["__typename"] == "NotAllowed"
