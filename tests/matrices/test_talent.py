"""People by what they can do: whom is told what, filters, pages, and how available they are."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.db.ranges import from_day
from cairn.people import tables as people
from graph import academy
from graph.academy import put
from graph.examples import examples
from skills.evidence import pieces
from skills.evidence import put as put_evidence
from world import TODAY, id_of

TALENT = """query($requirement: RequirementInput!, $where: TalentMatchWhere, $first: Int, $after: String) {
  talent(requirement: $requirement, where: $where, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    nodes {
      employee { givenName } met progress
      has { skill { name } level evidence { nodes { source level } } }
      lacks { kind skill { name } credential { code } level required isVerified }
      availability { openAssignments minutesLeft awayFrom awayUntil }
    }
  }
}"""


@pytest.fixture
def search(ask, world):
    async def search(requirement, viewer="Lena", **given):
        answer = await ask(TALENT, {"requirement": requirement, **given}, viewer=world.viewer(viewer))
        return answer["talent"]

    return search


def named(found):
    return {each["employee"]["givenName"]: each for each in found["nodes"]}


async def test_exact_and_near_with_what_each_lacks_and_why(search, world):
    requirement = {
        "all": [
            {"skill": {"id": world.gid("Skill", "Python"), "level": 4, "verified": True}},
            {"skill": {"id": world.gid("Skill", "SQL"), "level": 2}},
        ]
    }
    found = await search(requirement)
    assert [each["employee"]["givenName"] for each in found["nodes"]] == ["Ada", "Ben", "Cleo"]
    people_ = named(found)
    assert people_["Ada"]["met"]
    assert people_["Ada"]["lacks"] == []
    python, sql = people_["Ada"]["has"]
    assert python["evidence"]["nodes"] == [{"source": "ASSESSMENT", "level": 5}]
    assert (sql["skill"], sql["level"]) == ({"name": "SQL"}, 4)
    cleo = people_["Cleo"]
    assert cleo["progress"] == (3 / 4 / 2 + 0) / 2
    assert [(each["level"], each["required"], each["isVerified"]) for each in cleo["lacks"]] == [
        (3, 4, False),
        (None, 2, False),
    ]
    met = await search(requirement, where={"met": {"eq": True}})
    assert list(named(met)) == ["Ada"]
    platform = {"employee": {"department": {"id": {"eq": world.gid("Department", "Platform")}}}}
    page = await search(requirement, where=platform, first=1)
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = await search(requirement, where=platform, first=5, after=page["pageInfo"]["endCursor"])
    assert {"Ada"} | set(named(rest)) == {"Ada", "Ben", "Cleo"}


async def test_of_whom_one_may_not_see_a_skill_it_counts_as_none(search, world):
    requirement = {"skill": {"id": world.gid("Skill", "Python"), "level": 1}}
    assert set(named(await search(requirement, "Grace"))) == {"Ada", "Ben", "Cleo"}
    assert set(named(await search(requirement, "Ada"))) == {"Ada", "Ben", "Cleo"}
    assert set(named(await search(requirement, "Ben"))) == {"Ben", "Cleo"}
    assert set(named(await search(requirement, "Dan"))) == set()
    directory = {"employed": {"team": world.gid("Team", "Core team")}}
    assert set(named(await search(directory, "Dan"))) == {"Ada", "Ben", "Cleo"}


async def test_availability_is_told_to_who_may_see_it(search, world, database):
    away = TODAY + timedelta(days=10)
    async with database.transaction() as tx:
        await academy.build(tx)
        row = await tx.get(people.Employment, id_of("Ben 2024-01-01"))
        row.valid = from_day(row.valid.lower, away)
        await put(
            tx,
            [
                people.Employment(
                    employee_id=id_of("Ben"),
                    valid=from_day(away, away + timedelta(days=5)),
                    manager_id=id_of("Ada"),
                    work=people.Work.ON_LEAVE,
                )
            ],
        )
    requirement = {"employed": {"team": world.gid("Team", "Core team")}}
    seen = named(await search(requirement, "Ada"))["Ben"]["availability"]
    assert seen == {
        "openAssignments": 2,
        "minutesLeft": 30 + 120,
        "awayFrom": away.isoformat(),
        "awayUntil": (away + timedelta(days=5)).isoformat(),
    }
    hidden = named(await search(requirement, "Dan"))["Ben"]["availability"]
    assert set(hidden.values()) == {None}


async def test_filtering_people_by_what_they_meet(ask, world):
    """Beside other filters, and the other way round; nobody learns a level by it."""
    query = """query($where: EmployeeWhere) { employees(where: $where) { totalCount nodes { givenName } } }"""
    meets = {"skill": {"id": world.gid("Skill", "Python"), "level": 3}}

    async def found(who, where):
        answer = await ask(query, {"where": where}, viewer=world.viewer(who))
        assert answer["employees"]["totalCount"] == len(answer["employees"]["nodes"])
        return {each["givenName"] for each in answer["employees"]["nodes"]}

    assert await found("Grace", {"meets": meets}) == {"Ada", "Cleo"}
    assert await found("Dan", {"meets": meets}) == set()
    berlin = {"location": {"eq": "Berlin"}}
    assert await found("Grace", {"not": {"meets": meets}, **berlin}) == {"Ben"}
    assert await found("Grace", {"or": [{"meets": meets}, {"title": {"contains": "sales"}}]}) == {
        "Ada",
        "Cleo",
        "Dan",
    }
    assert await found("Grace", {"manager": {"meets": meets}}) == {"Ben"}


async def test_filters_by_where_people_work_and_how_near_they_are(search, world):
    requirement = {"skill": {"id": world.gid("Skill", "Python"), "level": 5}}

    async def found(**where):
        return set(named(await search(requirement, where=where)))

    assert await found() == {"Ada", "Ben", "Cleo"}
    assert await found(employee={"location": {"eq": "Berlin"}}) == {"Ada", "Ben", "Cleo"}
    assert await found(employee={"location": {"eq": "Lisbon"}}) == set()
    assert await found(progress={"gte": 0.6}) == {"Ada", "Cleo"}
    assert await found(employee={"title": {"contains": "junior"}}) == {"Cleo"}


PEOPLE, SKILLS = ("Ada", "Ben", "Cleo", "Dan"), ("Python", "SQL")
BELOW = {
    "Ada": {"Ben", "Cleo"},
    "Ben": {"Cleo"},
    "Cleo": set(),
    "Dan": set(),
    "Pat": set(),
    "Lena": set(PEOPLE),
}
"""Whose levels one sees besides one's own."""
PARTS = """query($requirement: RequirementInput!) {
  talent(requirement: $requirement, first: 50) { nodes {
    employee { givenName } met progress
    parts { skill { name } level isVerified required met progress evidence { nodes { level isVerified } } }
  } }
}"""
LEVELS = """query($id: ID!) {
  employee(id: $id) { levels { nodes { skill { name } level isVerified } } }
}"""


@examples(15)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=15),
    st.lists(pieces(PEOPLE, SKILLS), max_size=15),
    st.lists(st.tuples(st.sampled_from(SKILLS), st.integers(1, 5), st.booleans()), min_size=1, max_size=3),
    st.integers(1, 3),
    st.sampled_from(sorted(BELOW)),
)
async def test_it_tells_what_one_may_see_of_each_and_nothing_of_the_others(
    ask, world, database, evidence, other, leaves, n, viewer
):
    """As the viewer is told person by person; whatever levels the others have, all of it is the same."""
    viewing, seen = world.viewer(viewer), BELOW[viewer] | {viewer}
    asked = [
        {"skill": {"id": world.gid("Skill", name), "level": level, "verified": verified}}
        for name, level, verified in leaves
    ]
    requirement = {"any": {"n": min(n, len(asked)), "of": asked}}
    async with database.transaction() as tx:
        await put_evidence(tx, evidence)
    found = (await ask(PARTS, {"requirement": requirement}, viewer=viewing))["talent"]["nodes"]
    expected = {}
    for who in PEOPLE:
        levels = (await ask(LEVELS, {"id": world.gid("Employee", who)}, viewer=viewing))["employee"]["levels"]
        held = {each["skill"]["name"]: (each["level"], each["isVerified"]) for each in levels["nodes"]}
        assert not held or who in seen
        shares = []
        for name, level, verified in leaves:
            has, is_sure = held.get(name, (0, False))
            share = min(1.0, has / level)
            shares.append(share / 2 if verified and not is_sure else share)
        best = sorted(shares, reverse=True)[: min(n, len(shares))]
        progress = sum(best) / len(best)
        if progress:
            expected[who] = (
                progress == 1,
                pytest.approx(progress),
                [held.get(name) for name, _, _ in leaves],
            )
    told = {
        each["employee"]["givenName"]: (
            each["met"],
            each["progress"],
            [
                None if part["level"] is None else (part["level"], part["isVerified"])
                for part in each["parts"]
            ],
        )
        for each in found
    }
    assert told == expected
    for each in found:
        for part in each["parts"]:
            assert part["level"] in {None, *(piece["level"] for piece in part["evidence"]["nodes"])}

    mine = {id_of(who) for who in seen}
    async with database.transaction() as tx:
        kept = [piece for piece in evidence if piece.employee in mine]
        await put_evidence(tx, kept + [piece for piece in other if piece.employee not in mine])
    assert (await ask(PARTS, {"requirement": requirement}, viewer=viewing))["talent"]["nodes"] == found
