"""What of people is the directory's, and what is their own."""

from datetime import timedelta

import pytest

from world import TODAY

CARD = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    displayName status title department { name } manager { displayName } email number
    employments(orderBy: [{title: DESC}]) { nodes { title since until } }
    withheld { field }
  }
}
"""
UNREACHABLE = [{"field": field} for field in ("email", "phone", "userName", "number", "keptLocally")]
SOLD = {"title": "Sales Engineer", "since": "2021-01-01", "until": "2024-01-01"}
BUILDS = {"title": "Engineer", "since": "2024-01-01", "until": None}


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
        "employments": {"nodes": [SOLD, BUILDS]},
        "withheld": [],
    }


@pytest.mark.parametrize("who", ["Cleo", "Lena"])
async def test_colleagues_see_where_somebody_stands_today(ask, world, who):
    assert await card(ask, world, "Ben", who) == {
        "displayName": "Ben Test",
        "status": "ACTIVE",
        "title": "Engineer",
        "department": {"name": "Platform"},
        "manager": {"displayName": "Ada Test"},
        "email": None,
        "number": None,
        "employments": {"nodes": [{**BUILDS, "since": None}]},
        "withheld": UNREACHABLE,
    }


async def test_a_former_manager_sees_the_time_they_had(ask, world):
    now = await card(ask, world, "Ben", "Dan")
    assert (now["status"], now["title"], now["email"]) == ("ACTIVE", "Engineer", None)
    assert now["employments"] == {"nodes": [SOLD, {**BUILDS, "since": None}]}
    assert now["withheld"] == UNREACHABLE
    for who in ("Dan", "Ada"):
        then = await card(ask, world, "Ben", who, "2022-06-01T00:00:00Z")
        assert (then["status"], then["title"]) == ("ACTIVE", "Sales Engineer")
        assert then["manager"] == {"displayName": "Dan Test"}
    for at in ("2020-06-01T00:00:00Z", "2024-06-01T00:00:00Z", f"{TODAY + timedelta(days=1)}T00:00:00Z"):
        assert (await card(ask, world, "Ben", "Dan", at))["status"] is None, "not Dan's time"
    hidden = await card(ask, world, "Ben", "Cleo", "2022-06-01T00:00:00Z")
    assert (hidden["status"], hidden["title"], hidden["manager"]) == (None, None, None)
    assert {"field": "status"} in hidden["withheld"]


async def test_that_no_end_is_planned_is_told_to_no_former_manager(ask, world):
    query = """query ($id: ID!) {
      employee(id: $id) {
        employments { nodes { title until withheld { field } } }
        memberships { nodes { team { name } until withheld { field } } }
      }
    }"""

    async def untold(name):
        """What goes on, and of which it is not told whether it ends."""
        found = (await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=world.viewer(name)))[
            "employee"
        ]
        records = [*found["employments"]["nodes"], *found["memberships"]["nodes"]]
        going_on = [each for each in records if each["until"] is None]
        assert len(going_on) == 3
        return [each for each in going_on if "until" in [one["field"] for one in each["withheld"]]]

    assert len(await untold("Dan")) == 3
    assert await untold("Ada") == await untold("Ben") == await untold("Pat") == []


async def test_a_manager_to_come_sees_the_time_they_will_have(ask, world):
    """And reaches those who have yet to start; colleagues see that they will, not when nor as what."""
    first = TODAY + timedelta(days=60)
    for who in ("Ada", "Grace"):
        finn = await card(ask, world, "Finn", who)
        assert finn["employments"] == {"nodes": [{**BUILDS, "since": str(first)}]}
        assert (finn["status"], finn["title"], finn["email"]) == ("PREHIRE", None, "finn@example.com")
        then = await card(ask, world, "Finn", who, f"{first}T00:00:00Z")
        assert (then["status"], then["title"]) == ("ACTIVE", "Engineer")
    for who in ("Ben", "Dan"):
        finn = await card(ask, world, "Finn", who)
        assert (finn["status"], finn["employments"], finn["email"]) == ("PREHIRE", {"nodes": []}, None)


PLANS = """
query ($id: ID!, $eve: ID!, $before: DateTime!, $after: DateTime!) {
  before: employee(id: $id, at: $before) { ...directory }
  after: employee(id: $id, at: $after) { ...directory }
  filtered: employees(at: $after, where: {id: {eq: $id}, title: {isNull: false}}) { totalCount }
  ended: employees(where: {id: {eq: $id}, employments: {some: {until: {isNull: false}}}}) { totalCount }
  every: employees(where: {id: {eq: $id}, employments: {every: {until: {isNull: true}}}}) { totalCount }
  below: employees(where: {id: {eq: $id}, employments: {some: {until: {gt: "2000-01-01"}}}}) { totalCount }
  ordered: employee(id: $id) {
    employments(orderBy: [{until: ASC}]) { edges { cursor } nodes { title until } totalCount }
  }
  ended_leaver: employee(id: $eve) { status }
}
fragment directory on Employee {
  status title location department { name } manager { displayName } jobRole { name }
  managers { totalCount } reports { totalCount } teams { totalCount }
}
"""


async def test_what_is_planned_shows_in_nothing_a_colleague_can_ask(ask, world):
    """Ben leaves in ten days, and Eve comes back: whoever may not know gets what they got before."""
    soon, late = (f"{TODAY + timedelta(days=days)}T12:00:00Z" for days in (5, 15))
    given = {
        "id": world.gid("Employee", "Ben"),
        "eve": world.gid("Employee", "Eve"),
        "before": soon,
        "after": late,
    }
    strangers = ("Cleo", "Dan", "Lena")
    before = [await ask(PLANS, given, viewer=world.viewer(who)) for who in strangers]
    terminate = "mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"
    last = {"employee": given["id"], "lastDay": str(TODAY + timedelta(days=10))}
    assert await ask.do(terminate, last, viewer=world.viewer("Pat")) == {"__typename": "Employee"}
    rehire = "mutation ($input: RehireInput!) { rehire(input: $input) { __typename } }"
    back = {
        "employee": given["eve"],
        "startsOn": str(TODAY + timedelta(days=30)),
        "position": {"title": "Engineer", "manager": world.gid("Employee", "Pat")},
    }
    assert await ask.do(rehire, back, viewer=world.viewer("Pat")) == {"__typename": "Employee"}
    assert [await ask(PLANS, given, viewer=world.viewer(who)) for who in strangers] == before
    for who in ("Ben", "Ada", "Grace", "Auda"):
        told = await ask(PLANS, given, viewer=world.viewer(who))
        assert (told["before"]["status"], told["after"]["status"]) == ("ACTIVE", "TERMINATED"), who
        assert told["before"]["title"] == "Engineer"
        assert told["after"]["title"] is None
        assert (told["ended"], told["every"], told["below"]) == (
            {"totalCount": 1},
            {"totalCount": 0},
            {"totalCount": 1},
        )
    for who, status in (("Pat", "PREHIRE"), ("Auda", "PREHIRE"), ("Grace", "PREHIRE"), ("Dan", "TERMINATED")):
        told = await ask(PLANS, given, viewer=world.viewer(who))
        assert told["ended_leaver"] == {"status": status}, who


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
        assert (await card(ask, world, whose, "Ada", at))["status"] == status
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
    at = {"id": world.gid("Team", "Core team"), "at": "2023-06-01T00:00:00Z"}
    for who, expected in (
        ("Pat", ["Ada", "Ben", "Cleo"]),
        ("Ben", ["Ben", "Cleo"]),
        ("Dan", ["Ben", "Cleo"]),
        ("Lena", []),
    ):
        found = await ask(query, at, viewer=world.viewer(who))
        names = [each["displayName"] for each in found["team"]["members"]["nodes"]]
        assert names == [f"{name} Test" for name in expected], who
