"""What changed among people between two instants, of whom, and for whom to know."""

from datetime import UTC, datetime, timedelta

import pytest

from people.test_leaving import TOMORROW, YESTERDAY, of, verb
from world import TODAY

CHANGES = """
query ($since: DateTime!, $until: DateTime, $department: ID, $manager: ID, $kinds: [OrgChangeKind!]) {
  orgChanges(since: $since, until: $until, department: $department, manager: $manager, kinds: $kinds) {
    totalCount
    nodes {
      at kind employee { displayName } team { name }
      before { department { name } manager { displayName } title }
      after { department { name } manager { displayName } title }
    }
  }
}
"""


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


async def changes(ask, viewer, since, until=None, **more):
    given = {"since": f"{since}T00:00:00Z", "until": until and f"{until}T00:00:00Z", **more}
    found = (await ask(CHANGES, given, viewer=viewer))["orgChanges"]
    assert found["totalCount"] == len(found["nodes"])
    return [
        (each["at"][:10], each["kind"], each["employee"]["displayName"].removesuffix(" Test"))
        for each in found["nodes"]
    ]


BENS_MOVE = [("2024-01-01", kind, "Ben") for kind in ("MOVED", "NEW_MANAGER", "NEW_ROLE")]


async def test_the_years_of_a_company(ask, pat):
    assert await changes(ask, pat, "2020-06-01", "2026-01-01") == [
        ("2020-06-01", "JOINED", "Dan"),
        ("2021-01-01", "JOINED", "Ben"),
        ("2022-01-01", "JOINED", "Cleo"),
        ("2023-01-01", "LEFT", "Eve"),
        *BENS_MOVE,
    ]
    [move, *_] = (
        await ask(CHANGES, {"since": "2024-01-01T00:00:00Z", "kinds": ["MOVED", "LEAVE_BEGAN"]}, viewer=pat)
    )["orgChanges"]["nodes"]
    assert move["before"] == {
        "department": {"name": "Sales"},
        "manager": {"displayName": "Dan Test"},
        "title": "Sales Engineer",
    }
    assert move["after"]["department"] == {"name": "Platform"}


async def test_the_window_holds_its_beginning_and_not_its_end(ask, pat):
    assert await changes(ask, pat, "2022-01-01", "2023-01-01") == [("2022-01-01", "JOINED", "Cleo")]
    given = {"since": "2022-01-01T00:00:01Z", "until": "2023-01-01T00:00:01Z"}
    found = (await ask(CHANGES, given, viewer=pat))["orgChanges"]["nodes"]
    assert [each["kind"] for each in found] == ["LEFT"]


async def test_what_is_planned_is_told_where_one_asks_for_it(ask, pat):
    start = TODAY + timedelta(days=60)
    assert await changes(ask, pat, TOMORROW) == []
    assert await changes(ask, pat, TOMORROW, TODAY + timedelta(days=90)) == [(str(start), "JOINED", "Finn")]


async def test_leave_teams_and_coming_back(ask, world, pat):
    await ask.do(verb("startLeave"), of(world, "Ben", fromDay=YESTERDAY, until=TODAY), viewer=pat)
    position = {"title": "Engineer", "manager": world.gid("Employee", "Ada")}
    await ask.do(verb("rehire"), {**of(world, "Eve", startsOn=TODAY), "position": position}, viewer=pat)
    core = {"team": world.gid("Team", "Core team")}
    for name, who in (("joinTeam", "Dan"), ("leaveTeam", "Cleo")):
        type_ = f"{name[0].upper()}{name[1:]}Input!"
        document = f"mutation ($input: {type_}) {{ {name}(input: $input) {{ __typename }} }}"
        await ask.do(document, core | {"employee": world.gid("Employee", who)}, viewer=pat)
    found = await changes(ask, pat, YESTERDAY, datetime.now(UTC).date() + timedelta(days=1))
    assert found == [
        (str(YESTERDAY), "LEAVE_BEGAN", "Ben"),
        (str(TODAY), "LEAVE_ENDED", "Ben"),
        (str(TODAY), "RETURNED", "Eve"),
        (str(TODAY), "JOINED_TEAM", "Dan"),
        (str(TODAY), "LEFT_TEAM", "Cleo"),
    ]


async def test_of_a_department_at_any_depth_before_or_after(ask, world, pat):
    since, until = "2022-01-01", "2026-01-01"
    for name, expected in (
        ("Sales", BENS_MOVE),
        ("Platform", [("2022-01-01", "JOINED", "Cleo"), ("2023-01-01", "LEFT", "Eve"), *BENS_MOVE]),
        ("Engineering", [("2022-01-01", "JOINED", "Cleo"), ("2023-01-01", "LEFT", "Eve"), *BENS_MOVE]),
    ):
        department = world.gid("Department", name)
        assert await changes(ask, pat, since, until, department=department) == expected, name


async def test_of_those_below_a_manager_before_or_after(ask, world, pat):
    since, until = "2022-01-01", "2026-01-01"
    for name, expected in (
        ("Dan", [("2022-01-01", "JOINED", "Cleo"), *BENS_MOVE]),
        ("Ada", [("2023-01-01", "LEFT", "Eve"), *BENS_MOVE]),
        ("Ben", [("2022-01-01", "JOINED", "Cleo")]),
        ("Pat", []),
    ):
        assert await changes(ask, pat, since, until, manager=world.gid("Employee", name)) == expected, name


async def test_everybody_is_told_of_what_they_may_see_of_that_time(ask, world):
    since, until = "2022-01-01", "2026-01-01"
    cleo, eve = ("2022-01-01", "JOINED", "Cleo"), ("2023-01-01", "LEFT", "Eve")
    for who, expected in (
        ("Pat", [cleo, eve, *BENS_MOVE]),
        ("Auda", [cleo, eve, *BENS_MOVE]),
        ("Grace", [cleo, eve, *BENS_MOVE]),
        ("Ada", [cleo, eve, *BENS_MOVE]),
        ("Ben", [cleo, *BENS_MOVE]),
        ("Cleo", [cleo]),
        ("Dan", [cleo]),
        ("Lena", []),
    ):
        assert await changes(ask, world.viewer(who), since, until) == expected, who


async def test_pages_go_on_where_the_last_one_ended(ask, pat):
    query = """query ($after: String) {
      orgChanges(since: "2020-06-01T00:00:00Z", until: "2026-01-01T00:00:00Z", first: 3, after: $after) {
        nodes { at kind } pageInfo { hasNextPage endCursor }
      }
    }"""
    kinds, after = [], None
    while True:
        page = (await ask(query, {"after": after}, viewer=pat))["orgChanges"]
        kinds += [each["kind"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert kinds == ["JOINED", "JOINED", "JOINED", "LEFT", "MOVED", "NEW_MANAGER", "NEW_ROLE"]
