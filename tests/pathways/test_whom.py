"""Whom a pathway is assigned to: teams, departments, job roles, and those with a gap."""

from datetime import timedelta

import pytest

from cairn.jobs.drain import drain
from pathways.test_assign import outcomes
from pathways.writing import ASSIGN, step, write
from stored import unchanged
from world import TODAY


@pytest.fixture
async def data(ask, world):  # noqa: ARG001  # whoever is assigned
    return await write(ask, "data", [step("read"), step("write")])


def with_(world, data, **more):
    named = {
        key: [world.gid(type_, name) for name in more.pop(key)]
        for key, type_ in (("departments", "Department"), ("jobRoles", "JobRole"))
        if key in more
    }
    return {"pathway": data.id} | named | more


async def test_a_department_is_whoever_works_there_or_below_or_is_about_to(ask, world, data):
    done = await ask.do(ASSIGN, with_(world, data, departments=["Engineering"]), viewer=world.viewer("Lena"))
    assert outcomes(done) == {"Ada": "ASSIGNED", "Ben": "ASSIGNED", "Cleo": "ASSIGNED", "Finn": "SCHEDULED"}


async def test_a_job_role_is_whoever_works_in_it_or_is_about_to(ask, world, data):
    done = await ask.do(ASSIGN, with_(world, data, jobRoles=["Seller role"]), viewer=world.viewer("Lena"))
    assert outcomes(done) == {"Dan": "ASSIGNED"}
    both = with_(world, data, jobRoles=["Seller role", "Engineer role"], dryRun=True)
    done = await ask.do(ASSIGN, both, viewer=world.viewer("Lena"))
    assert outcomes(done)["Dan"] == "ALREADY_ASSIGNED"
    assert outcomes(done)["Cleo"] == "ASSIGNED"


async def test_who_is_about_to_start_is_not_told_to_others(ask, world, data):
    """Finn is Ada's and Grace's report to be, and nobody else's business."""
    given = with_(world, data, departments=["Platform"], dryRun=True)
    told = await ask.do(ASSIGN, given, viewer=world.viewer("Ben"))
    assert outcomes(told) == {"Ada": "NOT_ALLOWED", "Ben": "ASSIGNED", "Cleo": "ASSIGNED"}
    hers = await ask.do(ASSIGN, given, viewer=world.viewer("Ada"))
    assert "Finn" in outcomes(hers)


async def test_those_with_a_gap_in_a_column_of_the_matrix(ask, world, data):
    """Python takes a 3: Ben has a 2, Cleo claims a 3, Ada has a 5."""
    python = world.gid("Skill", "Python")
    for gap, expected in (
        ({"team": world.gid("Team", "Core team")}, {"Ben": "ASSIGNED"}),
        ({"manager": world.gid("Employee", "Ada")}, {"Ben": "ASSIGNED"}),
        ({"manager": world.gid("Employee", "Ben")}, {}),
    ):
        given = with_(world, data, gap={"skill": python, **gap}, dryRun=True)
        done = await ask.do(ASSIGN, given, viewer=world.viewer("Ada"))
        assert outcomes(done) == expected, gap
    sql = with_(
        world,
        data,
        gap={"skill": world.gid("Skill", "SQL"), "manager": world.gid("Employee", "Grace"), "depth": None},
        dryRun=True,
    )
    assert outcomes(await ask.do(ASSIGN, sql, viewer=world.viewer("Lena"))) == {
        "Ben": "ASSIGNED",
        "Cleo": "ASSIGNED",
    }


async def test_a_refusal_tells_nobody_who_has_a_gap(ask, world, database, data):
    gap = {"skill": world.gid("Skill", "Python"), "team": world.gid("Team", "Core team")}
    for who in ("Cleo", "Dan", "Pat", "Auda"):
        async with unchanged(database):
            done = await ask.do(ASSIGN, with_(world, data, gap=gap), viewer=world.viewer(who))
        assert done["results"] == [], who


async def test_a_due_date_may_follow_from_the_start(ask, world, data):
    starts = TODAY + timedelta(days=10)
    given = with_(
        world, data, departments=["Platform"], dueWithin="P2W", startsOn=str(starts), idempotencyKey="x"
    )
    done = await ask.do(ASSIGN, given, viewer=world.viewer("Lena"))
    days = {
        each["employee"]["displayName"][:4]: (each["assignment"]["startsOn"], each["assignment"]["dueOn"])
        for each in done["results"]
    }
    first_day = TODAY + timedelta(days=60)
    later = (str(starts), str(starts + timedelta(days=14)))
    assert days["Ben "] == later
    assert days["Finn"] == (str(first_day), str(first_day + timedelta(days=14)))
    assert set(outcomes(done).values()) == {"SCHEDULED"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"dueOn": str(TODAY), "dueWithin": "P1D"}, ["dueWithin"]),
        ({"dueWithin": "PT5M"}, ["dueWithin"]),
        ({"dueOn": str(TODAY), "startsOn": str(TODAY + timedelta(days=1))}, ["dueOn"]),
        ({"startsOn": str(TODAY - timedelta(days=1))}, ["startsOn"]),
        ({"departments": ["Nowhere"]}, ["departments", "0"]),
        ({"jobRoles": ["Nobody"]}, ["jobRoles", "0"]),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, data, given, path):
    asked = {"employees": [world.gid("Employee", "Ben")]} | with_(world, data, **given)
    async with unchanged(database):
        refused = await ask.do(ASSIGN, asked, viewer=world.viewer("Ada"))
    assert [each["path"] for each in refused["problems"]] == [path]


async def test_whoever_has_done_it_is_done_with_it(ask, world, database, url, data):
    complete = "mutation ($input: CompleteStepInput!) { completeStep(input: $input) { __typename } }"
    for key in ("read", "write"):
        await ask.do(complete, {"step": data.steps[key]}, viewer=world.viewer("Ben"))
    await ask.do(ASSIGN, with_(world, data, departments=["Platform"]), viewer=world.viewer("Lena"))
    await drain(database, url)
    query = "{ assignments { nodes { employee { givenName } status } } }"
    found = (await ask(query))["assignments"]["nodes"]
    assert {each["employee"]["givenName"]: each["status"] for each in found} == {
        "Ada": "ASSIGNED",
        "Ben": "COMPLETED",
        "Cleo": "ASSIGNED",
        "Finn": "SCHEDULED",
    }
