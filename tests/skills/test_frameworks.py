"""Frameworks: written, imported, and what each release made different."""

import pytest
from sqlalchemy import text

from cairn.graph.document import Refused
from stored import stored, unchanged

FRAMEWORK = """
mutation ($input: DefineFrameworkInput!) {
  defineFramework(input: $input) {
    __typename
    ... on Framework {
      name version publisher url licence
      skills(orderBy: [{code: ASC}]) { nodes { code name description parent { code } } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""


def skill(code, parent=None, **more):
    return {"code": code, "name": code.upper(), "parent": parent, **more}


def framework(*skills, **more):
    return {"name": "Cooking", "version": "1", "skills": list(skills), **more}


def read(answer):
    return {each["code"]: each["parent"] and each["parent"]["code"] for each in answer["skills"]["nodes"]}


@pytest.fixture
def lena(world):
    return world.viewer("Lena")


async def test_broader_skills_may_come_after_narrower_ones(ask, lena):
    given = framework(
        skill("bread", "baking"),
        skill("baking", "cooking"),
        skill("cooking", description="With fire"),
        publisher="The guild",
        url="https://example.com/cooking",
        licence="CC BY 4.0",
    )
    assert await ask.do(FRAMEWORK, given, viewer=lena) == {
        "__typename": "Framework",
        "name": "Cooking",
        "version": "1",
        "publisher": "The guild",
        "url": "https://example.com/cooking",
        "licence": "CC BY 4.0",
        "skills": {
            "nodes": [
                {"code": "baking", "name": "BAKING", "description": None, "parent": {"code": "cooking"}},
                {"code": "bread", "name": "BREAD", "description": None, "parent": {"code": "baking"}},
                {"code": "cooking", "name": "COOKING", "description": "With fire", "parent": None},
            ]
        },
    }


async def test_the_same_framework_twice_is_once(ask, database, lena):
    given = framework(skill("baking"), skill("bread", "baking"))
    await ask.do(FRAMEWORK, given, viewer=lena)
    before = await stored(database, but=["audit_entry"])
    await ask.do(FRAMEWORK, given, viewer=lena)
    assert await stored(database, but=["audit_entry"]) == before


async def test_skills_that_are_there_keep_their_id_and_take_the_new_name(ask, lena):
    query = '{ skills(where: {code: {eq: "bread"}}) { nodes { id name parent { code } } } }'
    await ask.do(FRAMEWORK, framework(skill("baking"), skill("bread", "baking")), viewer=lena)
    [before] = (await ask(query))["skills"]["nodes"]
    await ask.do(FRAMEWORK, framework(skill("bread", "baking", name="Bread and rolls")), viewer=lena)
    [after] = (await ask(query))["skills"]["nodes"]
    assert after == before | {"name": "Bread and rolls"}


async def test_a_parent_may_be_one_that_is_there(ask, lena):
    await ask.do(FRAMEWORK, framework(skill("baking"), skill("bread", "baking")), viewer=lena)
    more = await ask.do(FRAMEWORK, framework(skill("rye", "bread")), viewer=lena)
    assert read(more) == {"baking": None, "bread": "baking", "rye": "bread"}


RELEASES = """
query ($name: String!) {
  frameworks(first: 1, where: {name: {eq: $name}}) {
    nodes {
      version
      releases(first: 5) {
        nodes {
          version skills added renamed redescribed aliased moved related retired returned
          changes { nodes { kind before after skill { code } } }
        }
      }
    }
  }
}
"""
NONE = dict.fromkeys(("added", "renamed", "redescribed", "aliased", "moved", "related", "retired"), 0)


async def releases(ask, name="Cooking"):
    """The version a framework is at, and its releases with their changes, the newest first."""
    [found] = (await ask(RELEASES, {"name": name}))["frameworks"]["nodes"]
    for each in found["releases"]["nodes"]:
        each["changes"] = [tuple(change.values()) for change in each["changes"]["nodes"]]
        each["changes"] = [(kind, skill["code"], *texts) for kind, *texts, skill in each["changes"]]
    return found["version"], found["releases"]["nodes"]


async def test_another_version_is_a_release_of_the_same_framework(ask, lena):
    await ask.do(FRAMEWORK, framework(skill("baking")), viewer=lena)
    other = await ask.do(FRAMEWORK, framework(skill("frying"), version="2"), viewer=lena)
    assert read(other) == {"baking": None, "frying": None}
    version, [second, first] = await releases(ask)
    assert (version, second["version"], first["version"]) == ("2", "2", "1")
    assert (second["skills"], second["added"], second["changes"]) == (2, 1, [("ADDED", "frying", None, None)])


async def test_a_first_release_counts_what_it_has_and_has_no_changes(ask, lena):
    await ask.do(FRAMEWORK, framework(skill("baking"), skill("bread", "baking")), viewer=lena)
    _, [first] = await releases(ask)
    assert first == {"version": "1", "skills": 2, **NONE, "added": 2, "returned": 0, "changes": []}


async def test_a_release_says_what_is_different(ask, lena):
    before = framework(
        skill("baking"),
        skill("bread", "baking", aliases=["Loaf"]),
        skill("rye", "bread", broader=["baking"]),
        skill("frying"),
    )
    after = framework(
        skill("baking", description="With heat"),
        skill("bread", "baking", aliases=["Loaf", "Rolls"]),
        skill("rye", "baking", name="Rye bread", broader=["bread"]),
        skill("grilling"),
        version="2",
        retireOthers=True,
    )
    await ask.do(FRAMEWORK, before, viewer=lena)
    await ask.do(FRAMEWORK, after, viewer=lena)
    version, [second, _] = await releases(ask)
    assert version == "2"
    assert sorted(second.pop("changes"), key=str) == [
        ("ADDED", "grilling", None, None),
        ("ALIASED", "bread", "Loaf", "Loaf\nRolls"),
        ("MOVED", "rye", "bread", "baking"),
        ("REDESCRIBED", "baking", None, "With heat"),
        ("RELATED", "rye", "baking", "bread"),
        ("RENAMED", "rye", "RYE", "Rye bread"),
        ("RETIRED", "frying", "FRYING", None),
    ]
    assert second == {"version": "2", "skills": 4, **dict.fromkeys(NONE, 1), "returned": 0}


async def test_what_is_retired_stays_on_record_and_may_return(ask, lena):
    query = '{ skills(where: {code: {eq: "frying"}}) { nodes { id retiredAt } } }'
    await ask.do(FRAMEWORK, framework(skill("baking"), skill("frying")), viewer=lena)
    await ask.do(FRAMEWORK, framework(skill("baking"), version="2", retireOthers=True), viewer=lena)
    [retired] = (await ask(query))["skills"]["nodes"]
    assert retired["retiredAt"] is not None
    await ask.do(FRAMEWORK, framework(skill("frying"), version="3"), viewer=lena)
    [back] = (await ask(query))["skills"]["nodes"]
    assert back == retired | {"retiredAt": None}
    _, [third, second, _] = await releases(ask)
    assert third["changes"] == [("RETURNED", "frying", "FRYING", None)]
    assert (third["skills"], second["skills"]) == (2, 1)


async def test_a_whole_framework_has_no_parents_but_its_own(ask, database, lena):
    await ask.do(FRAMEWORK, framework(skill("baking")), viewer=lena)
    async with unchanged(database):
        refused = await ask.do(FRAMEWORK, framework(skill("rye", "baking"), retireOthers=True), viewer=lena)
    assert refused["problems"] == [
        {"path": ["skills", "0", "parent"], "message": "baking is no code of the framework"}
    ]


async def test_broader_skills_besides_the_parent_are_relations(ask, lena):
    given = framework(skill("baking"), skill("bread"), skill("rye", "bread", broader=["baking", "bread"]))
    await ask.do(FRAMEWORK, given, viewer=lena)
    query = """{ skills(where: {code: {eq: "rye"}}) {
      nodes { parent { code } relations { nodes { kind other { code } } } }
    } }"""
    assert (await ask(query))["skills"]["nodes"] == [
        {
            "parent": {"code": "bread"},
            "relations": {"nodes": [{"kind": "BROADER", "other": {"code": "baking"}}]},
        }
    ]


async def test_what_the_company_relates_stays_and_makes_no_difference_to_a_release(ask, lena):
    rye = skill("rye", "bread", broader=["baking"])
    given = framework(skill("baking"), skill("bread"), skill("grain"), rye)
    await ask.do(FRAMEWORK, given, viewer=lena)
    found = await ask('{ skills(where: {framework: {name: {eq: "Cooking"}}}) { nodes { id code } } }')
    ids = {each["code"]: each["id"] for each in found["skills"]["nodes"]}
    for other in ("grain", "bread"):
        own = {"skill": ids["rye"], "other": ids[other], "kind": "BROADER"}
        await ask.do(RELATE, own, viewer=lena)
    relations = """query ($id: ID!) {
      skill(id: $id) { relations { nodes { other { code } } } framework { releases { nodes { related } } } }
    }"""

    async def related():
        skill_ = (await ask(relations, {"id": ids["rye"]}))["skill"]
        codes = {each["other"]["code"] for each in skill_["relations"]["nodes"]}
        return codes, [each["related"] for each in skill_["framework"]["releases"]["nodes"]]

    await ask.do(FRAMEWORK, given, viewer=lena)
    assert await related() == ({"baking", "grain", "bread"}, [0])
    rye["broader"] = ["grain"]
    await ask.do(FRAMEWORK, {**given, "version": "2"}, viewer=lena)
    assert await related() == ({"grain", "bread"}, [1, 0])
    await ask.do(FRAMEWORK, {**given, "version": "2"}, viewer=lena)
    rye["broader"] = []
    await ask.do(FRAMEWORK, {**given, "version": "3"}, viewer=lena)
    assert (await related())[0] == {"grain", "bread"}


RELATE = """mutation ($input: RelateSkillsInput!) { relateSkills(input: $input) { __typename } }"""


async def test_what_has_no_name_is_refused(ask, database, lena):
    async with unchanged(database):
        refused = await ask.do(FRAMEWORK, framework(skill("a", name=" "), skill("")), viewer=lena)
        unnamed = await ask.do(FRAMEWORK, framework(skill("a"), version=""), viewer=lena)
    assert [each["path"] for each in refused["problems"]] == [
        ["skills", "0", "name"],
        ["skills", "1", "code"],
        ["skills", "1", "name"],
    ]
    assert unnamed["problems"] == [{"path": ["version"], "message": "must not be empty"}]


async def test_every_problem_is_named_with_its_ring(ask, database, lena):
    given = framework(
        skill("a", "b"), skill("b", "c"), skill("c", "a"), skill("d", "a"), skill("e", "x"), skill("e")
    )
    async with unchanged(database):
        refused = await ask.do(FRAMEWORK, given, viewer=lena)
    assert refused == {
        "__typename": "InvalidInput",
        "message": "The skills do not fit together.",
        "problems": [
            {"path": ["skills", "5", "code"], "message": "e comes twice"},
            {"path": ["skills", "0", "parent"], "message": "goes round in a circle: a → b → c → a"},
            {"path": ["skills", "1", "parent"], "message": "goes round in a circle: b → c → a → b"},
            {"path": ["skills", "2", "parent"], "message": "goes round in a circle: c → a → b → c"},
            {"path": ["skills", "4", "parent"], "message": "x is no code of the framework"},
        ],
    }


async def test_a_circle_with_what_is_there_is_found(ask, database, lena):
    await ask.do(FRAMEWORK, framework(skill("baking"), skill("bread", "baking")), viewer=lena)
    async with unchanged(database):
        refused = await ask.do(FRAMEWORK, framework(skill("baking", "bread")), viewer=lena)
    assert refused["problems"] == [
        {"path": ["skills", "0", "parent"], "message": "goes round in a circle: baking → bread → baking"}
    ]


async def test_an_address_is_an_address(ask, lena):
    given = framework(skill("baking"), url="javascript:alert(1)")
    with pytest.raises(Refused, match=r"expected a value such as https://example.com/course"):
        await ask.do(FRAMEWORK, given, viewer=lena)


@pytest.mark.parametrize("who", ["Ada", "Pat", "Auda"])
async def test_nobody_else_writes_frameworks(ask, world, database, who):
    async with unchanged(database):
        refused = await ask.do(FRAMEWORK, framework(skill("baking")), viewer=world.viewer(who))
    assert refused == {
        "__typename": "NotAllowed",
        "message": "This takes the permission learning:write, which none of your roles has.",
    }


async def test_a_large_framework_is_counted_before_its_parents_are_found(ask, database, lena):
    """Else PostgreSQL, which counted a few skills, looks at all of them for each: 20,000 take minutes."""
    async with database.transaction() as tx:
        await tx.execute(text("analyze skill"))
    many = [skill(f"c{n}", f"c{n // 9}" if n > 8 else None) for n in range(1_200)]
    await ask.do(FRAMEWORK, framework(*many), viewer=lena)
    async with database.transaction() as tx:
        counted = text("select reltuples from pg_class where oid = 'skill'::regclass")
        assert (await tx.execute(counted)).scalar_one() >= len(many)
