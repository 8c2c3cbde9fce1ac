"""Moving everybody of a department at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cairn.people import tables
from stored import unchanged
from world import TODAY, id_of

REASSIGN = """
mutation ($input: ReassignDepartmentInput!) {
  reassignDepartment(input: $input) {
    __typename
    ... on ReassignedDepartment { people moved department { name parent { name } } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path } }
    ... on CycleInReportingLine { ring { displayName } }
    ... on CycleInDepartments { ring { name } }
  }
}
"""
WHERE = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    title department { name } manager { displayName }
    managers(orderBy: [{displayName: ASC}]) { nodes { displayName } }
  }
}
"""


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


def platform(world, day=TODAY, **more):
    return {
        "department": world.gid("Department", "Platform"),
        "fromDay": str(day),
        **{
            name: value and world.gid("Employee" if name == "manager" else "Department", value)
            for name, value in more.items()
        },
    }


async def standing(ask, world, who, day=TODAY):
    at = {"id": world.gid("Employee", who), "at": f"{day}T12:00:00Z"}
    found = (await ask(WHERE, at, viewer=world.viewer("Pat")))["employee"]
    above = [each["displayName"].removesuffix(" Test") for each in found["managers"]["nodes"]]
    manager = found["manager"] and found["manager"]["displayName"].removesuffix(" Test")
    return found["department"] and found["department"]["name"], manager, above


async def test_the_heads_get_another_manager_and_the_rest_go_along(ask, world, pat):
    moved = await ask.do(REASSIGN, platform(world, manager="Dan", parent="Sales"), viewer=pat)
    assert moved == {
        "__typename": "ReassignedDepartment",
        "people": 4,
        "moved": 1,
        "department": {"name": "Platform", "parent": {"name": "Sales"}},
    }
    assert await standing(ask, world, "Ada") == ("Platform", "Dan", ["Dan", "Grace"])
    assert await standing(ask, world, "Cleo") == ("Platform", "Ben", ["Ada", "Ben", "Dan", "Grace"])
    assert await standing(ask, world, "Cleo", TODAY - timedelta(days=1)) == (
        "Platform",
        "Ben",
        ["Ada", "Ben", "Grace"],
    )
    later = TODAY + timedelta(days=60)
    assert await standing(ask, world, "Finn", later) == ("Platform", "Ada", ["Ada", "Dan", "Grace"])


async def test_people_work_in_another_department_and_what_is_planned_moves_along(ask, world, database, pat):
    moved = await ask.do(REASSIGN, platform(world, into="Sales"), viewer=pat)
    assert (moved["people"], moved["moved"]) == (4, 4)
    for who, manager in (("Ada", "Grace"), ("Ben", "Ada"), ("Cleo", "Ben")):
        assert (await standing(ask, world, who))[:2] == ("Sales", manager)
    later = TODAY + timedelta(days=60)
    assert (await standing(ask, world, "Finn", later))[0] == "Sales"
    query = """query ($id: ID!) { employee(id: $id) {
      withdrawnEmployments { nodes { department { name } reason } }
    } }"""
    found = await ask(query, {"id": world.gid("Employee", "Finn")}, viewer=pat)
    assert found["employee"]["withdrawnEmployments"]["nodes"] == [
        {"department": {"name": "Platform"}, "reason": f"Platform moved on {TODAY}"}
    ]
    async with database.transaction() as tx:
        changed = (await tx.execute(select(tables.Employee.changed_at, tables.Employee.id))).all()
        events = await tx.execute(select(tables.Employee.metadata.tables["event"].c.payload))
        [payload] = events.scalars()
    assert {id_ for at, id_ in changed if at.date() == TODAY} >= {id_of("Ben"), id_of("Finn")}
    assert sorted(payload["employees"]) == sorted(str(id_of(each)) for each in ("Ada", "Ben", "Cleo", "Finn"))


async def test_a_move_planned_for_a_day_leaves_what_is_until_then(ask, world, pat):
    day = TODAY + timedelta(days=30)
    await ask.do(REASSIGN, platform(world, day, manager="Dan"), viewer=pat)
    assert await standing(ask, world, "Ben", day - timedelta(days=1)) == ("Platform", "Ada", ["Ada", "Grace"])
    assert await standing(ask, world, "Ben", day) == ("Platform", "Ada", ["Ada", "Dan", "Grace"])


async def test_the_departments_that_are_part_of_it_move_along(ask, world, pat):
    engineering = {**platform(world, manager="Dan"), "department": world.gid("Department", "Engineering")}
    moved = await ask.do(REASSIGN, engineering, viewer=pat)
    assert (moved["people"], moved["moved"]) == (4, 1)
    assert (await standing(ask, world, "Ada"))[1] == "Dan"


async def test_rings_are_named_and_nothing_is_half_done(ask, world, database, pat):
    async with unchanged(database):
        ring = await ask.do(REASSIGN, platform(world, manager="Cleo", into="Sales"), viewer=pat)
        tree = await ask.do(
            REASSIGN,
            {**platform(world, parent="Platform"), "department": world.gid("Department", "Engineering")},
            viewer=pat,
        )
    assert ring["ring"] == [{"displayName": f"{who} Test"} for who in ("Ada", "Cleo", "Ben")]
    assert sorted(each["name"] for each in tree["ring"]) == ["Engineering", "Platform"]


async def test_what_makes_no_sense_and_who_may_not(ask, world, database, pat):
    nobody = "Employee:018f0000-0000-7000-8000-000000000000"
    async with unchanged(database):
        nothing = await ask.do(REASSIGN, platform(world), viewer=pat)
        itself = await ask.do(REASSIGN, platform(world, into="Platform"), viewer=pat)
        lost = await ask.do(REASSIGN, {**platform(world), "manager": nobody}, viewer=pat)
        rehearsed = await ask.do(REASSIGN, {**platform(world, manager="Dan"), "dryRun": True}, viewer=pat)
        for who in ("Ada", "Grace", "Lena", "Auda"):
            denied = await ask.do(REASSIGN, platform(world, manager="Dan"), viewer=world.viewer(who))
            assert denied["__typename"] == "NotAllowed"
    assert [each["problems"] for each in (nothing, itself, lost)] == [
        [{"path": ["fromDay"]}],
        [{"path": ["into"]}],
        [{"path": ["manager"]}],
    ]
    assert rehearsed["moved"] == 1


async def test_a_head_who_becomes_the_manager_of_the_others_keeps_their_own(ask, world, pat):
    moved = await ask.do(REASSIGN, platform(world, manager="Ada"), viewer=pat)
    assert moved["moved"] == 0
    assert (await standing(ask, world, "Ada"))[1] == "Grace"
