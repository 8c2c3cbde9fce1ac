"""Rules: who is in an audience is assigned, who leaves it is let go, and a second look changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from cairn.jobs.drain import drain
from cairn.pathways import reconcile
from pathways.writing import COMPLETE, assign, step, write
from stored import unchanged
from world import TODAY

DEFINE = """
mutation ($input: DefineRuleInput!) {
  defineRule(input: $input) {
    __typename
    ... on RulePayload {
      rule { id code versions { nodes { number } } } assigned cancelled
      changes { employee { givenName } outcome because assignment { dueOn priority reason } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
RETIRE = """
mutation ($input: RetireRuleInput!) {
  retireRule(input: $input) {
    __typename
    ... on RulePayload { assigned cancelled changes { employee { givenName } outcome because } }
    ... on Refusal { message }
  }
}
"""
ASSIGNED = """{
  assignments(orderBy: [{assignedAt: ASC}]) {
    nodes { employee { givenName } status cause closureReason round ruleVersion { number rule { code } } }
  }
}"""
MOVE = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"


@pytest.fixture
async def data(ask, world):  # noqa: ARG001  # whoever is assigned
    return await write(ask, "data", [step("read"), step("write")])


def platform(world, data, **more):
    given = {
        "code": "platform",
        "title": "Platform people know data",
        "pathway": data.id,
        "audience": {"employed": {"department": world.gid("Department", "Platform")}},
    }
    return given | more


async def standing(ask):
    nodes = (await ask(ASSIGNED))["assignments"]["nodes"]
    return {each["employee"]["givenName"]: each["status"] for each in nodes}


async def moves(ask, world, database, url, who, department, day=None):
    position = {"title": "New", "department": world.gid("Department", department)}
    given = {"employee": world.gid("Employee", who), "fromDay": str(day or TODAY), "position": position}
    done = await ask.do(MOVE, given)
    assert done["__typename"] == "Employee", done
    await drain(database, url)


async def test_whoever_is_in_the_audience_is_assigned_and_told_why(ask, world, database, url, data):
    given = platform(world, data, dueWithin="P2W", priority=1)
    lena = world.viewer("Lena")
    async with unchanged(database):
        shown = await ask.do(DEFINE, given | {"dryRun": True}, viewer=lena)
    assert (shown["assigned"], shown["cancelled"]) == (3, 0)
    done = await ask.do(DEFINE, given, viewer=lena)
    assert sorted(each["employee"]["givenName"] for each in done["changes"]) == ["Ada", "Ben", "Cleo"]
    [ben] = [each for each in done["changes"] if each["employee"]["givenName"] == "Ben"]
    assert ben["outcome"] == "ASSIGNED"
    assert ben["because"].startswith("Platform people know data: Employed in the department Platform: met")
    assert ben["assignment"] == {
        "dueOn": str(TODAY + timedelta(days=14)),
        "priority": 1,
        "reason": ben["because"],
    }
    await drain(database, url)
    for each in (await ask(ASSIGNED))["assignments"]["nodes"]:
        assert (each["cause"], each["ruleVersion"]) == (
            "RULE",
            {"number": 1, "rule": {"code": "platform"}},
        )
    async with database.transaction() as tx:
        await reconcile.reconcile_daily(tx, datetime.now(UTC))
    await drain(database, url)
    assert await standing(ask) == dict.fromkeys(("Ada", "Ben", "Cleo"), "ASSIGNED")


async def test_who_joins_is_assigned_and_who_leaves_is_let_go_unless_something_was_begun(
    ask, world, database, url, data
):
    await ask.do(DEFINE, platform(world, data))
    await ask.do(COMPLETE, {"step": data.steps["read"]}, viewer=world.viewer("Ada"))
    for who in ("Ada", "Ben"):
        await moves(ask, world, database, url, who, "Sales")
    await moves(ask, world, database, url, "Dan", "Platform")
    assert await standing(ask) == {
        "Ada": "IN_PROGRESS",
        "Ben": "CANCELLED",
        "Cleo": "ASSIGNED",
        "Dan": "ASSIGNED",
    }
    reasons = {
        each["employee"]["givenName"]: each["closureReason"]
        for each in (await ask(ASSIGNED))["assignments"]["nodes"]
    }
    assert reasons["Ben"] == "Platform people know data: no longer among those it is for."


async def test_a_move_that_is_planned_counts_from_its_day(ask, world, database, url, data):
    await ask.do(DEFINE, platform(world, data))
    day = TODAY + timedelta(days=20)
    await moves(ask, world, database, url, "Dan", "Platform", day)
    assert "Dan" not in await standing(ask)
    with time_machine.travel(datetime(day.year, day.month, day.day, 1, tzinfo=UTC)):
        async with database.transaction() as tx:
            await reconcile.reconcile_daily(tx, datetime.now(UTC))
        await drain(database, url)
        assert (await standing(ask))["Dan"] == "ASSIGNED"


async def test_what_somebody_has_waived_is_not_made_again_until_they_join_anew(
    ask, world, database, url, data
):
    await ask.do(DEFINE, platform(world, data))
    waive = "mutation ($input: WaiveAssignmentInput!) { waiveAssignment(input: $input) { __typename } }"
    query = "{ assignments { nodes { id employee { givenName } } } }"
    ids = {each["employee"]["givenName"]: each["id"] for each in (await ask(query))["assignments"]["nodes"]}
    await ask.do(waive, {"assignment": ids["Ben"], "reason": "Teaches it"}, viewer=world.viewer("Ada"))
    async with database.transaction() as tx:
        await reconcile.reconcile_daily(tx, datetime.now(UTC))
    await drain(database, url)
    assert (await standing(ask))["Ben"] == "WAIVED"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=40)) as clock:
        await moves(ask, world, database, url, "Ben", "Sales", TODAY + timedelta(days=40))
        clock.shift(timedelta(days=10))
        await moves(ask, world, database, url, "Ben", "Platform", TODAY + timedelta(days=50))
        assert (await standing(ask))["Ben"] == "ASSIGNED"


async def test_who_was_there_before_is_left_alone_where_the_rule_says_so(ask, world, database, url, data):
    done = await ask.do(DEFINE, platform(world, data, reachesBack=False))
    assert done["assigned"] == 0
    day = TODAY + timedelta(days=1)
    with time_machine.travel(datetime(day.year, day.month, day.day, 1, tzinfo=UTC)):
        await moves(ask, world, database, url, "Dan", "Platform", day)
        assert await standing(ask) == {"Dan": "ASSIGNED"}


async def test_who_has_completed_it_or_follows_it_already_is_left_alone(ask, world, data):
    for key in ("read", "write"):
        await ask.do(COMPLETE, {"step": data.steps[key]}, viewer=world.viewer("Ben"))
    await assign(ask, data, world.gid("Employee", "Cleo"))
    done = await ask.do(DEFINE, platform(world, data))
    assert [each["employee"]["givenName"] for each in done["changes"]] == ["Ada"]


async def test_it_may_come_back_every_year(ask, world, database, url, data):
    given = platform(world, data, audience={"employed": {"location": "Lisbon"}}, recurrence="P1Y")
    start = datetime.now(UTC)
    await ask.do(DEFINE, given)
    dan = world.gid("Employee", "Dan")
    for key in ("read", "write"):
        await ask.do(COMPLETE, {"step": data.steps[key], "employee": dan})
    for days, rounds in ((364, [1]), (366, [1, 2])):
        with time_machine.travel(start + timedelta(days=days)):
            async with database.transaction() as tx:
                await reconcile.reconcile_daily(tx, datetime.now(UTC))
            await drain(database, url)
            found = [
                each
                for each in (await ask(ASSIGNED))["assignments"]["nodes"]
                if each["employee"]["givenName"] == "Dan"
            ]
            assert [each["round"] for each in found] == rounds
    assert [each["status"] for each in found] == ["COMPLETED", "ASSIGNED"]


async def test_a_new_version_takes_the_place_of_the_last(ask, world, data):
    first = await ask.do(DEFINE, platform(world, data))
    sales = {"employed": {"department": world.gid("Department", "Sales")}}
    second = await ask.do(DEFINE, platform(world, data, audience=sales))
    assert second["rule"]["id"] == first["rule"]["id"]
    assert second["rule"]["versions"]["nodes"] == [{"number": 1}, {"number": 2}]
    assert (second["assigned"], second["cancelled"]) == (1, 3)


async def test_a_rule_that_is_retired_lets_go_of_what_was_not_begun(ask, world, database, data):
    made = await ask.do(DEFINE, platform(world, data))
    await ask.do(COMPLETE, {"step": data.steps["read"]}, viewer=world.viewer("Ada"))
    done = await ask.do(RETIRE, {"rule": made["rule"]["id"]}, viewer=world.viewer("Lena"))
    assert {each["employee"]["givenName"] for each in done["changes"]} == {"Ben", "Cleo"}
    assert done["changes"][0]["because"] == "Platform people know data: the rule was retired."
    async with unchanged(database):
        again = await ask.do(RETIRE, {"rule": made["rule"]["id"]}, viewer=world.viewer("Lena"))
    assert again["message"] == "It was retired before."


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"code": " "}, ["code"]),
        ({"title": ""}, ["title"]),
        ({"priority": 0}, ["priority"]),
        ({"dueWithin": "PT1H"}, ["dueWithin"]),
        ({"recurrence": "PT1H"}, ["recurrence"]),
        ({"audience": {"any": {"n": 2, "of": [{"all": []}]}}}, ["audience", "any", "n"]),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, data, given, path):
    async with unchanged(database):
        refused = await ask.do(DEFINE, platform(world, data) | given, viewer=world.viewer("Lena"))
    assert [each["path"] for each in refused["problems"]] == [path]
