"""Several people write about the same skills at once: each has a turn, and nothing is lost between."""

import asyncio

import pytest

from skills.test_counting import CHANGE
from skills.test_curate import verb
from skills.test_define import ROLE
from skills.test_frameworks import FRAMEWORK
from stored import stored

ASSESS = """mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"""
EVIDENCE = """query ($id: ID!, $skill: ID!) {
  employee(id: $id) {
    evidence(where: {skill: {id: {eq: $skill}}}) { nodes { level isVerified countsUntil } }
  }
}"""


@pytest.fixture
def lena(world):
    return world.viewer("Lena")


async def kinds(*acts):
    return sorted([each["__typename"] for each in await asyncio.gather(*acts)])


async def test_two_skills_that_are_merged_into_each_other_do_not_both_vanish(ask, world, lena):
    for one, other in (("SQL", "Python"), ("Python", "SQL")) * 2:
        ways = [(world.gid("Skill", a), world.gid("Skill", b)) for a, b in ((one, other), (other, one))]
        merge = verb("mergeSkill")
        done = await asyncio.gather(
            *(ask.do(merge, {"skill": skill, "into": into}, viewer=lena) for skill, into in ways)
        )
        assert sorted(each["__typename"] for each in done) == ["InvalidInput", "Skill"]
        [gone] = [skill for (skill, _), each in zip(ways, done, strict=True) if each["__typename"] == "Skill"]
        await ask.do(verb("restoreSkill"), {"skill": gone}, viewer=lena)


async def test_many_skills_are_merged_at_once(ask, lena, database):
    given = {"name": "Many", "version": "1", "skills": [{"code": f"{n}", "name": f"{n}"} for n in range(8)]}
    await ask.do(FRAMEWORK, given, viewer=lena)
    found = await ask('{ skills(where: {framework: {name: {eq: "Many"}}}) { nodes { id } } }')
    last, *others = (each["id"] for each in found["skills"]["nodes"])
    acts = (ask.do(verb("mergeSkill"), {"skill": each, "into": last}, viewer=lena) for each in others)
    assert await kinds(*acts) == ["Skill"] * 7
    assert len((await stored(database))["skill_succession"]) == 7


async def test_of_two_words_at_once_only_the_latest_counts_where_the_latest_decides(ask, world, lena):
    given = {"skill": world.gid("Skill", "SQL"), "precedence": "LATEST"}
    await ask.do(CHANGE, given, viewer=lena)
    about = {"employee": world.gid("Employee", "Ben"), "skill": given["skill"]}
    for _ in range(4):
        acts = (ask.do(ASSESS, {**about, "level": level}, viewer=lena) for level in (1, 2, 3))
        assert await kinds(*acts) == ["Evidence"] * 3
        found = await ask(EVIDENCE, {"id": about["employee"], "skill": about["skill"]})
        held = [each for each in found["employee"]["evidence"]["nodes"] if each["countsUntil"] is None]
        assert len([each for each in held if each["isVerified"]]) == 1


async def test_evidence_that_comes_while_a_policy_changes_goes_by_the_new_one(ask, world, lena):
    about = {"employee": world.gid("Employee", "Ben"), "skill": world.gid("Skill", "SQL")}
    for n in range(4):
        sources = ["SELF"] if n % 2 else ["SELF", "PEER", "ASSESSMENT", "MANAGER"]
        policy = {"skill": about["skill"], "verifiedBy": sources}
        acts = [ask.do(ASSESS, {**about, "level": 1}, viewer=lena) for _ in range(3)]
        acts.insert(1, ask.do(CHANGE, policy, viewer=lena))
        assert await kinds(*acts) == ["Evidence"] * 3 + ["LevelPolicy"]
        found = await ask(EVIDENCE, {"id": about["employee"], "skill": about["skill"]})
        assert {
            each["isVerified"] for each in found["employee"]["evidence"]["nodes"] if each["level"] == 1
        } == {not n % 2}


async def test_what_is_defined_twice_at_once_is_once(ask, world, lena, database):
    role = {"code": "baker", "name": "Baker", "requires": [{"skill": world.gid("Skill", "SQL"), "level": 2}]}
    own = {"name": "Bakery", "version": "1", "skills": [{"code": "bread", "name": "Bread"}]}
    related = {"skill": world.gid("Skill", "SQL"), "other": world.gid("Skill", "Python"), "kind": "RELATED"}
    policy = "mutation ($input: ChangePolicyInput!) { changePolicy(input: $input) { __typename } }"
    for document, given, kind in (
        (ROLE, role, "JobRole"),
        (ROLE, role, "JobRole"),
        (FRAMEWORK, own, "Framework"),
        (verb("relateSkills"), related, "Skill"),
        (policy, {"teammatesSeeLevels": True}, "Policy"),
    ):
        acts = (ask.do(document, given, viewer=lena) for _ in range(4))
        assert await kinds(*acts) == [kind] * 4
    found = await stored(database)
    assert len([each for each in found["job_role"] if '"baker"' in each]) == 1
    assert len(found["policy"]) == 1
