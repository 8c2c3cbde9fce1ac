"""A skill across the company: as the matrix of everybody has it, for whom one may see, and nobody else."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.graph.problem import Problem
from graph.examples import examples
from skills.evidence import pieces, put, term
from world import NAMES, TODAY

SKILLS = ("Python", "SQL", "Negotiation")
PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Grace")
ACROSS = """
query ($skill: ID!, $department: ID, $above: ID, $role: ID, $at: DateTime!, $since: DateTime!) {
  skill(id: $skill) {
    distribution(at: $at, department: $department, jobRole: $role) {
      people withheld without average levels { level people verified }
    }
    growth(since: $since, until: $at, every: "P5M", department: $department, jobRole: $role) {
      at people having verified average
    }
  }
  matrix: teamMatrix(department: $above, jobRole: $role, skills: [$skill], at: $at) {
    rows { employee { givenName } isWithheld cells { level isVerified required } }
  }
  lapsing(within: "P2Y", at: $at, department: $department, skill: $skill, first: 200) {
    totalCount nodes { employee { givenName } level until fallsTo required }
  }
  sinking: teamMatrix(department: $above, skills: [$skill], at: $at) {
    expiring(within: "P2Y") { employee { givenName } level until fallsTo required }
  }
  jobRoles(orderBy: [{ name: ASC }]) {
    nodes {
      name
      supply(at: $at, department: $department) {
        skill { id } required mustHave demand met elsewhere withheld
      }
    }
  }
}
"""
instants = st.integers(4, 22).map(term)


@examples(20)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=25),
    instants,
    st.sampled_from(SKILLS),
    st.sampled_from(["Lena", "Auda", "Grace", "Ada", "Cleo"]),
    st.sampled_from(["Company", "Engineering", "Sales"]),
)
async def test_it_is_what_the_matrix_has(ask, world, database, evidence, at, skill, viewer, department):
    async with database.transaction() as tx:
        await put(tx, evidence)
    asked = {
        "skill": world.gid("Skill", skill),
        "at": at.isoformat(),
        "since": term(3).isoformat(),
        "above": world.gid("Department", department),
        "department": world.gid("Department", department),
    }
    found = await ask(ACROSS, asked, viewer=world.viewer(viewer))
    rows = found["matrix"]["rows"]
    cells = [row["cells"][0] for row in rows if not row["isWithheld"]]
    spread = found["skill"]["distribution"]
    assert (spread["people"], spread["withheld"]) == (len(cells), len(rows) - len(cells))
    assert spread["without"] == sum(cell["level"] is None for cell in cells)
    assert spread["levels"] == [
        {
            "level": level,
            "people": sum(cell["level"] == level for cell in cells),
            "verified": sum(cell["level"] == level and cell["isVerified"] for cell in cells),
        }
        for level in range(6)
    ]
    total = sum(cell["level"] or 0 for cell in cells)
    assert spread["average"] == (pytest.approx(total / len(cells)) if cells else None)
    points = found["skill"]["growth"]
    assert [datetime.fromisoformat(each["at"]) for each in points][:1] == ([term(3)] if term(3) <= at else [])
    for point in points[-2:]:
        same = await ask(ACROSS, {**asked, "at": point["at"]}, viewer=world.viewer(viewer))
        then = same["skill"]["distribution"]
        assert point == {
            "at": point["at"],
            "people": then["people"],
            "having": then["people"] - then["without"],
            "verified": sum(each["verified"] for each in then["levels"]),
            "average": then["average"],
        }
    lapsing = found["lapsing"]
    assert lapsing["nodes"] == found["sinking"]["expiring"]
    assert lapsing["totalCount"] == len(lapsing["nodes"])
    for role in found["jobRoles"]["nodes"]:
        for each in role["supply"]:
            if each["skill"]["id"] != asked["skill"]:
                continue
            in_role = [cell for cell in cells if cell["required"] is not None]
            able = [cell for cell in cells if (cell["level"] or -1) >= each["required"]]
            assert each["demand"] == len(in_role)
            assert each["met"] == sum(cell in able for cell in in_role)
            assert each["met"] + each["elsewhere"] == len(able)


async def test_nobody_is_counted_whom_one_may_not_see(ask, world):
    asked = {"skill": world.gid("Skill", "Python"), "at": f"{TODAY}T00:00:00Z", "since": f"{TODAY}T00:00:00Z"}
    asked["above"] = world.gid("Department", "Company")
    found = await ask(ACROSS, asked, viewer=world.viewer("Cleo"))
    employed = len(NAMES) - 2  # Eve has left, Finn is yet to start
    spread = found["skill"]["distribution"]
    assert (spread["people"], spread["withheld"], spread["average"]) == (1, employed - 1, 3)
    [engineer, seller] = found["jobRoles"]["nodes"]
    assert [(each["demand"], each["withheld"]) for each in engineer["supply"]] == [(1, 2), (1, 2)]
    assert [(each["demand"], each["met"], each["withheld"]) for each in seller["supply"]] == [(0, 0, 1)]
    program = await ask(ACROSS, asked, viewer=world.viewer("Auda"))
    assert program["skill"]["distribution"]["people"] == employed


@pytest.mark.parametrize("every", ["PT1S", "P0D"])
async def test_dates_lie_a_day_apart_at_least_and_are_a_hundred_at_most(ask, world, every):
    query = """query ($skill: ID!, $every: Duration!) {
      skill(id: $skill) { growth(since: "2020-01-01T00:00:00Z", every: $every) { at } } }"""
    asked = {"skill": world.gid("Skill", "Python")}
    with pytest.raises(Problem, match="every"):
        await ask.whole(query, {**asked, "every": every})
    many = await ask(query, {**asked, "every": "P1D"})
    assert len(many["skill"]["growth"]) == 100
    assert many["skill"]["growth"][-1]["at"].startswith("2020-04-09")


@pytest.mark.parametrize(
    ("date", "points"), [("0001-01-01T00:00:00Z", 100), ("9999-12-31T23:59:59.999999Z", 0)]
)
async def test_the_ends_of_the_calendar_are_instants_and_no_infinities(ask, world, date, points):
    """From an infinite one on, PostgreSQL would make points until it is stopped."""
    query = """query ($manager: ID!, $at: DateTime!, $skill: ID!) {
      teamMatrix(manager: $manager, at: $at) { at }
      skill(id: $skill) { growth(since: $at, every: "P1M") { at } }
    }"""
    given = {"manager": world.gid("Employee", "Grace"), "at": date, "skill": world.gid("Skill", "SQL")}
    found = await ask(query, given)
    assert found["teamMatrix"]["at"][:19] == date[:19]
    assert len(found["skill"]["growth"]) == points
