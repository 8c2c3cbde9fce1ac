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
