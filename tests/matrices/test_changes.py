"""What is different between two dates, and what will sink: against the matrices themselves, by chance."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from cairn.db.ranges import since as from_
from cairn.graph.problem import Problem
from cairn.people import tables as people
from graph.examples import examples
from skills.evidence import TERMS, pieces, put, term
from world import TODAY, id_of, on

SKILLS = ("Python", "SQL", "Negotiation")
CELLS = """columns { skill { id } }
  rows { employee { id } jobRole { id } isWithheld cells { skill { id }
    level isVerified required until evidence(first: 9) { nodes { id } }
    explain { decidedBy(first: 9) { nodes { id } } } } }"""
CHANGES = (
    """
query ($team: ID, $skills: [ID!], $at: DateTime!, $since: DateTime!, $within: Duration!) {
  then: teamMatrix(team: $team, skills: $skills, at: $since) { CELLS }
  now: teamMatrix(team: $team, skills: $skills, at: $at) {
    CELLS
    expiring(within: $within) { employee { id } skill { id } level until fallsTo }
    columns { expiring(within: $within) { employee { id } skill { id } until } }
    changesSince(date: $since) {
      joined { id } left { id }
      cells {
        employee { id } skill { id }
        levelBefore wasVerified requiredBefore level isVerified required
        causes(first: 20) { nodes { id } }
      }
    }
  }
}
"""
).replace("CELLS", CELLS)
MEMBERS = (
    ("Ada", on(2020), None),
    ("Ben", on(2021), None),
    ("Cleo", on(2022), on(2025, 6)),
    ("Dan", on(2024, 3), None),
)
"""Ben works in another job role from 2024 on."""
instants = st.builds(
    lambda n, days: term(n) + timedelta(days=days), st.integers(1, TERMS + 3), st.integers(0, 99)
)


def cells(matrix):
    """The cells by person and skill."""
    return {
        (row["employee"]["id"], cell["skill"]["id"]): cell
        for row in matrix["rows"]
        for cell in row["cells"]
        if not row["isWithheld"]
    }


def ids(connection):
    return {each["id"] for each in connection["nodes"]}


@pytest.fixture
async def moving(database, world):
    """The Core team, with people who come and go."""
    async with database.transaction() as tx:
        core = people.TeamMembership.team_id == id_of("Core team")
        await tx.execute(delete(people.TeamMembership).where(core))
        await tx.execute(insert(people.TeamMembership), [membership(*each) for each in MEMBERS])
    return world


def membership(who, start, end):
    return {
        "id": people.TeamMembership.new_id(),
        "team_id": id_of("Core team"),
        "employee_id": id_of(who),
        "valid": from_(start, end),
    }


@examples(20)
@given(
    st.lists(pieces(("Ada", "Ben", "Cleo", "Dan"), SKILLS), max_size=25),
    instants,
    instants,
    st.sampled_from(["Lena", "Auda", "Grace"]),
    st.none() | st.just(SKILLS),
    st.integers(1, 900),
)
async def test_two_matrices_differ_by_what_is_told(  # one question, looked at from all sides
    ask, moving, database, evidence, at, since, viewer, chosen, days
):
    async with database.transaction() as tx:
        await put(tx, evidence)
    found = await ask(
        CHANGES,
        {
            "team": moving.gid("Team", "Core team"),
            "skills": chosen and [moving.gid("Skill", skill) for skill in chosen],
            "at": at.isoformat(),
            "since": since.isoformat(),
            "within": f"P{days}D",
        },
        viewer=moving.viewer(viewer),
    )
    then, now = found["then"], found["now"]
    changes, before, after = now["changesSince"], cells(then), cells(now)
    was, is_ = ({row["employee"]["id"] for row in each["rows"]} for each in (then, now))
    if viewer != "Lena":  # who may not see where people stood
        assert {each["id"] for each in changes["joined"]} == is_ - was
        assert {each["id"] for each in changes["left"]} == was - is_
    worked, works = ({row["employee"]["id"]: row["jobRole"] for row in each["rows"]} for each in (then, now))
    told = {(each["employee"]["id"], each["skill"]["id"]): each for each in changes["cells"]}
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if any(old[name] != new[name] for name in ("level", "isVerified", "required")):
            change = told.pop(key)
            assert [change[name] for name in ("levelBefore", "wasVerified", "requiredBefore")] == [
                old[name] for name in ("level", "isVerified", "required")
            ]
            assert [change[name] for name in ("level", "isVerified", "required")] == [
                new[name] for name in ("level", "isVerified", "required")
            ]
            deciding = [
                ids(each["explain"]["decidedBy"]) if each["explain"] else set() for each in (old, new)
            ]
            held = [ids(each["evidence"]) for each in (old, new)]
            assert ids(change["causes"]) == (deciding[0] - held[1]) | (deciding[1] - held[0])
            roles = [jobs[key[0]] for jobs in (worked, works)]
            assert (old["required"] == new["required"]) or roles[0] != roles[1]
            assert bool(change["causes"]["nodes"]) == any(
                old[name] != new[name] for name in ("level", "isVerified")
            )
    assert all(key not in before or key not in after for key in told), "nothing is told that did not change"
    shown = {each["skill"]["id"] for each in now["columns"]}
    end = at + timedelta(days=days)
    sinking = {
        key: (cell["level"], cell["until"])
        for key, cell in after.items()
        if cell["until"] and datetime.fromisoformat(cell["until"]) <= end
    }
    listed = {
        (each["employee"]["id"], each["skill"]["id"]): (each["level"], each["until"])
        for each in now["expiring"]
    }
    assert listed == sinking
    assert [each["until"] for each in now["expiring"]] == sorted(each["until"] for each in now["expiring"])
    by_column = [
        (each["employee"]["id"], each["skill"]["id"])
        for column in now["columns"]
        for each in column["expiring"]
    ]
    assert sorted(by_column) == sorted(sinking)
    assert {skill for _, skill in by_column} <= shown


async def test_what_is_left_of_a_level_that_sinks(ask, moving, database):
    """A manager's word ends, and what Cleo says herself is left."""
    query = """
    query ($team: ID, $at: DateTime) { teamMatrix(team: $team, at: $at) {
      expiring(within: "P1Y") {
        employee { givenName } skill { name } level isVerified until fallsTo required
      } } }
    """
    mutation = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"
    cleo, sql = moving.gid("Employee", "Cleo"), moving.gid("Skill", "SQL")
    end = f"{TODAY + timedelta(days=30)}T00:00:00+00:00"
    await ask.do(mutation, {"employee": cleo, "skill": sql, "level": 4}, viewer=moving.viewer("Cleo"))
    by_ben = {"employee": cleo, "skill": sql, "level": 2, "until": end}
    done = await ask.do(mutation, by_ben, viewer=moving.viewer("Ben"))
    assert done["__typename"] == "Evidence"
    asked = {"team": moving.gid("Team", "Core team")}
    async with database.transaction() as tx:
        await tx.execute(insert(people.TeamMembership), [membership("Cleo", on(2025, 7), None)])
    found = await ask(query, asked, viewer=moving.viewer("Grace"))
    assert found["teamMatrix"]["expiring"] == [
        {
            "employee": {"givenName": "Cleo"},
            "skill": {"name": "SQL"},
            "level": 2,
            "isVerified": True,
            "until": end,
            "fallsTo": 4,
            "required": 2,
        }
    ]
    hidden = await ask(query, asked, viewer=moving.viewer("Dan"))
    assert hidden["teamMatrix"]["expiring"] == []
    own = await ask(query, asked, viewer=moving.viewer("Cleo"))
    assert len(own["teamMatrix"]["expiring"]) == 1


async def test_nothing_is_told_of_days_that_one_may_not_see(ask, moving):
    """Ben sees that Dan is in the team, and not that he was not; he is above Cleo, and knows that she was.
    Of cells, his own are told.
    """
    query = """
    query ($team: ID, $since: DateTime!) { teamMatrix(team: $team) {
      changesSince(date: $since) {
        joined { givenName } left { givenName } cells { employee { givenName } }
      } } }
    """
    asked = {"team": moving.gid("Team", "Core team"), "since": "2024-01-01T00:00:00Z"}
    found = await ask(query, asked, viewer=moving.viewer("Ben"))
    assert found["teamMatrix"]["changesSince"] == {
        "joined": [],
        "left": [{"givenName": "Cleo"}],
        "cells": [{"employee": {"givenName": "Ben"}}],
    }
    pat = await ask(query, asked, viewer=moving.viewer("Pat"))
    assert [each["givenName"] for each in pat["teamMatrix"]["changesSince"]["joined"]] == ["Dan"]
    assert [each["givenName"] for each in pat["teamMatrix"]["changesSince"]["left"]] == ["Cleo"]


@pytest.mark.parametrize("within", ["PT5M", "P0D", "P101Y"])
async def test_a_time_ahead_that_makes_no_sense_is_refused(ask, world, within):
    query = "query ($w: Duration!, $t: ID) { teamMatrix(team: $t) { expiring(within: $w) { level } } }"
    with pytest.raises(Problem, match="within"):
        await ask.whole(query, {"w": within, "t": world.gid("Team", "Core team")})
