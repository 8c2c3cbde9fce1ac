"""Every number in a matrix is followed to the evidence and the people behind it, by the graph alone.

The matrix is asked for, and what stands behind it by other fields; nothing here reads the database. From the
evidence, the job roles and the people each number is worked out again in plain Python.
"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.examples import examples
from skills.evidence import pieces, put, term

MATRIX = """
query ($team: ID, $skills: [ID!], $at: DateTime!) {
  teamMatrix(team: $team, skills: $skills, at: $at) {
    columns {
      skill { id } required counted coverage average canCover isSinglePointOfFailure isSuppressed
      coveredBy { id }
      expiring(within: "P2Y") { ...sinking }
    }
    rows {
      employee { id } isWithheld readiness
      jobRole { id requirements(first: 50) { nodes { skill { id } level weight } } }
      cells {
        skill { id } level isVerified required gap until
        explain { rule since until decidedBy(first: 9) { nodes { id } } outranked(first: 9) { nodes { id } } }
        evidence(first: 9) { nodes { id level isVerified since until countsUntil } }
      }
    }
    expiring(within: "P2Y") { ...sinking }
  }
}
fragment sinking on ExpiringLevel {
  employee { id } skill { id } level isVerified until fallsTo required
  evidence(first: 9) { nodes { id } }
}
"""
EVIDENCE = """
query ($skill: ID!) {
  employees(first: 50, where: {status: {in: [ACTIVE, ON_LEAVE]}}) { nodes {
    id evidence(first: 200, where: {skill: {id: {eq: $skill}}}) { nodes {
      id level isVerified since until withdrawnAt
    } }
  } }
}
"""
SKILLS = ("Python", "SQL", "Negotiation")
instants = st.builds(lambda n, days: term(n) + timedelta(days=days), st.integers(5, 21), st.integers(0, 99))


def level_of(evidence):
    """The level that follows from evidence that holds, and whether it is verified."""
    sure = [each["level"] for each in evidence if each["isVerified"]]
    claimed = [each["level"] for each in evidence]
    return (max(sure), True) if sure else (max(claimed), False) if claimed else (None, False)


def sinks(level, is_verified, known, at):
    """When a level is lower or less sure, by all that is known; None where nothing ends it."""
    edges = {each["until"] for each in known if each["until"]} | {each["since"] for each in known}
    for edge in sorted(edge for edge in edges if edge > at):
        holding = [each for each in known if holds(each, edge)]
        then, sure = level_of(holding)
        if then is None or then < level or (is_verified and not sure):
            return edge, then
    return None, None


def holds(evidence, at):
    return (
        evidence["withdrawnAt"] is None
        and evidence["since"] <= at
        and (evidence["until"] is None or at < evidence["until"])
    )


@examples(15)
@given(
    st.lists(pieces(("Ada", "Ben", "Cleo"), SKILLS), max_size=25),
    instants,
    st.none() | st.just(SKILLS),
    st.sampled_from(["Auda", "Grace"]),
)
async def test_every_number_follows_from_what_stands_behind_it(
    ask, world, database, evidence, at, chosen, viewer
):
    async with database.transaction() as tx:
        await put(tx, evidence)
    viewing, instant = world.viewer(viewer), at.isoformat()
    found = await ask(
        MATRIX,
        {
            "team": world.gid("Team", "Core team"),
            "skills": chosen and [world.gid("Skill", name) for name in chosen],
            "at": instant,
        },
        viewer=viewing,
    )
    matrix = found["teamMatrix"]
    known = {}
    for column in matrix["columns"]:
        across = await ask(EVIDENCE, {"skill": column["skill"]["id"]}, viewer=viewing)
        for person in across["employees"]["nodes"]:
            known[person["id"], column["skill"]["id"]] = person["evidence"]["nodes"]

    sinking = {}
    for row in matrix["rows"]:
        check_row(row, known, instant, sinking)
    for n, column in enumerate(matrix["columns"]):
        check_column(column, [(row["employee"]["id"], row["cells"][n]) for row in matrix["rows"]])
    check_sinking(matrix, sinking, (at + timedelta(days=700)).isoformat())


def check_row(row, known, at, sinking):
    """The cells of a person, and the readiness that they come to."""
    who, role = row["employee"]["id"], row["jobRole"]
    asks = {} if role is None else {each["skill"]["id"]: each for each in role["requirements"]["nodes"]}
    assert not row["isWithheld"]
    for cell in row["cells"]:
        skill, behind = cell["skill"]["id"], cell["evidence"]["nodes"]
        pieces_ = known.get((who, skill), ())
        assert {each["id"] for each in behind} == {each["id"] for each in pieces_ if holds(each, at)}
        assert (cell["level"], cell["isVerified"]) == level_of(behind)
        assert cell["required"] == (asks[skill]["level"] if skill in asks else None)
        missing = None if skill not in asks else max(0, asks[skill]["level"] - (cell["level"] or 0))
        assert cell["gap"] == missing
        if cell["level"] is None:
            assert cell["explain"] is None
        else:
            until, falls_to = sinks(cell["level"], cell["isVerified"], pieces_, at)
            check_explained(cell, until)
            if until is not None:
                sinking[who, skill] = (until, cell["level"], falls_to, cell["required"])
    shown = {cell["skill"]["id"]: cell for cell in row["cells"]}
    if asks.keys() <= shown.keys():
        met = [skill for skill, each in asks.items() if (shown[skill]["level"] or -1) >= each["level"]]
        total = sum(each["weight"] for each in asks.values())
        share = sum(asks[skill]["weight"] for skill in met) / total if total else None
        assert row["readiness"] == (None if share is None else pytest.approx(share))


def check_explained(cell, until):
    """The rule, the evidence that decides by it and the evidence that does not."""
    behind, explained = cell["evidence"]["nodes"], cell["explain"]
    decides = {
        each["id"]
        for each in behind
        if (each["level"], each["isVerified"]) == (cell["level"], cell["isVerified"])
    }
    outranked = {each["id"] for each in explained["outranked"]["nodes"]}
    assert {each["id"] for each in explained["decidedBy"]["nodes"]} == decides
    assert decides | outranked == {each["id"] for each in behind}
    assert explained["rule"] == ("HIGHEST_VERIFIED" if cell["isVerified"] else "HIGHEST_CLAIMED")
    assert cell["until"] == explained["until"] == until


def check_column(column, cells):
    """The figures of a skill, from the cells of everybody."""
    asked = [cell for _, cell in cells if cell["required"] is not None]
    least = min((cell["required"] for cell in asked), default=1)

    def is_able(cell):
        needed = least if cell["required"] is None else cell["required"]
        return cell["level"] is not None and cell["level"] >= needed

    able = [who for who, cell in cells if is_able(cell)]
    assert not column["isSuppressed"]
    assert (column["required"], column["counted"]) == (len(asked), len(cells))
    share = sum(map(is_able, asked)) / len(asked) if asked else None
    assert column["coverage"] == (None if share is None else pytest.approx(share))
    total = sum(cell["level"] or 0 for _, cell in cells)
    assert column["average"] == (pytest.approx(total / len(cells)) if cells else None)
    assert sorted(each["id"] for each in column["coveredBy"]) == sorted(able)
    assert column["canCover"] == len(able)
    assert column["isSinglePointOfFailure"] == (len(able) == 1)


def check_sinking(matrix, sinking, end):
    """What will sink before a date, in the matrix and in its columns."""

    def told(listed):
        found = {(each["employee"]["id"], each["skill"]["id"]): each for each in listed}
        assert all(each["evidence"]["nodes"] for each in listed)
        return {
            key: (each["until"], each["level"], each["fallsTo"], each["required"])
            for key, each in found.items()
            if each["until"] < end
        }

    soon = {key: what for key, what in sinking.items() if what[0] < end}
    assert told(matrix["expiring"]) == soon
    assert told([each for column in matrix["columns"] for each in column["expiring"]]) == soon
