"""Whatever levels those have whom one may not see, every answer about a company is the same.

So no difference of two answers, by date, filter or assumption, tells of anybody either: there is nothing in
them to tell. What may be told of five and more together, roughly, has its own tests (`test_figures.py`).
"""

from hypothesis import given
from hypothesis import strategies as st

from graph.examples import examples
from skills.evidence import pieces, put
from world import id_of

PEOPLE, SKILLS = ("Ada", "Ben", "Cleo", "Dan"), ("Python", "SQL", "Negotiation")
SEES = {
    "Ada": {"Ada", "Ben", "Cleo"},
    "Ben": {"Ben", "Cleo"},
    "Cleo": {"Cleo"},
    "Dan": {"Dan", "Ben", "Cleo"},
    "Pat": set(),
}
"""Whose levels of any date one may see; Dan was above Ben and so above Cleo until 2024."""
ANALYTICS = """
query ($skill: ID!, $team: ID!, $role: ID!, $department: ID!, $who: ID!, $r: RequirementInput!,
  $at: DateTime, $since: DateTime!, $whatIf: [AssumptionInput!]) {
  skill(id: $skill) {
    distribution(department: $department, at: $at) {
      people withheld without average levels { level people verified }
    }
    everywhere: distribution(jobRole: $role, at: $at) { people withheld average }
    growth(since: $since, every: "P7M") { at people having verified average }
  }
  jobRole(id: $role) { supply(at: $at) { demand met elsewhere withheld } }
  lapsing(within: "P9Y", at: $at) { totalCount nodes { employee { id } level until fallsTo required } }
  teamMatrix(team: $team, at: $at, whatIf: $whatIf) {
    columns { required counted coverage average canCover coveredBy { id } expiring(within: "P9Y") { level } }
    rows {
      isWithheld readiness
      cells { level isVerified required gap until isAssumed assumptions { kind } explain { rule since } }
    }
    expiring(within: "P9Y") { employee { id } level until fallsTo }
    changesSince(date: $since) { cells { employee { id } levelBefore level } }
    assumptions { applies whyNot }
  }
  employee(id: $who, at: $at) { levels { nodes { level } } readiness { score } }
  employees(where: {meets: $r}) { totalCount nodes { id } }
  talent(requirement: $r) { totalCount nodes { employee { id } met progress } }
}
"""
PLAN = """
query ($team: ID!, $r: RequirementInput!, $who: ID!) {
  planForTeam(team: $team, noSinglePoints: true) {
    __typename
    ... on TeamPlan { targets { required before after coveringBefore } leftOut { id } }
  }
  evaluate(requirement: $r, employee: $who) { met progress }
}
"""


@examples(15)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=20),
    st.lists(pieces(PEOPLE, SKILLS), max_size=20),
    st.sampled_from(sorted(SEES)),
    st.sampled_from(SKILLS),
    st.sampled_from(PEOPLE),
    st.integers(1, 5),
    st.sampled_from([None, "2022-05-01T00:00:00Z", "2024-05-01T00:00:00Z"]),
    st.sampled_from(["2021-06-01T00:00:00Z", "2023-06-01T00:00:00Z"]),
)
async def test_nothing_depends_on_what_one_may_not_see(
    ask, world, database, evidence, other, viewer, skill, who, level, at, since
):
    viewing, seen = world.viewer(viewer), {id_of(name) for name in SEES[viewer]}
    employee, of = world.gid("Employee", who), world.gid("Skill", skill)
    asked = {
        "skill": of,
        "team": world.gid("Team", "Core team"),
        "role": world.gid("JobRole", "Engineer role"),
        "department": world.gid("Department", "Company"),
        "who": employee,
        "r": {"skill": {"id": of, "level": level}},
        "at": at,
        "since": since,
        "whatIf": [
            {"loses": {"employee": employee, "skill": of}},
            {"reaches": {"employee": world.gid("Employee", "Ben"), "skill": of, "level": level}},
        ],
    }
    planned = {name: asked[name] for name in ("team", "r", "who")}
    async with database.transaction() as tx:
        await put(tx, evidence)
    before = await ask(ANALYTICS, asked, viewer=viewing)
    plan = (await ask.whole(PLAN, planned, viewer=viewing))["data"]
    async with database.transaction() as tx:
        kept = [piece for piece in evidence if piece.employee in seen]
        await put(tx, kept + [piece for piece in other if piece.employee not in seen])
    assert await ask(ANALYTICS, asked, viewer=viewing) == before
    assert (await ask.whole(PLAN, planned, viewer=viewing))["data"] == plan
