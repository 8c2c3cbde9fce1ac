"""Who meets a requirement, by the statement, as the pure function has it, and to whom it is told."""

from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.graph.serve import Answerer, Asked, Standing
from cairn.requirements.evaluate import evaluate
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.outcome import of_standing
from cairn.requirements.standing import leaves, stand
from cairn.requirements.tree import Employed, SkillAt, SubjectKind, subjects
from cairn.skills.facts import load
from graph.academy import NOW
from graph.asking import DATES, as_input, requirements
from graph.examples import examples
from world import EVERYTHING, NAMES, id_of

MEETS = """query($meets: RequirementInput!, $at: DateTime) {
  employees(at: $at, first: 200, where: {meets: $meets}) { totalCount nodes { id } }
}"""
EACH = """query($requirement: RequirementInput!, $employees: [ID!]!, $at: DateTime) {
  evaluateEach(requirement: $requirement, employees: $employees, at: $at) {
    met evaluations {
      employee { id } met since until progress
      blocking { path text } soonest { metFrom obtain { path } } explanation { met path kind evidence { id } }
    }
  }
}"""
EVERYBODY = [f"Employee:{id_of(name)}" for name in NAMES]


async def answered(schema, database, query, variables, viewer):
    body = await Answerer(schema, database).answer(Asked(query, None, variables), Standing(viewer))
    return orjson.loads(body)


async def meeting(reader, requirement, at, viewer):
    """Who is found."""
    given_ = {"meets": as_input(requirement), "at": at.isoformat()}
    found = (await reader.data(MEETS, given_, viewer=viewer))["employees"]
    ids = {UUID(each["id"].partition(":")[2]) for each in found["nodes"]}
    assert found["totalCount"] == len(ids)
    return ids


async def loaded(database, requirement):
    async with database.transaction() as tx:
        return await load(tx, [id_of(name) for name in NAMES], subjects(requirement))


@examples(30)
@given(requirement=requirements, at=st.sampled_from([*DATES, NOW]))
async def test_the_statement_finds_whom_the_algebra_finds(requirement, at, reader, standing):
    database, _ = standing
    facts = await loaded(database, requirement)
    expected = {
        id_of(name) for name in NAMES if at in evaluate(requirement, facts.get(id_of(name), NO_FACTS))
    }
    assert await meeting(reader, requirement, at, EVERYTHING) == expected


LEARNING = {SubjectKind.SKILL, SubjectKind.STEP, SubjectKind.PATHWAY}


async def told(schema, database, requirement, at, viewer):
    """How it stands for those of whom the viewer may see all that it asks; None where it names a draft."""
    asked = {"requirement": as_input(requirement), "employees": EVERYBODY, "at": at.isoformat()}
    answer = await answered(schema, database, EACH, asked, viewer)
    if "errors" in answer:
        assert "or you may not see it" in answer["errors"][0]["message"]
        return None
    found = answer["data"]["evaluateEach"]["evaluations"]
    return {UUID(each["employee"]["id"].partition(":")[2]): each for each in found}


@pytest.mark.parametrize("name", ["Ada", "Lena", "Pat"])
@examples(10)
@given(requirement=requirements, at=st.sampled_from([*DATES, NOW]))
async def test_nobody_learns_more_by_filtering_than_by_asking(
    name, requirement, at, reader, standing, schema
):
    """Whose records one sees is found if they meet it; others as if nobody knew of what they can do."""
    database, world = standing
    viewer = world.viewer(name)
    everybody = await meeting(reader, requirement, at, EVERYTHING)
    found = await meeting(reader, requirement, at, viewer)
    known = await told(schema, database, requirement, at, viewer)
    open_ = await told(schema, database, SkillAt(id_of("Python"), 1), at, viewer)
    facts = await loaded(database, requirement)
    for employee, each in (known or {}).items():
        assert each["met"] == (employee in everybody) == (employee in found)
        assert each["met"] == (each["progress"] == 1) == (each["blocking"] == [])
        assert not (each["met"] and each["soonest"])
    for employee in found - set(known or {}):
        theirs = facts.get(employee, NO_FACTS)
        if employee not in open_:
            theirs = {about: held for about, held in theirs.items() if about.kind not in LEARNING}
        assert at in evaluate(requirement, theirs)


TALENT = """query($requirement: RequirementInput!, $at: DateTime) {
  talent(requirement: $requirement, at: $at, first: 100) {
    totalCount
    nodes {
      employee { id } met progress
      parts { kind path met progress required level isVerified }
      has { path } lacks { path evidence(first: 3) { nodes { id } } }
      availability { openAssignments minutesLeft awayFrom awayUntil }
    }
  }
}"""


@examples(25)
@given(requirement=requirements, at=st.sampled_from([*DATES, NOW]))
async def test_matches_are_ranked_by_the_progress_of_the_algebra(requirement, at, reader, standing):
    database, _ = standing
    facts = await loaded(database, requirement)
    employed = await loaded(database, Employed())
    given_ = {"requirement": as_input(requirement), "at": at.isoformat()}
    answer = (await reader.data(TALENT, given_, viewer=EVERYTHING))["talent"]
    found = {UUID(each["employee"]["id"].partition(":")[2]): each for each in answer["nodes"]}
    assert answer["totalCount"] == len(found)
    shares = [each["progress"] for each in answer["nodes"]]
    assert shares == sorted(shares, reverse=True)
    for name in NAMES:
        person = id_of(name)
        standing_ = stand(requirement, facts.get(person, NO_FACTS), at)
        works = at in evaluate(Employed(), employed.get(person, NO_FACTS))
        assert (person in found) == (works and standing_.progress > 0), name
        if person in found:
            each, outcome_ = found[person], of_standing(standing_, at)
            leaves_ = list(leaves(standing_))
            assert each["met"] == standing_.met
            assert each["progress"] == pytest.approx(standing_.progress)
            assert [part["path"] for part in each["parts"]] == [list(leaf.path) for leaf in leaves_]
            assert [part["met"] for part in each["parts"]] == [leaf.met for leaf in leaves_]
            assert [part["progress"] for part in each["parts"]] == pytest.approx(
                [leaf.progress for leaf in leaves_]
            )
            assert [part["path"] for part in each["lacks"]] == [list(leaf.path) for leaf in outcome_.blocks]
