"""Skills renamed, merged, split, retired and related, each with its opposite; levels follow at any date."""

import pytest

from cairn.requirements.evaluate import evaluate
from cairn.requirements.tree import SkillAt
from cairn.skills import frameworks
from cairn.skills.facts import load
from cairn.skills.releases import SkillDraft
from stored import stored, unchanged
from world import EVERYTHING, id_of, on

LEVELS = """query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    levels { nodes { level isVerified until skill { name } evidence { nodes { note } } } }
  }
}"""
KEPT = ["audit_entry", "event", "happening"]


def verb(name, fields="id"):
    kind = name[0].upper() + name[1:]
    return f"""mutation ($input: {kind}Input!) {{ {name}(input: $input) {{
      __typename ... on Skill {{ {fields} }} ... on Refusal {{ message }}
      ... on InvalidInput {{ problems {{ path message }} }}
    }} }}"""


@pytest.fixture
def do(ask, world):
    """Does something as the learning admin; things by the names of the company."""

    async def do(verb_name, fields="id", /, **given):
        for field in ("skill", "into", "other"):
            if isinstance(given.get(field), str):
                given[field] = world.gid("Skill", given[field])
            elif field in given:
                given[field] = [world.gid("Skill", each) for each in given[field]]
        return await ask.do(verb(verb_name, fields), given, viewer=world.viewer("Lena"))

    return do


@pytest.fixture
def levels(ask, world):
    """Somebody's levels by skill: the level, whether it is verified, until when."""

    async def levels(who, at=None):
        given = {"id": world.gid("Employee", who), "at": at and at.isoformat()}
        found = await ask(LEVELS, given)
        return {
            each["skill"]["name"]: (each["level"], each["isVerified"], each["until"])
            for each in found["employee"]["levels"]["nodes"]
        }

    return levels


async def test_a_merged_skill_counts_as_the_other_at_any_date_and_no_evidence_is_touched(
    do, levels, database, ask, world
):
    before = await stored(database)
    was = {at: await levels("Ben", at) for at in (None, on(2022, 6), on(2024, 6))}
    await do("mergeSkill", skill="SQL", into="Python")
    assert (await levels("Ben", on(2024, 6)))["Python"] == (3, True, "2025-01-01T00:00:00+00:00")
    assert (await levels("Ben", on(2023, 6)))["Python"] == (3, True, "2025-01-01T00:00:00+00:00")
    assert "SQL" not in await levels("Ben", on(2024, 6))
    assert await levels("Ben") == was[None]
    found = await ask(LEVELS, {"id": world.gid("Employee", "Ada"), "at": None})
    [python] = found["employee"]["levels"]["nodes"]
    assert sorted(each["note"] for each in python["evidence"]["nodes"]) == ["Ada at Python", "Ada at SQL"]
    assert (await stored(database))["evidence"] == before["evidence"]
    await do("restoreSkill", skill="SQL")
    assert {at: await levels("Ben", at) for at in was} == was
    after = await stored(database, but=KEPT)
    assert after == {name: rows for name, rows in before.items() if name not in KEPT}


async def test_a_split_skill_counts_for_each_of_its_parts(do, levels):
    await do("splitSkill", skill="Python", into=["SQL", "Negotiation"])
    assert await levels("Ada") == {"SQL": (5, True, None), "Negotiation": (5, True, None)}
    assert (await levels("Ben"))["Negotiation"] == (3, True, None)
    await do("restoreSkill", skill="Python")
    assert await levels("Ada") == {"Python": (5, True, None), "SQL": (4, True, None)}


async def test_what_was_merged_twice_counts_where_it_went_in_the_end(do, levels):
    await do("mergeSkill", skill="SQL", into="Python")
    await do("mergeSkill", skill="Python", into="Negotiation")
    assert await levels("Ada") == {"Negotiation": (5, True, None)}
    await do("restoreSkill", skill="Python")
    assert await levels("Ada") == {"Python": (5, True, None)}


async def test_only_what_goes_on_takes_the_place_of_another(do, database):
    await do("mergeSkill", skill="SQL", into="Python")
    async with unchanged(database):
        for given, path in (
            ({"skill": "Python", "into": "SQL"}, "into"),
            ({"skill": "SQL", "into": "Negotiation"}, "skill"),
            ({"skill": "Python", "into": "Python"}, "into"),
        ):
            refused = await do("mergeSkill", **given)
            assert [each["path"] for each in refused["problems"]] == [[path]]
        for parts in (["Negotiation"], ["Negotiation", "Negotiation"]):
            refused = await do("splitSkill", skill="Python", into=parts)
            assert refused["problems"] == [
                {"path": ["into"], "message": "must be from 2 to 20 different skills"}
            ]
        refused = await do("restoreSkill", skill="Python")
        assert refused["problems"] == [{"path": ["skill"], "message": "is not retired, merged or split"}]


async def test_a_role_that_asks_for_a_merged_skill_asks_for_the_other_in_the_matrix(do, ask, world):
    query = """query ($team: ID!) {
      teamMatrix(team: $team) { columns { skill { name } } rows { cells { required level } } }
    }"""
    await do("mergeSkill", skill="SQL", into="Negotiation")
    found = (await ask(query, {"team": world.gid("Team", "Core team")}))["teamMatrix"]
    assert [each["skill"]["name"] for each in found["columns"]] == ["Negotiation", "Python"]
    assert found["rows"][0]["cells"] == [{"required": 2, "level": 4}, {"required": 3, "level": 5}]


async def test_a_name_of_ones_own_outlives_releases(do, ask, database):
    def own(name, version, *more):
        return frameworks.define_framework(
            tx, EVERYTHING, name="Own", version=version, skills=[SkillDraft("sql", name), *more]
        )

    renamed = await do("renameSkill", "name publishedName", skill="SQL", name="Queries")
    assert renamed == {"__typename": "Skill", "name": "Queries", "publishedName": "SQL"}
    async with database.transaction() as tx:
        await own("SQL", "2")
        await own("Structured queries", "3")
    query = '{ skills(where: {code: {eq: "sql"}}) { nodes { name publishedName } } }'
    assert (await ask(query))["skills"]["nodes"] == [
        {"name": "Queries", "publishedName": "Structured queries"}
    ]
    search = '{ skillSearch(text: "structured queries") { nodes { skill { name } } } }'
    assert (await ask(search))["skillSearch"]["nodes"][0] == {"skill": {"name": "Queries"}}
    back = await do("renameSkill", "name publishedName", skill="SQL", name="Structured queries")
    assert back == {"__typename": "Skill", "name": "Structured queries", "publishedName": None}


async def test_what_the_company_retired_does_not_return_with_a_release(do, ask, database):
    query = '{ skills(where: {code: {eq: "sql"}}) { nodes { retiredAt } } }'
    await do("retireSkill", skill="SQL")
    async with database.transaction() as tx:
        drafts = [SkillDraft("sql", "SQL", description="Asks tables")]
        await frameworks.define_framework(tx, EVERYTHING, name="Own", version="2", skills=drafts)
    [retired] = (await ask(query))["skills"]["nodes"]
    assert retired["retiredAt"] is not None
    await do("restoreSkill", skill="SQL")
    assert (await ask(query))["skills"]["nodes"] == [{"retiredAt": None}]


async def test_skills_relate_and_relate_no_more(do, database):
    relations = "relations { nodes { kind other { name } } }"
    given = {"skill": "SQL", "other": "Python", "kind": "SAME_AS"}
    before = await stored(database, but=KEPT)
    for _ in range(2):
        found = await do("relateSkills", relations, **given)
        assert found["relations"]["nodes"] == [{"kind": "SAME_AS", "other": {"name": "Python"}}]
    await do("unrelateSkills", **given)
    assert await stored(database, but=KEPT) == before
    async with unchanged(database):
        refused = await do("unrelateSkills", **given)
        assert refused["problems"][0]["message"] == "does not relate to it like that"
        refused = await do("relateSkills", skill="SQL", other="Python", kind="MERGED_INTO")
        assert "mergeSkill" in refused["problems"][0]["message"]
        refused = await do("relateSkills", skill="SQL", other="SQL", kind="RELATED")
        assert refused["problems"][0]["path"] == ["other"]


async def test_requirements_are_met_through_mergers(do, database):
    async def met(who, skill, level):
        leaf = SkillAt(id_of(skill), level)
        async with database.transaction() as tx:
            facts = await load(tx, [id_of(who)], {leaf.subject})
        return bool(list(evaluate(leaf, facts[id_of(who)])))

    await do("mergeSkill", skill="SQL", into="Python")
    assert await met("Ada", "SQL", 5)
    assert await met("Ada", "Python", 5)
    await do("restoreSkill", skill="SQL")
    assert not await met("Ada", "SQL", 5)
