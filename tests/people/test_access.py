"""What of people is the directory's, and what is their own."""

from datetime import timedelta

import pytest

from world import TODAY

CARD = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    displayName status title department { name } manager { displayName } email number
    employments(orderBy: [{since: ASC}]) { nodes { since } }
    withheld { field }
  }
}
"""


async def card(ask, world, whose, viewer, at=None):
    found = await ask(CARD, {"id": world.gid("Employee", whose), "at": at}, viewer=world.viewer(viewer))
    return found["employee"]


@pytest.mark.parametrize("who", ["Ben", "Ada", "Grace", "Pat", "Auda"])
async def test_the_person_their_managers_and_the_people_admins_see_contact_and_history(ask, world, who):
    assert await card(ask, world, "Ben", who) == {
        "displayName": "Ben Test",
        "status": "ACTIVE",
        "title": "Engineer",
        "department": {"name": "Platform"},
        "manager": {"displayName": "Ada Test"},
        "email": "ben@example.com",
        "number": "N-BEN",
        "employments": {"nodes": [{"since": "2021-01-01"}, {"since": "2024-01-01"}]},
        "withheld": [],
    }


@pytest.mark.parametrize("who", ["Cleo", "Dan", "Lena"])
async def test_colleagues_see_where_somebody_stands_today(ask, world, who):
    assert await card(ask, world, "Ben", who) == {
        "displayName": "Ben Test",
        "status": "ACTIVE",
        "title": "Engineer",
        "department": {"name": "Platform"},
        "manager": {"displayName": "Ada Test"},
        "email": None,
        "number": None,
        "employments": {"nodes": [{"since": "2024-01-01"}]},
        "withheld": [{"field": "email"}, {"field": "phone"}, {"field": "userName"}, {"field": "number"}],
    }


async def test_a_former_manager_is_a_colleague(ask, world):
    then = await card(ask, world, "Ben", "Dan", "2022-06-01T00:00:00Z")
    assert (then["status"], then["title"], then["manager"]) == (None, None, None)
    assert {"field": "status"} in then["withheld"]
    allowed = await card(ask, world, "Ben", "Ada", "2022-06-01T00:00:00Z")
    assert (allowed["status"], allowed["title"]) == ("ACTIVE", "Sales Engineer")


@pytest.mark.parametrize(
    ("whose", "status"), [("Finn", "PREHIRE"), ("Eve", "TERMINATED"), ("Cleo", "ACTIVE"), ("Grace", "ACTIVE")]
)
async def test_everybody_is_told_the_same_status_of_today(ask, world, whose, status):
    for who in ("Ben", "Dan", "Pat", "Auda", "Lena"):
        assert (await card(ask, world, whose, who))["status"] == status, who


async def test_the_status_of_other_days_is_history(ask, world):
    soon = f"{TODAY + timedelta(days=60)}T00:00:00Z"
    for whose, at, status in (("Eve", "2022-01-01T00:00:00Z", "ACTIVE"), ("Finn", soon, "ACTIVE")):
        assert (await card(ask, world, whose, "Pat", at))["status"] == status
        assert (await card(ask, world, whose, "Ben", at))["status"] is None


async def test_a_colleague_cannot_find_out_by_a_filter(ask, world):
    query = """query ($at: DateTime) {
      employees(at: $at, where: {status: {eq: ACTIVE}}) { nodes { displayName } }
    }"""
    at = {"at": "2022-06-01T00:00:00Z"}
    allowed = await ask(query, at, viewer=world.viewer("Pat"))
    assert {"displayName": "Eve Test"} in allowed["employees"]["nodes"]
    found = await ask(query, at, viewer=world.viewer("Cleo"))
    assert found["employees"]["nodes"] == [{"displayName": "Cleo Test"}]


async def test_who_was_in_a_team_is_not_the_directorys(ask, world):
    leave = "mutation ($input: LeaveTeamInput!) { leaveTeam(input: $input) { __typename } }"
    given = {"team": world.gid("Team", "Core team"), "employee": world.gid("Employee", "Ben")}
    await ask.do(leave, given, viewer=world.viewer("Pat"))
    query = """query ($id: ID!, $at: DateTime) {
      team(id: $id) { members(at: $at, orderBy: [{displayName: ASC}]) { nodes { displayName } } }
    }"""
    at = {"id": world.gid("Team", "Core team"), "at": "2024-01-01T00:00:00Z"}
    for who, expected in (
        ("Pat", ["Ada", "Ben", "Cleo"]),
        ("Ben", ["Ada", "Ben", "Cleo"]),
        ("Dan", ["Ada", "Cleo"]),
    ):
        found = await ask(query, at, viewer=world.viewer(who))
        names = [each["displayName"] for each in found["team"]["members"]["nodes"]]
        assert names == [f"{name} Test" for name in expected], who
