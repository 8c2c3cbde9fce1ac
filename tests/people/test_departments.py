"""Departments: a tree with a history."""

from datetime import timedelta
from uuid import uuid4

import pytest

from stored import unchanged
from world import TODAY

DEPARTMENT = """
mutation ($input: CreateDepartmentInput!) {
  createDepartment(input: $input) {
    __typename
    ... on Department { name parent { name } children { nodes { name } } members { nodes { displayName } } }
    ... on Refusal { message }
    ... on NotFound { id }
  }
}
"""
NOBODY = uuid4()


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


async def test_a_department_is_made_below_another(ask, world, pat):
    made = await ask.do(
        DEPARTMENT, {"name": " Tools ", "parent": world.gid("Department", "Platform")}, viewer=pat
    )
    assert made == {
        "__typename": "Department",
        "name": "Tools",
        "parent": {"name": "Platform"},
        "children": {"nodes": []},
        "members": {"nodes": []},
    }
    query = "query ($id: ID!) { department(id: $id) { children { nodes { name } } } }"
    found = await ask(query, {"id": world.gid("Department", "Platform")}, viewer=world.viewer("Ben"))
    assert found["department"]["children"]["nodes"] == [{"name": "Tools"}]


async def test_a_department_needs_a_name_a_parent_that_exists_and_a_people_admin(ask, world, database, pat):
    nowhere = f"Department:{NOBODY}"
    async with unchanged(database):
        nameless = await ask.do(DEPARTMENT, {"name": " "}, viewer=pat)
        lost = await ask.do(DEPARTMENT, {"name": "Tools", "parent": nowhere}, viewer=pat)
        denied = await ask.do(DEPARTMENT, {"name": "Tools"}, viewer=world.viewer("Ada"))
    assert nameless == {"__typename": "InvalidInput", "message": "name: must not be empty"}
    assert lost == {"__typename": "NotFound", "message": "There is no such department.", "id": str(NOBODY)}
    assert denied["__typename"] == "NotAllowed"


async def test_the_members_of_a_department_are_those_of_the_day(ask, world, pat):
    query = """query ($id: ID!, $at: DateTime) {
      department(id: $id) { members(at: $at, orderBy: [{displayName: ASC}]) { nodes { displayName } } }
    }"""
    for at, expected in (
        (None, ["Ada Test", "Ben Test", "Cleo Test"]),
        ("2022-06-01T00:00:00Z", ["Ada Test", "Cleo Test", "Eve Test"]),
        (
            f"{TODAY + timedelta(days=60)}T00:00:00Z",
            ["Ada Test", "Ben Test", "Cleo Test", "Finn Test"],
        ),
    ):
        found = await ask(query, {"id": world.gid("Department", "Platform"), "at": at}, viewer=pat)
        assert [each["displayName"] for each in found["department"]["members"]["nodes"]] == expected


PLANNED = """query ($id: ID!, $at: DateTime) {
  department(id: $id, at: $at) { parent { name } closedOn withheld { field } children { nodes { name } } }
}"""


async def test_a_reorganisation_that_is_planned_is_told_to_people_admins_alone(ask, world, pat):
    sales, platform = world.gid("Department", "Sales"), world.gid("Department", "Platform")
    day, later = TODAY + timedelta(days=20), f"{TODAY + timedelta(days=30)}T00:00:00Z"
    moved = await ask.do(
        """mutation ($input: MoveDepartmentInput!) { moveDepartment(input: $input) { __typename } }""",
        {"department": platform, "parent": sales, "fromDay": f"{day}"},
        viewer=pat,
    )
    assert moved["__typename"] == "Department"
    ada = world.viewer("Ada")

    async def seen(department, at, viewer):
        found = (await ask(PLANNED, {"id": department, "at": at}, viewer=viewer))["department"]
        return found["parent"] and found["parent"]["name"], [
            each["name"] for each in found["children"]["nodes"]
        ]

    assert await seen(platform, None, ada) == ("Engineering", [])
    assert await seen(platform, later, ada) == (None, [])
    assert await seen(sales, later, ada) == (None, [])
    assert await seen(platform, later, pat) == ("Sales", [])
    assert await seen(sales, later, pat) == ("Company", ["Platform"])


async def test_that_a_department_will_be_closed_is_told_once_it_is(ask, world, pat):
    made = await ask.do(
        DEPARTMENT.replace("... on NotFound { id }", "").replace("{ name parent", "{ id name parent"),
        {"name": "Tools"},
        viewer=pat,
    )
    closing = """mutation ($input: CloseDepartmentInput!) { closeDepartment(input: $input) { __typename } }"""
    day = TODAY + timedelta(days=20)
    assert (await ask.do(closing, {"department": made["id"], "fromDay": f"{day}"}, viewer=pat))["__typename"]

    async def closed(viewer):
        found = (await ask(PLANNED, {"id": made["id"]}, viewer=viewer))["department"]
        return found["closedOn"], [each["field"] for each in found["withheld"]]

    assert await closed(pat) == (f"{day}", [])
    assert await closed(world.viewer("Ada")) == (None, ["closedOn"])
    sales = (await ask(PLANNED, {"id": world.gid("Department", "Sales")}, viewer=world.viewer("Ada")))[
        "department"
    ]
    assert [each["field"] for each in sales["withheld"]] == ["closedOn"]
