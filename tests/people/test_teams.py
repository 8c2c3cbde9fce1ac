"""Teams and who is in them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from stored import unchanged
from world import TODAY

TEAM = """
mutation ($input: CreateTeamInput!) {
  createTeam(input: $input) {
    __typename
    ... on Team { name lead { displayName } members { nodes { displayName } } }
    ... on Refusal { message }
    ... on NotFound { id }
  }
}
"""
JOIN = """
mutation ($input: JoinTeamInput!) {
  joinTeam(input: $input) {
    __typename
    ... on Team { name members(orderBy: [{displayName: ASC}]) { nodes { displayName } } }
    ... on Refusal { message }
    ... on AlreadyMember { team { name } }
    ... on NotFound { id }
  }
}
"""
LEAVE = (
    JOIN.replace("Join", "Leave")
    .replace("join", "leave")
    .replace("... on AlreadyMember { team { name } }", "")
)
MEMBERS = """
query ($id: ID!, $at: DateTime) {
  team(id: $id) { members(at: $at, orderBy: [{displayName: ASC}]) { nodes { displayName } } }
}
"""
NOBODY = uuid4()


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


def people(answer):
    return [each["displayName"].removesuffix(" Test") for each in answer["members"]["nodes"]]


async def members(ask, world, pat, at=None, team="Core team"):
    found = await ask(MEMBERS, {"id": world.gid("Team", team), "at": at and at.isoformat()}, viewer=pat)
    return people(found["team"])


async def test_a_team_is_made_with_a_lead(ask, world, pat):
    made = await ask.do(TEAM, {"name": "Night shift", "lead": world.gid("Employee", "Ben")}, viewer=pat)
    assert made == {
        "__typename": "Team",
        "name": "Night shift",
        "lead": {"displayName": "Ben Test"},
        "members": {"nodes": []},
    }


async def test_a_team_needs_a_name_a_lead_that_exists_and_a_people_admin(ask, world, database, pat):
    async with unchanged(database):
        nameless = await ask.do(TEAM, {"name": ""}, viewer=pat)
        lost = await ask.do(TEAM, {"name": "Night shift", "lead": f"Employee:{NOBODY}"}, viewer=pat)
        denied = await ask.do(TEAM, {"name": "Night shift"}, viewer=world.viewer("Dan"))
    assert nameless == {"__typename": "InvalidInput", "message": "name: must not be empty"}
    assert lost == {"__typename": "NotFound", "message": "There is no such employee.", "id": str(NOBODY)}
    assert denied["__typename"] == "NotAllowed"


def membership(world, who, team="Core team", **more):
    return {"team": world.gid("Team", team), "employee": world.gid("Employee", who), **more}


async def test_who_joins_is_in_the_team_from_then_on(ask, world, pat):
    before = datetime.now(UTC)
    joined = await ask.do(JOIN, membership(world, "Dan"), viewer=pat)
    assert people(joined) == ["Ada", "Ben", "Cleo", "Dan"]
    assert await members(ask, world, pat, before) == ["Ada", "Ben", "Cleo"]


async def test_who_leaves_was_in_the_team_before(ask, world, pat):
    before = datetime.now(UTC)
    left = await ask.do(LEAVE, membership(world, "Ben"), viewer=pat)
    assert people(left) == ["Ada", "Cleo"]
    assert await members(ask, world, pat, before) == ["Ada", "Ben", "Cleo"]
    again = await ask.do(JOIN, membership(world, "Ben"), viewer=pat)
    assert people(again) == ["Ada", "Ben", "Cleo"]


async def test_who_is_in_a_team_or_will_be_does_not_join_again(ask, world, database, pat):
    later = datetime.now(UTC) + timedelta(days=7)
    joined = await ask.do(JOIN, membership(world, "Dan", fromInstant=later.isoformat()), viewer=pat)
    assert people(joined) == ["Ada", "Ben", "Cleo"]
    assert await members(ask, world, pat, later) == ["Ada", "Ben", "Cleo", "Dan"]
    for who, start in (
        ("Ben", None),
        ("Ben", later),
        ("Ben", datetime(2019, 1, 1, tzinfo=UTC)),
        ("Dan", None),
        ("Dan", later + timedelta(days=1)),
    ):
        given = membership(world, who, **({"fromInstant": start.isoformat()} if start else {}))
        async with unchanged(database):
            refused = await ask.do(JOIN, given, viewer=pat)
        assert refused == {
            "__typename": "AlreadyMember",
            "message": "The person is in that team already, or will be.",
            "team": {"name": "Core"},
        }, (who, start)


async def test_only_members_leave(ask, world, database, pat):
    async with unchanged(database):
        refused = await ask.do(LEAVE, membership(world, "Dan"), viewer=pat)
    assert (refused["__typename"], refused["message"]) == ("NotFound", "The person is not in that team.")


async def test_teams_and_people_that_do_not_exist_are_not_found(ask, world, database, pat):
    no_team = {"team": f"Team:{NOBODY}", "employee": world.gid("Employee", "Ben")}
    nobody = {"team": world.gid("Team", "Core team"), "employee": f"Employee:{NOBODY}"}
    async with unchanged(database):
        answers = [
            await ask.do(verb, given, viewer=pat) for verb in (JOIN, LEAVE) for given in (no_team, nobody)
        ]
    assert [each["__typename"] for each in answers] == ["NotFound"] * 4


async def test_nobody_else_changes_teams(ask, world, database):
    async with unchanged(database):
        for who in ("Ada", "Ben", "Lena", "Auda"):
            joined = await ask.do(JOIN, membership(world, "Dan"), viewer=world.viewer(who))
            left = await ask.do(LEAVE, membership(world, "Ben"), viewer=world.viewer(who))
            assert (joined["__typename"], left["__typename"]) == ("NotAllowed", "NotAllowed")


async def test_who_leaves_the_company_leaves_its_teams_on_the_same_day(ask, world, pat):
    chess_later = datetime.now(UTC) + timedelta(days=30)
    left = "mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"
    await ask.do(
        JOIN, membership(world, "Cleo", "Chess team", fromInstant=chess_later.isoformat()), viewer=pat
    )
    for who in ("Ben", "Cleo"):
        gone = {"employee": world.gid("Employee", who), "lastDay": str(TODAY)}
        assert await ask.do(left, gone, viewer=pat) == {"__typename": "Employee"}
    assert await members(ask, world, pat) == ["Ada", "Ben", "Cleo"]
    tomorrow = datetime.combine(TODAY + timedelta(days=1), datetime.min.time(), UTC)
    assert await members(ask, world, pat, tomorrow - timedelta(microseconds=1)) == ["Ada", "Ben", "Cleo"]
    assert await members(ask, world, pat, tomorrow) == ["Ada"]
    assert await members(ask, world, pat, chess_later, "Chess team") == ["Dan"]


CHANGE = """
mutation ($input: {verb}Input!) {
  {field}(input: $input) {
    __typename
    ... on Team {
      name closedAt lead { displayName } members(orderBy: [{displayName: ASC}]) { nodes { displayName } }
    }
    ... on Refusal { message }
    ... on TeamDisbanded { team { name } }
  }
}
"""


def change(field):
    return CHANGE.replace("{field}", field).replace("{verb}", field[0].upper() + field[1:])


async def test_a_team_gets_another_name_and_another_lead(ask, world, pat):
    core = {"team": world.gid("Team", "Core team")}
    renamed = await ask.do(change("renameTeam"), {**core, "name": " Kernel "}, viewer=pat)
    assert renamed["name"] == "Kernel"
    led = await ask.do(change("leadTeam"), {**core, "lead": world.gid("Employee", "Dan")}, viewer=pat)
    assert (led["name"], led["lead"]) == ("Kernel", {"displayName": "Dan Test"})
    assert people(led) == ["Ada", "Ben", "Cleo"], "a lead need not be a member"
    assert (await ask.do(change("leadTeam"), core, viewer=pat))["lead"] is None


async def test_a_team_that_is_disbanded_is_still_known_for_what_it_was(ask, world, database, pat):
    before = datetime.now(UTC)
    later = before + timedelta(days=7)
    await ask.do(JOIN, membership(world, "Dan", fromInstant=later.isoformat()), viewer=pat)
    core = {"team": world.gid("Team", "Core team")}
    ended = await ask.do(change("disbandTeam"), core, viewer=pat)
    assert ended["closedAt"] is not None
    assert people(ended) == []
    assert await members(ask, world, pat, before) == ["Ada", "Ben", "Cleo"]
    assert await members(ask, world, pat, later) == []
    async with unchanged(database):
        for field, more in (
            ("renameTeam", {"name": "Kernel"}),
            ("leadTeam", {}),
            ("disbandTeam", {}),
            ("joinTeam", {"employee": world.gid("Employee", "Dan")}),
        ):
            refused = await ask.do(change(field), core | more, viewer=pat)
            assert (refused["__typename"], refused["team"]) == ("TeamDisbanded", {"name": "Core"}), field


async def test_nobody_else_names_leads_or_disbands_a_team(ask, world, database):
    core = {"team": world.gid("Team", "Core team")}
    async with unchanged(database):
        for who in ("Ada", "Ben", "Lena", "Auda"):
            for field, more in (("renameTeam", {"name": "x"}), ("leadTeam", {}), ("disbandTeam", {})):
                refused = await ask.do(change(field), core | more, viewer=world.viewer(who))
                assert refused["__typename"] == "NotAllowed"


MEMBERSHIPS = """
query ($id: ID!) {
  team(id: $id) {
    memberships(where: {since: {gt: "2026-01-01T00:00:00Z"}}) {
      nodes { since until employee { displayName } }
    }
  }
}
"""


async def test_a_membership_may_have_an_end_and_be_ended_later_or_never_begin(ask, world, database, pat):
    start, end = (datetime(2099, 1, day, tzinfo=UTC) for day in (1, 31))
    given = membership(world, "Dan", fromInstant=start.isoformat(), until=end.isoformat())
    await ask.do(JOIN, given, viewer=pat)
    core = {"id": world.gid("Team", "Core team")}
    dans = {
        "since": "2099-01-01T00:00:00+00:00",
        "until": "2099-01-31T00:00:00+00:00",
        "employee": {"displayName": "Dan Test"},
    }
    assert (await ask(MEMBERSHIPS, core, viewer=pat))["team"]["memberships"]["nodes"] == [dans]
    assert (await ask(MEMBERSHIPS, core, viewer=world.viewer("Cleo")))["team"]["memberships"]["nodes"] == []
    sooner = datetime(2099, 1, 15, tzinfo=UTC)
    await ask.do(LEAVE, membership(world, "Dan", at=sooner.isoformat()), viewer=pat)
    dans["until"] = "2099-01-15T00:00:00+00:00"
    assert (await ask(MEMBERSHIPS, core, viewer=pat))["team"]["memberships"]["nodes"] == [dans]
    async with unchanged(database):
        backwards = membership(world, "Ben", fromInstant=end.isoformat(), until=start.isoformat())
        assert (await ask.do(JOIN, backwards, viewer=pat))["__typename"] == "InvalidInput"
    await ask.do(LEAVE, membership(world, "Dan", at=start.isoformat()), viewer=pat)
    assert (await ask(MEMBERSHIPS, core, viewer=pat))["team"]["memberships"]["nodes"] == []
