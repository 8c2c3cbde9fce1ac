"""What columns and rows of a matrix come to, and that it tells nobody what they may not see.

Beside the company, the Crew: Mia, who reports to Dan, and her six, and Nia and Noa, who report to Dan too.
Five of the six are also the Five, a team that was made later. Max, who reports to Grace, has five reports in
no team. All are engineers.
"""

from collections import defaultdict
from datetime import timedelta
from itertools import combinations_with_replacement, product
from math import floor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from cairn.db.ranges import from_day, now, since
from cairn.people import tables as people
from cairn.people.reporting import refresh
from cairn.skills import tables as skills
from cairn.skills.tables import Source
from graph.academy import put
from world import LONG_AGO, TODAY, id_of, on

FIGURES = """
query ($team: ID, $manager: ID, $depth: Int, $skills: [ID!], $at: DateTime) {
  teamMatrix(team: $team, manager: $manager, depth: $depth, skills: $skills, at: $at) {
    columns {
      skill { name } required counted coverage average canCover isSinglePointOfFailure isSuppressed
      coveredBy { givenName } withheld { field }
    }
    rows { employee { givenName } readiness withheld { field } }
  }
}
"""
SIX = ("M1", "M2", "M3", "M4", "M5", "M6")
FIVE = ("X1", "X2", "X3", "X4", "X5")
CREW = ("Mia", *SIX, "Nia", "Noa")
NEW = {"Mia": "Dan", "Max": "Grace", "Nia": "Dan", "Noa": "Dan", **dict.fromkeys(SIX, "Mia")}
NEW |= dict.fromkeys(FIVE, "Max")
TEAMS = {"Crew": (CREW, on(2020)), "Five": (SIX[:5], on(2022))}
REQUIRED = {"Python": 3, "SQL": 2, "Negotiation": None}
"""What an engineer needs."""
HIDDEN = ["coverage", "average", "canCover", "isSinglePointOfFailure"]


@pytest.fixture
async def crew(world, database):
    async with database.transaction() as tx:
        await put(tx, _crew())
        await refresh(tx, [id_of(who) for who in NEW])
        await tx.execute(delete(skills.Evidence))
    return world


def _crew():
    for who in NEW:
        yield people.Employee(
            id=id_of(who), given_name=who, family_name="Test", display_name=who, created_at=LONG_AGO
        )
    for who, manager in NEW.items():
        yield people.Employment(
            id=id_of(f"{who}'s"),
            employee_id=id_of(who),
            valid=from_day(LONG_AGO.date()),
            manager_id=id_of(manager),
            job_role_id=id_of("Engineer role"),
        )
    for team in TEAMS:
        yield people.Team(id=id_of(f"{team} team"), name=team)
    for team, (members, start) in TEAMS.items():
        for who in members:
            yield people.TeamMembership(
                id=id_of(f"{who} in {team}"),
                team_id=id_of(f"{team} team"),
                employee_id=id_of(who),
                valid=since(start),
            )


async def assess(database, levels, *, skill="Python", source=Source.MANAGER, start=LONG_AGO):
    """Makes these levels all that is known; a level of None is none."""
    async with database.transaction() as tx:
        await tx.execute(delete(skills.Evidence))
        rows = [row(who, level, skill, source, start) for who, level in levels.items() if level is not None]
        if rows:
            await tx.execute(insert(skills.Evidence), rows)


def row(who, level, skill="Python", source=Source.MANAGER, start=LONG_AGO):
    return {
        "id": skills.Evidence.new_id(),
        "employee_id": id_of(who),
        "skill_id": id_of(skill),
        "level": level,
        "source": source,
        "valid": since(start),
        "recorded_at": start,
    }


async def columns(ask, world, viewer, **asked):
    asked.setdefault("skills", [world.gid("Skill", "Python")])
    found = await ask(FIGURES, asked, viewer=world.viewer(viewer))
    return found["teamMatrix"]["columns"]


async def python(ask, world, viewer, **asked):
    [found] = await columns(ask, world, viewer, **asked)
    return found


def told(column):
    """What is told of others: how many are counted, coverage and average."""
    return column["counted"], column["coverage"], column["average"]


# Whoever sees everybody


async def test_who_sees_everybody_sees_the_figures(ask, world):
    found = await ask(FIGURES, {"team": world.gid("Team", "Core team")}, viewer=world.viewer("Grace"))
    seen = {"isSuppressed": False, "withheld": [], "counted": 3, "required": 3}
    assert found["teamMatrix"] == {
        "columns": [
            {
                "skill": {"name": "Python"},
                "coverage": pytest.approx(2 / 3),
                "average": pytest.approx(10 / 3),
                "canCover": 2,
                "isSinglePointOfFailure": False,
                "coveredBy": [{"givenName": "Ada"}, {"givenName": "Cleo"}],
                **seen,
            },
            {
                "skill": {"name": "SQL"},
                "coverage": pytest.approx(1 / 3),
                "average": pytest.approx(4 / 3),
                "canCover": 1,
                "isSinglePointOfFailure": True,
                "coveredBy": [{"givenName": "Ada"}],
                **seen,
            },
        ],
        "rows": [
            {"employee": {"givenName": "Ada"}, "readiness": 1, "withheld": []},
            {"employee": {"givenName": "Ben"}, "readiness": 0, "withheld": []},
            {"employee": {"givenName": "Cleo"}, "readiness": 5 / 8, "withheld": []},
        ],
    }


async def test_who_need_not_have_a_skill_covers_it_at_the_lowest_level_that_another_needs(ask, world):
    skill = [world.gid("Skill", "Negotiation")]
    chess = await python(
        ask, world, "Grace", team=world.gid("Team", "Chess team"), skills=skill, at="2024-07-01T00:00:00Z"
    )
    assert (chess["required"], chess["coverage"], chess["canCover"]) == (1, 1, 2)
    core = await python(ask, world, "Grace", team=world.gid("Team", "Core team"), skills=skill)
    assert (core["required"], core["coverage"], core["canCover"], core["average"]) == (0, None, 1, 1)
    assert core["withheld"] == []


async def test_figures_are_of_the_date_that_is_asked(ask, world):
    team, sql = world.gid("Team", "Core team"), [world.gid("Skill", "SQL")]
    then = await python(ask, world, "Auda", team=team, skills=sql, at="2024-12-31T00:00:00Z")
    today = await python(ask, world, "Auda", team=team, skills=sql)
    assert (then["canCover"], today["canCover"]) == (2, 1)
    assert then["average"] == pytest.approx(7 / 3)


async def test_a_column_that_is_asked_twice_is_counted_twice_alike(ask, world):
    asked = [world.gid("Skill", skill) for skill in ("SQL", "Python", "SQL")]
    first, other, second = await columns(
        ask, world, "Grace", team=world.gid("Team", "Core team"), skills=asked
    )
    assert first == second != other


async def test_an_empty_team_comes_to_nothing(ask, world):
    found = await python(ask, world, "Cleo", team=f"Team:{id_of('no team')}")
    assert found == {
        "skill": {"name": "Python"},
        "required": 0,
        "counted": 0,
        "isSuppressed": False,
        "coverage": None,
        "average": None,
        "canCover": 0,
        "isSinglePointOfFailure": False,
        "coveredBy": [],
        "withheld": [],
    }


# Small groups


async def test_of_fewer_than_five_nothing_is_told(ask, world):
    """Ben sees himself and Cleo, but not Ada."""
    team = world.gid("Team", "Core team")
    found = await python(ask, world, "Ben", team=team)
    nothing = dict.fromkeys(HIDDEN)
    assert found == {
        "skill": {"name": "Python"},
        "required": 3,
        "counted": 0,
        "isSuppressed": True,
        "coveredBy": [{"givenName": "Cleo"}],
        "withheld": [{"field": field} for field in HIDDEN],
        **nothing,
    }
    allowed = await python(ask, world, "Ada", team=team)
    assert (allowed["average"], allowed["canCover"]) == (pytest.approx(10 / 3), 2)


async def test_readiness_is_withheld_with_the_levels_it_follows_from(ask, world):
    found = await ask(FIGURES, {"team": world.gid("Team", "Core team")}, viewer=world.viewer("Ben"))
    ready = {
        each["employee"]["givenName"]: (each["readiness"], each["withheld"])
        for each in found["teamMatrix"]["rows"]
    }
    assert ready == {"Ada": (None, [{"field": "readiness"}]), "Ben": (0, []), "Cleo": (0.625, [])}


async def test_of_five_who_are_together_it_is_told_roughly(ask, crew, database):
    await assess(database, dict(zip(FIVE, (3, 3, 4, 1, 1), strict=True)))
    found = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Max"))
    assert told(found) == (5, 0.6, 2.5)
    assert found["isSuppressed"]
    assert [each["field"] for each in found["withheld"]] == ["canCover", "isSinglePointOfFailure"]
    assert found["coveredBy"] == []
    exact = await python(ask, crew, "Grace", manager=crew.gid("Employee", "Max"))
    assert told(exact) == (5, 0.6, 2.4)
    assert exact["canCover"] == 3


async def test_four_are_not_told_when_the_fifth_is_the_viewer(ask, crew, database):
    await assess(database, dict.fromkeys(FIVE, 3))
    crew.viewers["X1"] = crew.viewers["Cleo"].__class__(
        id_of("X1"), crew.viewers["Cleo"].roles, "employee:X1"
    )
    found = await python(ask, crew, "X1", manager=crew.gid("Employee", "Max"))
    assert told(found) == (0, None, None)
    assert found["coveredBy"] == [{"givenName": "X1"}]


@pytest.mark.parametrize(("level", "average", "coverage"), [(5, 4, 0.8), (0, 1, 0.2), (None, 1, 0.2)])
async def test_people_who_are_all_alike_do_not_show(ask, crew, database, level, average, coverage):
    await assess(database, dict.fromkeys(FIVE, level))
    found = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Max"))
    assert told(found) == (5, coverage, average)


async def test_a_claim_moves_nothing_that_is_hidden(ask, crew, database):
    levels = dict(zip(FIVE, (3, 3, 4, None, None), strict=True))
    await assess(database, levels)
    manager = crew.gid("Employee", "Max")
    before = await python(ask, crew, "Cleo", manager=manager)
    claim = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"
    for who in FIVE:
        given_ = {"employee": crew.gid("Employee", who), "skill": crew.gid("Skill", "Python"), "level": 5}
        await ask.do(claim, given_, viewer=crew.viewer("Cleo"))
    assert await python(ask, crew, "Cleo", manager=manager) == before


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
async def test_of_another_day_nothing_is_told(ask, crew, database, days):
    await assess(database, dict.fromkeys(FIVE, 3))
    at = f"{TODAY + timedelta(days=days)}T12:00:00Z"
    found = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Max"), at=at)
    assert told(found) == (0, None, None)
    today = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Max"), at=f"{TODAY}T00:00:01Z")
    assert told(today) == (5, 0.8, 3)


# Differences


async def test_a_team_with_one_more_is_not_told_apart(ask, crew, database):
    """The six are Mia's and one block; the Five are part of it, and told of with it or not at all."""
    await assess(database, dict(zip(SIX, (0, 0, 1, 1, 2, 5), strict=True)))
    six = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Mia"))
    five = await python(ask, crew, "Cleo", team=crew.gid("Team", "Five team"))
    both = await python(
        ask, crew, "Cleo", team=crew.gid("Team", "Five team"), manager=crew.gid("Employee", "Mia")
    )
    assert told(six) == told(both) == (6, 0.2, 1.5)
    assert told(five) == (0, None, None)


async def test_those_who_are_in_no_block_are_left_out(ask, crew, database):
    """Of the Crew, Mia, Nia and Noa report to Dan: three who would follow from a figure of all nine."""
    await assess(database, dict(zip(SIX, (0, 0, 1, 1, 2, 5), strict=True)) | {"Mia": 5, "Nia": 5, "Noa": 5})
    found = await python(ask, crew, "Cleo", team=crew.gid("Team", "Crew team"))
    assert (found["required"], *told(found)) == (9, 6, 0.2, 1.5)
    below = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Dan"), depth=None)
    assert told(below) == told(found)


async def test_a_team_of_people_with_several_managers_is_one_block(ask, crew, database):
    async with database.transaction() as tx:
        team = people.Team(id=id_of("Mixed team"), name="Mixed")
        await put(
            tx,
            [
                team,
                *(
                    people.TeamMembership(
                        team_id=team.id, employee_id=id_of(who), valid=since(now() - timedelta(minutes=1))
                    )
                    for who in ("Grace", "Max", "Lena", "Pat", "X1")
                ),
            ],
        )
    await assess(database, {"Max": 4, "X1": 4, "Pat": 4})
    found = await python(ask, crew, "Cleo", team=crew.gid("Team", "Mixed team"))
    assert told(found) == (5, None, 2.5)
    assert {"field": "coverage"} in found["withheld"]
    """Only two of the five have a job that asks for it."""
    rest = await python(ask, crew, "Cleo", manager=crew.gid("Employee", "Max"))
    assert told(rest) == (0, None, None)


async def test_what_one_sees_counts_beside_what_one_is_told(ask, crew, database):
    """Dan sees Mia's people, and all of Max's are hidden from him."""
    await assess(database, {"Mia": 5, **dict.fromkeys(SIX, 2), **dict.fromkeys(FIVE, 4)})
    team = {"team": crew.gid("Team", "Crew team"), "manager": crew.gid("Employee", "Max")}
    found = await python(ask, crew, "Dan", **team)
    assert told(found) == (14, 0.4, 2.5)
    """(5 + 6 x 2 + 5 x 4) / 14 = 2.64; (1 of 9 + 4/5 of 5) / 14 = 0.36."""
    assert [each["givenName"] for each in found["coveredBy"]] == ["Mia"]
    own = await python(ask, crew, "Dan", team=team["team"])
    assert told(own) == (9, pytest.approx(1 / 9), pytest.approx(17 / 9))


async def test_nothing_that_is_assumed_of_hidden_people_moves_what_is_told_of_them(ask, crew, database):
    """By another job role they would be counted in other groups, and two ways to round would tell more."""
    await assess(database, dict(zip(SIX, (0, 3, 1, 3, 2, 5), strict=True)))
    query = FIGURES.replace("$at: DateTime)", "$at: DateTime, $whatIf: [AssumptionInput!])")
    query = query.replace("at: $at)", "at: $at, whatIf: $whatIf)")
    asked = {"manager": crew.gid("Employee", "Mia"), "skills": [crew.gid("Skill", "Python")]}
    cleo = {"viewer": crew.viewer("Cleo")}
    role, six = crew.gid("JobRole", "Seller role"), [crew.gid("Employee", who) for who in SIX]
    moved = [{"moves": {"employee": who, "jobRole": role}} for who in six]
    learnt = [{"reaches": {"employee": who, "skill": asked["skills"][0], "level": 5}} for who in six]
    [before] = (await ask(query, asked, **cleo))["teamMatrix"]["columns"]
    for assumed in (moved, learnt):
        [after] = (await ask(query, {**asked, "whatIf": assumed}, **cleo))["teamMatrix"]["columns"]
        assert told(after) == told(before) == (6, 0.6, 2.5)
    [fewer] = (await ask(query, {**asked, "whatIf": [{"leaves": six[0]}]}, **cleo))["teamMatrix"]["columns"]
    assert told(fewer) == (0, None, None), "a block that is cut is left out"


ASKED = [
    {"team": team, "manager": manager, "depth": depth, "skills": chosen, "at": at}
    for team, manager, depth in [
        *product([None, "Crew", "Five"], ["Mia", "Max", "Dan", "Grace"], [1, None]),
        ("Crew", None, 1),
        ("Five", None, 1),
    ]
    for chosen, at in ((["Python"], None), (["SQL", "Python"], f"{TODAY}T00:00:00Z"))
]
"""A family of questions: teams and managers, alone and together, at each depth, skills and dates."""


async def everything(ask, world, viewer):
    """All that somebody is told of a family of questions, in documents of a few each."""
    found = []
    for start in range(0, len(ASKED), 12):
        roots, variables = [], {}
        for n, asked in enumerate(ASKED[start : start + 12]):
            variables |= {f"team{n}": f"Team:{id_of(asked['team'] + ' team')}"} if asked["team"] else {}
            variables |= {f"manager{n}": f"Employee:{id_of(asked['manager'])}"} if asked["manager"] else {}
            variables |= {f"skills{n}": [world.gid("Skill", skill) for skill in asked["skills"]]}
            variables |= {f"at{n}": asked["at"]} if asked["at"] else {}
            given_ = [
                f"{name}: ${name}{n}"
                for name in ("team", "manager", "skills", "at")
                if f"{name}{n}" in variables
            ]
            depth = "null" if asked["depth"] is None else asked["depth"]
            roots.append(f"a{n}: teamMatrix({', '.join(given_)}, depth: {depth}) {{ ...told }}")
        types = {"team": "ID", "manager": "ID", "skills": "[ID!]", "at": "DateTime"}
        declared = ", ".join(f"${name}: {types[name.rstrip('0123456789')]}" for name in variables)
        document = f"""query ({declared}) {{ {" ".join(roots)} }}
          fragment told on TeamMatrix {{
            columns {{ required counted coverage average canCover isSinglePointOfFailure isSuppressed
                       coveredBy {{ givenName }} withheld {{ field }} }}
            rows {{ employee {{ givenName }} readiness cells {{ level isVerified gap until }} }}
          }}"""
        found.append(await ask(document, variables, viewer=world.viewer(viewer)))
    return found


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.none() | st.integers(0, 5), min_size=6, max_size=6),
    st.lists(st.none() | st.integers(0, 5), min_size=5, max_size=5),
    st.lists(st.none() | st.integers(0, 5), min_size=3, max_size=3),
    st.permutations(range(6)),
    st.permutations(range(5)),
    st.lists(st.integers(0, 5), min_size=3, max_size=3),
)
async def test_no_questions_tell_people_of_a_block_apart(
    ask, crew, database, six, five, rest, mixed, shuffled, others
):
    """Whoever has which level of those in a block, and whatever level those have who are in none."""
    outside = ("Mia", "Nia", "Noa")
    await assess(database, dict(zip(SIX + FIVE + outside, [*six, *five, *rest], strict=True)))
    before = await everything(ask, crew, "Cleo")
    moved = [six[n] for n in mixed] + [five[n] for n in shuffled] + others
    await assess(database, dict(zip(SIX + FIVE + outside, moved, strict=True)))
    assert await everything(ask, crew, "Cleo") == before


def release(levels, required):
    """What is told of people whose jobs ask for the same level of a skill, or for none, in plain Python."""
    average = min(max(floor(sum(levels) / len(levels) * 2 + 0.5) / 2, 1), 4)
    if required is None:
        return len(levels), None, average
    met = sum(level >= required for level in levels)
    coverage = floor(met / len(levels) * 5 + 0.5) / 5
    return len(levels), min(max(coverage, 0.2), 0.8), average


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 5), min_size=6, max_size=6), st.sampled_from(["Python", "SQL", "Negotiation"]))
async def test_what_is_told_of_a_block_is_what_was_promised(ask, crew, database, levels, skill):
    await assess(database, dict(zip(SIX, levels, strict=True)), skill=skill)
    found = await python(
        ask, crew, "Cleo", manager=crew.gid("Employee", "Mia"), skills=[crew.gid("Skill", skill)]
    )
    assert told(found) == pytest.approx(release(levels, REQUIRED[skill]))


@pytest.mark.parametrize("size", [5, 6, 7])
@pytest.mark.parametrize("required", [None, 1, 2, 3, 4, 5])
def test_what_is_told_says_of_nobody_which_level_they_have(size, required):
    """People are alike in it: one may have any level that anybody has wherever the same is told."""
    having = defaultdict(set)
    for levels in combinations_with_replacement(range(6), size):
        having[release(levels, required)] |= set(levels)
    for told_, levels in having.items():
        assert len(levels) > 1, told_
        assert required is None or min(levels) < required <= max(levels), told_
