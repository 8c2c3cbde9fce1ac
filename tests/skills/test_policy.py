"""Teammates see each other's verified levels where the company allows it, and nothing else."""

import pytest

from stored import unchanged

CHANGE = """
mutation ($input: ChangePolicyInput!) {
  changePolicy(input: $input) { __typename ... on Policy { teammatesSeeLevels } ... on Refusal { message } }
}
"""
ASSESS = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"
LEVELS = """
query ($id: ID!, $team: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    levels(orderBy: [{ level: DESC }]) { totalCount nodes { skill { name } level isVerified } }
    evidence { nodes { source note withheld { field } } }
  }
  noted: employees(where: { evidence: { some: { note: { isNull: false } } } }) { totalCount }
  teamMatrix(team: $team, at: $at) {
    rows { employee { displayName } isWithheld showsVerifiedOnly cells { level isVerified gap } }
  }
}
"""
SUM = {"level": 2, "isVerified": True, "gap": 1}


@pytest.fixture
async def allowed(ask, world):
    done = await ask.do(CHANGE, {"teammatesSeeLevels": True}, viewer=world.viewer("Lena"))
    assert done == {"__typename": "Policy", "teammatesSeeLevels": True}


async def seen(ask, world, whose, who, at=None):
    given = {"id": world.gid("Employee", whose), "team": world.gid("Team", "Core team"), "at": at}
    found = await ask(LEVELS, given, viewer=world.viewer(who))
    [row] = [
        each for each in found["teamMatrix"]["rows"] if each["employee"]["displayName"] == f"{whose} Test"
    ] or [None]
    return found["employee"], row


async def test_by_default_teammates_see_no_levels(ask, world):
    assert await ask("{ policy { teammatesSeeLevels } }") == {"policy": None}
    ben, row = await seen(ask, world, "Ben", "Cleo")
    assert (ben["levels"]["totalCount"], ben["evidence"]["nodes"]) == (0, [])
    assert (row["isWithheld"], row["showsVerifiedOnly"]) == (True, False)


@pytest.mark.usefixtures("allowed")
async def test_teammates_see_what_is_verified(ask, world):
    """Ben claims a 4 in Python, Ada says 2: Cleo, who is in their team, sees the 2, without Ada's note."""
    ben, row = await seen(ask, world, "Ben", "Cleo")
    assert ben["levels"]["nodes"] == [
        {"skill": {"name": "Negotiation"}, "level": 3, "isVerified": True},
        {"skill": {"name": "Python"}, "level": 2, "isVerified": True},
    ]
    withheld = {"source": "MANAGER", "note": None, "withheld": [{"field": "note"}]}
    assert ben["evidence"]["nodes"] == [withheld] * 2
    assert (row["isWithheld"], row["showsVerifiedOnly"]) == (False, True)
    assert row["cells"] == [SUM, {"level": None, "isVerified": False, "gap": None}]
    own, mine = await seen(ask, world, "Ben", "Ben")
    assert {each["source"] for each in own["evidence"]["nodes"]} == {"SELF", "MANAGER", "ASSESSMENT"}
    assert all(each["note"] and not each["withheld"] for each in own["evidence"]["nodes"])
    assert (mine["isWithheld"], mine["showsVerifiedOnly"]) == (False, False)
    assert mine["cells"][1]["gap"] == 2


@pytest.mark.usefixtures("allowed")
async def test_what_people_say_of_themselves_and_peers_of_them_stays_theirs(ask, world):
    """Dan says he masters SQL, and nobody else does: Ben, who plays chess with him, sees no trace of it."""
    dan = {"employee": world.gid("Employee", "Dan"), "skill": world.gid("Skill", "SQL"), "level": 5}
    await ask.do(ASSESS, dan, viewer=world.viewer("Dan"))
    given = {"id": world.gid("Employee", "Dan"), "team": world.gid("Team", "Chess team")}
    found = await ask(LEVELS, given, viewer=world.viewer("Ben"))
    assert [each["skill"]["name"] for each in found["employee"]["levels"]["nodes"]] == ["Negotiation"]
    assert [each["source"] for each in found["employee"]["evidence"]["nodes"]] == ["IMPORT"]
    assert found["noted"] == (await ask(LEVELS, given, viewer=world.viewer("Cleo")))["noted"] | {
        "totalCount": 2
    }


@pytest.mark.usefixtures("allowed")
async def test_colleagues_who_are_no_teammates_and_other_days_are_not_shared(ask, world):
    for who, sees in (("Lena", 2), ("Cleo", 2), ("Dan", 2), ("Pat", 0), ("Eve", 0)):
        ben, _ = await seen(ask, world, "Ben", who)
        assert ben["levels"]["totalCount"] == sees, who
    yesterday, row = await seen(ask, world, "Ben", "Cleo", "2024-06-01T00:00:00Z")
    assert yesterday["levels"]["totalCount"] == 0
    assert row is None
    ada, _ = await seen(ask, world, "Ada", "Pat")
    assert ada["levels"]["totalCount"] == 2, "Ada and Pat both report to Grace"


async def test_the_policy_is_the_learning_admins_and_can_be_taken_back(ask, world, database, allowed):  # noqa: ARG001
    for who in ("Ada", "Pat", "Auda"):
        async with unchanged(database):
            refused = await ask.do(CHANGE, {"teammatesSeeLevels": False}, viewer=world.viewer(who))
        assert refused["__typename"] == "NotAllowed"
    await ask.do(CHANGE, {"teammatesSeeLevels": False}, viewer=world.viewer("Lena"))
    assert await ask("{ policy { teammatesSeeLevels } }", viewer=world.viewer("Cleo")) == {
        "policy": {"teammatesSeeLevels": False}
    }
    ben, _ = await seen(ask, world, "Ben", "Cleo")
    assert ben["levels"]["totalCount"] == 0
    entries = await ask(
        "{ auditEntries(first: 1) { nodes { verb before after } } }", viewer=world.viewer("Auda")
    )
    [entry] = entries["auditEntries"]["nodes"]
    assert (
        entry["verb"],
        entry["before"]["teammates_see_levels"],
        entry["after"]["teammates_see_levels"],
    ) == (
        "policy.change",
        True,
        False,
    )
