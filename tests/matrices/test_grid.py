"""The team skill matrix against a model in plain Python, on evidence by chance and at any date."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairn.access.permissions import Role
from cairn.graph import limits
from cairn.graph.problem import Code, Problem
from skills.evidence import TERMS, level, of, pieces, put, term, until
from world import EMPLOYMENTS, EVIDENCE, ROLES, TODAY, on

MATRIX = """
query ($team: ID, $manager: ID, $depth: Int, $skills: [ID!], $at: DateTime) {
  teamMatrix(team: $team, manager: $manager, depth: $depth, skills: $skills, at: $at) {
    columns { skill { name } }
    rows {
      employee { displayName } jobRole { name } isWithheld
      cells { skill { name } level isVerified required gap until }
    }
  }
}
"""
SKILLS = ("Python", "SQL", "Negotiation")
REQUIRED = {"Engineer": {"Python": 3, "SQL": 2}, "Seller": {"Negotiation": 3}, None: {}}
TEAMS = {"Core team": ("Ada", "Ben", "Cleo"), "Chess team": ("Ben", "Dan")}
PEOPLE = ("Ada", "Ben", "Cleo", "Dan")
VIEWERS = ("Ada", "Ben", "Cleo", "Dan", "Grace", "Lena", "Pat", "Auda")


def stint(who, day):
    """Manager and job role of somebody on a day; None where not employed."""
    for name, since, end, manager, _, role, _ in EMPLOYMENTS:
        if name == who and since <= day and (end is None or day < end):
            return manager, role
    return None


def above(who, day):
    """Who is above somebody on a day, the nearest first."""
    found = []
    at = stint(who, day)
    while at is not None and at[0] is not None:
        found.append(at[0])
        at = stint(at[0], day)
    return found


def answers_for(viewer, who, day):
    """Themselves, those above them today, and those above them on that day."""
    return viewer == who or viewer in above(who, TODAY) or viewer in above(who, day)


def sees_levels(viewer, who, day):
    return ROLES.get(viewer) in {Role.LEARNING_ADMIN, Role.AUDITOR} or answers_for(viewer, who, day)


def sees_them(viewer, who, day):
    """Who is where is the directory's of today; of other days it is history, or a plan."""
    known = ROLES.get(viewer) in {Role.PEOPLE_ADMIN, Role.AUDITOR} or answers_for(viewer, who, day)
    return day == TODAY or known


def expected(viewer, at, members, chosen, evidence):
    """The matrix as the rules have it."""
    day = at.date()
    members = [who for who in members if sees_them(viewer, who, day)]
    stints = {who: stint(who, day) for who in members}
    roles = {who: held[1] if held is not None else None for who, held in stints.items()}
    seen = {who: sees_levels(viewer, who, day) for who in members}
    columns = chosen
    if columns is None:
        columns = sorted({skill for who in members for skill in REQUIRED[roles[who]]})
    return {
        "columns": [{"skill": {"name": skill}} for skill in columns],
        "rows": [
            {
                "employee": {"displayName": f"{who} Test"},
                "jobRole": roles[who] and {"name": roles[who]},
                "isWithheld": not seen[who],
                "cells": [
                    cell(who, skill, REQUIRED[roles[who]].get(skill), at, evidence, seen[who])
                    for skill in columns
                ],
            }
            for who in sorted(members)
        ],
    }


def told(matrix):
    """A matrix without the gaps of rows that are withheld, which have a test of their own."""
    for row in matrix["rows"]:
        for each in row["cells"]:
            each["gap"] = None if row["isWithheld"] else each["gap"]
    return matrix


def cell(who, skill, required, at, evidence, seen):
    known = of(evidence, who, skill)
    held = level(known, at) if seen else None
    sinks = until(known, at) if held is not None else None
    gap = None if required is None or not seen else max(required - (held[0] if held else 0), 0)
    return {
        "skill": {"name": skill},
        "level": held and held[0],
        "isVerified": held is not None and held[1],
        "required": required,
        "gap": gap,
        "until": sinks and sinks.isoformat(),
    }


instants = st.builds(
    lambda n, shift: term(n) + timedelta(microseconds=shift), st.integers(1, TERMS + 9), st.integers(-1, 1)
)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=20),
    instants,
    st.sampled_from(VIEWERS),
    st.sampled_from(list(TEAMS)),
    st.none() | st.permutations(SKILLS) | st.just(["SQL"]),
)
async def test_a_team_by_chance(ask, world, database, evidence, at, viewer, team, chosen):
    async with database.transaction() as tx:
        await put(tx, evidence)
    given_ = {
        "team": world.gid("Team", team),
        "skills": chosen and [world.gid("Skill", skill) for skill in chosen],
        "at": at.isoformat(),
    }
    found = await ask(MATRIX, given_, viewer=world.viewer(viewer))
    assert told(found["teamMatrix"]) == told(expected(viewer, at, TEAMS[team], chosen, evidence))


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=20),
    instants,
    st.sampled_from(VIEWERS),
    st.sampled_from(["Grace", "Ada", "Ben", "Dan"]),
    st.sampled_from([1, 2, 3, None]),
)
async def test_the_people_below_a_manager_by_chance(
    ask, world, database, evidence, at, viewer, manager, depth
):
    async with database.transaction() as tx:
        await put(tx, evidence)
    given_ = {"manager": world.gid("Employee", manager), "depth": depth, "at": at.isoformat()}
    found = await ask(MATRIX, given_, viewer=world.viewer(viewer))
    below = [
        who
        for who in dict.fromkeys(row[0] for row in EMPLOYMENTS)
        if manager in above(who, at.date())[:depth]
    ]
    assert told(found["teamMatrix"]) == told(expected(viewer, at, below, None, evidence))


# By hand, on the company's own evidence


async def matrix(ask, world, *, viewer="Grace", **asked):
    found = await ask(MATRIX, asked, viewer=world.viewer(viewer))
    return found["teamMatrix"]


def short(found):
    """Rows by name: level, verified, required and gap of each column."""
    return {
        row["employee"]["displayName"].removesuffix(" Test"): [
            (cell["level"], cell["isVerified"], cell["required"], cell["gap"]) for cell in row["cells"]
        ]
        for row in found["rows"]
    }


async def test_the_core_team_today(ask, world):
    found = await matrix(ask, world, team=world.gid("Team", "Core team"))
    assert [column["skill"]["name"] for column in found["columns"]] == ["Python", "SQL"]
    assert short(found) == {
        "Ada": [(5, True, 3, 0), (4, True, 2, 0)],
        "Ben": [(2, True, 3, 1), (None, False, 2, 2)],
        "Cleo": [(3, False, 3, 0), (None, False, 2, 2)],
    }


async def test_two_dates_differ_by_the_facts_between_them(ask, world):
    team = world.gid("Team", "Core team")
    before = await matrix(ask, world, team=team, at="2024-12-31T23:59:59.999999Z")
    after = await matrix(ask, world, team=team, at="2025-01-01T00:00:00Z")
    ended = [(who, skill) for who, skill, *_, end, _ in EVIDENCE if end == on(2025)]
    assert ended == [("Ben", "SQL")]
    changed = [
        (row["employee"]["displayName"], cell["skill"]["name"], cell, then)
        for row, earlier in zip(after["rows"], before["rows"], strict=True)
        for cell, then in zip(row["cells"], earlier["cells"], strict=True)
        if cell != then
    ]
    common = {"skill": {"name": "SQL"}, "required": 2, "until": None}
    assert changed == [
        (
            "Ben Test",
            "SQL",
            common | {"level": None, "isVerified": False, "gap": 2},
            common | {"level": 3, "isVerified": True, "gap": 0, "until": "2025-01-01T00:00:00+00:00"},
        )
    ]


async def test_chosen_skills_come_in_the_order_asked_and_as_often(ask, world):
    asked = [world.gid("Skill", skill) for skill in ("SQL", "Negotiation", "SQL")]
    found = await matrix(ask, world, team=world.gid("Team", "Chess team"), skills=asked)
    assert [column["skill"]["name"] for column in found["columns"]] == ["SQL", "Negotiation", "SQL"]
    assert short(found) == {
        "Ben": [(None, False, 2, 2), (3, True, None, None), (None, False, 2, 2)],
        "Dan": [(None, False, None, None), (4, True, 3, 0), (None, False, None, None)],
    }


async def test_skills_that_do_not_exist_have_no_column(ask, world):
    asked = [f"Skill:{uuid4()}", world.gid("Skill", "SQL")]
    found = await matrix(ask, world, team=world.gid("Team", "Core team"), skills=asked)
    assert [column["skill"]["name"] for column in found["columns"]] == ["SQL"]
    assert [len(row["cells"]) for row in found["rows"]] == [1, 1, 1]


async def test_no_skills_are_no_columns(ask, world):
    found = await matrix(ask, world, team=world.gid("Team", "Core team"), skills=[])
    assert found["columns"] == []
    assert [row["cells"] for row in found["rows"]] == [[], [], []]


@pytest.mark.parametrize(
    ("depth", "names"),
    [(1, ["Ada", "Auda", "Dan", "Lena", "Pat"]), (2, ["Ada", "Auda", "Ben", "Dan", "Lena", "Pat"])],
)
async def test_the_people_below_a_manager_at_a_depth(ask, world, depth, names):
    found = await matrix(ask, world, manager=world.gid("Employee", "Grace"), depth=depth)
    assert [row["employee"]["displayName"] for row in found["rows"]] == [f"{name} Test" for name in names]


async def test_a_team_and_a_manager_are_both_shown_each_person_once(ask, world):
    found = await matrix(
        ask, world, team=world.gid("Team", "Chess team"), manager=world.gid("Employee", "Ada"), depth=None
    )
    assert list(short(found)) == ["Ben", "Cleo", "Dan"]


async def test_who_starts_later_is_there_from_their_first_day(ask, world):
    first = TODAY + timedelta(days=60)
    asked = {"viewer": "Auda", "manager": world.gid("Employee", "Ada")}
    before = await matrix(ask, world, at=f"{first - timedelta(days=1)}T23:59:59Z", **asked)
    after = await matrix(ask, world, at=f"{first}T00:00:00Z", **asked)
    assert list(short(before)) == ["Ben"]
    assert short(after)["Finn"] == [(None, False, 3, 3), (None, False, 2, 2)]


async def test_a_leaver_is_in_the_matrix_of_their_days(ask, world):
    asked = {"viewer": "Auda", "manager": world.gid("Employee", "Ada")}
    assert "Eve" in short(await matrix(ask, world, at="2022-12-31T00:00:00Z", **asked))
    assert "Eve" not in short(await matrix(ask, world, at="2023-01-01T00:00:00Z", **asked))


async def test_levels_that_are_not_yours_to_see_are_withheld(ask, world):
    team = world.gid("Team", "Core team")
    found = await matrix(ask, world, team=team, viewer="Ben")
    assert {row["employee"]["displayName"]: row["isWithheld"] for row in found["rows"]} == {
        "Ada Test": True,
        "Ben Test": False,
        "Cleo Test": False,
    }
    assert [each[0] for each in short(found)["Ada"]] == [None, None]
    assert short(found)["Cleo"] == [(3, False, 3, 0), (None, False, 2, 2)]
    allowed = await matrix(ask, world, team=team, viewer="Grace")
    assert short(allowed)["Ada"] == [(5, True, 3, 0), (4, True, 2, 0)]


async def test_what_is_withheld_is_no_gap(ask, world):
    found = await matrix(ask, world, team=world.gid("Team", "Core team"), viewer="Ben")
    assert short(found)["Ada"] == [(None, False, 3, None), (None, False, 2, None)]


async def test_the_matrix_of_another_day_is_for_those_who_were_above_then_too(ask, world):
    asked = {"team": world.gid("Team", "Chess team"), "at": "2023-06-01T00:00:00Z"}
    dan = short(await matrix(ask, world, viewer="Dan", **asked))
    assert dan["Ben"] == [(3, True, 3, 0)]
    assert list(short(await matrix(ask, world, viewer="Ada", **asked))) == ["Ben"]
    assert short(await matrix(ask, world, viewer="Cleo", **asked)) == {}
    after = asked | {"at": "2024-06-01T00:00:00Z"}
    assert list(short(await matrix(ask, world, viewer="Dan", **after))) == ["Dan"]


async def test_who_managed_whom_on_another_day_is_not_for_everybody(ask, world):
    asked = {"manager": world.gid("Employee", "Dan"), "at": "2022-06-01T00:00:00Z"}
    for who in ("Ada", "Dan", "Pat"):
        assert list(short(await matrix(ask, world, viewer=who, **asked))) == ["Ben"]
    assert list(short(await matrix(ask, world, viewer="Cleo", **asked))) == []


async def test_a_matrix_is_of_a_team_or_of_a_manager(ask):
    with pytest.raises(
        Problem, match="teamMatrix: name a team, a manager, a department or a job role"
    ) as refused:
        await ask.whole(MATRIX)
    assert refused.value.code is Code.BAD_INPUT


@pytest.mark.parametrize("asked", [{"team": f"Team:{uuid4()}"}, {"manager": f"Employee:{uuid4()}"}])
async def test_a_team_that_does_not_exist_has_nobody_in_it(ask, world, asked):
    found = await matrix(ask, world, **asked)
    assert found == {"columns": [], "rows": []}


async def test_the_matrix_tells_of_which_instant_it_is(ask, world):
    query = "query ($team: ID, $at: DateTime) { teamMatrix(team: $team, at: $at) { at } }"
    team = world.gid("Team", "Core team")
    then = await ask(query, {"team": team, "at": "2024-02-03T04:05:06Z"})
    assert then["teamMatrix"]["at"] == "2024-02-03T04:05:06+00:00"
    now = await ask(query, {"team": team})
    assert datetime.fromisoformat(now["teamMatrix"]["at"]).date() >= TODAY


async def test_what_a_role_required_at_the_date_is_what_counts(ask, world):
    define = "mutation ($input: DefineJobRoleInput!) { defineJobRole(input: $input) { __typename } }"
    needs = [{"skill": world.gid("Skill", "Negotiation"), "level": 5}]
    given_ = {
        "code": "engineer",
        "name": "Engineer",
        "requires": needs,
        "fromInstant": on(2024, 7).isoformat(),
    }
    await ask.do(define, given_, viewer=world.viewer("Lena"))
    team = world.gid("Team", "Core team")
    before = await matrix(ask, world, team=team, at="2024-06-30T00:00:00Z")
    after = await matrix(ask, world, team=team, at="2024-07-01T00:00:00Z")
    assert [column["skill"]["name"] for column in before["columns"]] == ["Python", "SQL"]
    assert [column["skill"]["name"] for column in after["columns"]] == ["Negotiation"]
    assert short(after)["Ben"] == [(3, True, 5, 2)]


async def test_one_that_is_too_large_is_refused_before_it_is_read(ask, world, monkeypatch):
    """Three people and two skills are six cells."""
    asked = {"team": world.gid("Team", "Core team")}
    monkeypatch.setattr(limits, "CELLS", 6)
    text = MATRIX.replace("query", "query AtMostSix")
    cost = (await ask.whole(text, asked, viewer=world.viewer("Grace")))["extensions"]["cost"]
    assert cost["mostCells"] == 6
    monkeypatch.setattr(limits, "CELLS", 5)
    text = MATRIX.replace("query", "query AtMostFive")
    with pytest.raises(Problem, match=r"at most 5 cells, .* would have 6; ask for fewer people") as refused:
        await ask.whole(text, asked, viewer=world.viewer("Grace"))
    assert refused.value.extensions == {"code": Code.LIMIT}
    own = {**asked, "skills": [world.gid("Skill", "SQL")]}
    assert (await ask(text, own, viewer=world.viewer("Grace")))["teamMatrix"]["columns"]


@pytest.mark.parametrize("depth", [0, -1])
async def test_a_depth_at_which_nobody_is_is_refused(ask, world, depth):
    with pytest.raises(Problem, match="1 or more, or null for everybody below"):
        await ask(MATRIX, {"manager": world.gid("Employee", "Grace"), "depth": depth})
