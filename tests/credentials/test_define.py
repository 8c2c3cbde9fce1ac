"""Defining credentials: what they say, what earns them, and what does not fit together."""

from uuid import uuid4

import pytest

from credentials.earning import DEFINE, credential, define
from pathways.writing import DRAFT, step, write
from stored import stored, unchanged

NOTHING = {"all": []}


@pytest.fixture
def lena(world):
    return world.viewer("Lena")


def skill(world, name="SQL", level=3):
    return {"skill": {"id": world.gid("Skill", name), "level": level}}


async def problems(ask, viewer, given):
    refused = await ask.do(DEFINE, given, viewer=viewer)
    assert refused["__typename"] == "InvalidInput", refused
    return {".".join(each["path"]): each["message"] for each in refused["problems"]}


async def test_a_credential_is_defined_with_all_it_says(ask, world, lena):
    base = await define(ask, "base", skill(world))
    given = credential(
        "stack",
        {"all": [{"credential": base}, skill(world, "Python")]},
        kind="CERTIFICATE",
        awardedBy="APPROVAL",
        validity="P2Y",
        onLapse="SUSPEND",
        grants=[{"skill": world.gid("Skill", "Negotiation"), "level": 4}],
    )
    elements = {
        "workloadHours": 40,
        "eqfLevel": 8,
        "assessment": "An examination",
        "participation": "On site",
        "qualityAssurance": "ISO 9001",
    }
    given["text"] |= elements
    python = world.gid("Skill", "Python").removeprefix("Skill:")
    made = await ask.do(DEFINE, given, viewer=lena)
    made.pop("id")
    assert made == {
        "__typename": "Credential",
        "code": "stack",
        "kind": "CERTIFICATE",
        "published": {
            "number": 1,
            "name": "Stack",
            "description": "Knows stack",
            "criteria": "Learns stack",
            **elements,
            "requirement": {
                "all": [
                    {"credential": base.removeprefix("Credential:")},
                    {"skill": {"id": python, "level": 3}},
                ]
            },
            "awardedBy": "APPROVAL",
            "validity": "P2Y",
            "onLapse": "SUSPEND",
            "stacks": {"nodes": [{"code": "base"}]},
            "grants": {"nodes": [{"skill": {"name": "Negotiation"}, "level": 4}]},
        },
    }


async def test_a_credential_defined_again_has_a_further_version(ask, world, database):
    first = await define(ask, "base", skill(world))
    before = (await stored(database))["credential_version"]
    second = await define(ask, "base", skill(world, level=4))
    assert second == first
    query = """query ($id: ID!) {
      credential(id: $id) {
        published { number } versions(orderBy: [{number: ASC}]) { nodes { number status } }
      }
    }"""
    found = await ask(query, {"id": first}, viewer=world.viewer("Ben"))
    assert found["credential"] == {
        "published": {"number": 2},
        "versions": {"nodes": [{"number": 1, "status": "RETIRED"}, {"number": 2, "status": "PUBLISHED"}]},
    }
    [row] = before
    assert row.replace("PUBLISHED", "RETIRED") in (await stored(database))["credential_version"]


@pytest.mark.parametrize("who", ["Ada", "Pat", "Auda"])
async def test_nobody_else_defines_credentials(ask, world, database, who):
    async with unchanged(database):
        refused = await ask.do(DEFINE, credential("base", skill(world)), viewer=world.viewer(who))
    assert refused["__typename"] == "NotAllowed"


async def test_a_rehearsal_writes_nothing(ask, world, database, lena):
    async with unchanged(database):
        shown = await ask.do(DEFINE, credential("base", skill(world), dryRun=True), viewer=lena)
    assert shown["published"]["number"] == 1


# What does not fit together


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"code": " "}, "code", "must not be empty"),
        ({"text": {"name": "", "description": "", "criteria": ""}}, "text.name", "must not be empty"),
        (
            {"text": {"name": "A", "description": "", "criteria": "c"}},
            "text.description",
            "must not be empty",
        ),
        ({"text": {"name": "A", "description": "d", "criteria": " "}}, "text.criteria", "must not be empty"),
        ({"text": {"name": "A\nB", "description": "d", "criteria": "c"}}, "text.name", "must be one line"),
        *(
            (
                {"text": {"name": "A", "description": "d", "criteria": "c", field: value}},
                f"text.{field}",
                message,
            )
            for field, value, message in (
                ("eqfLevel", 0, "must be from 1 to 8"),
                ("eqfLevel", 9, "must be from 1 to 8"),
                ("assessment", " ", "must not be empty; leave it out where it is not known"),
                ("participation", "", "must not be empty; leave it out where it is not known"),
                ("qualityAssurance", "", "must not be empty; leave it out where it is not known"),
            )
        ),
        *(
            (
                {"text": {"name": "A", "description": "d", "criteria": "c", "workloadHours": hours}},
                "text.workloadHours",
                "must be from 1 to 20000; leave it out where it is not known",
            )
            for hours in (-5, 0, 20_001)
        ),
        (
            {"validity": "PT45M"},
            "validity",
            "must be whole years, months, weeks or days in ISO 8601, like P1Y6M or P90D",
        ),
        (
            {"validity": "P0D"},
            "validity",
            "must be at least one day and at most 100 years, like P1Y6M or P90D",
        ),
        (
            {"validity": "P900Y"},
            "validity",
            "must be at least one day and at most 100 years, like P1Y6M or P90D",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, lena, given, path, message):
    async with unchanged(database):
        found = await problems(ask, lena, credential("base", skill(world)) | given)
        assert found[path] == message


async def test_what_it_names_must_exist(ask, world, database, lena):
    lost = uuid4()
    sql = world.gid("Skill", "SQL")
    requirement = {
        "any": {
            "n": 1,
            "of": [
                {"credential": f"Credential:{lost}"},
                {"pathway": f"Pathway:{lost}"},
                {"step": f"Step:{lost}"},
                {"skill": {"id": f"Skill:{lost}", "level": 3}},
                {"employed": {"role": f"JobRole:{lost}"}},
            ],
        }
    }
    grants = [
        {"skill": sql, "level": 6},
        {"skill": sql, "level": 2},
        {"skill": f"Skill:{lost}", "level": 2},
    ]
    async with unchanged(database):
        found = await problems(ask, lena, credential("base", requirement, grants=grants))
    assert found == {
        "grants.0.level": "must be from 1 to 5",
        "grants.1.skill": "comes twice",
        "grants.2.skill": "there is no skill with that id",
        **{
            f"requirement.any.of.{n}.{path}": f"there is no {kind} with the id {lost}, or you may not see it"
            for n, (path, kind) in enumerate(
                [
                    ("credential", "credential"),
                    ("pathway", "pathway"),
                    ("step", "step"),
                    ("skill.id", "skill"),
                    ("employed.role", "role"),
                ]
            )
        },
    }


async def test_a_choice_nobody_could_make_is_refused(ask, world, database, lena):
    async with unchanged(database):
        found = await problems(
            ask,
            lena,
            credential(
                "base",
                {
                    "any": {
                        "n": 2,
                        "of": [
                            skill(world),
                        ],
                    }
                },
            ),
        )
    assert found == {"requirement.any.n": "asks for 2 of only 1: add branches, or ask for fewer"}


async def test_credentials_that_ask_for_each_other_are_named_in_a_ring(ask, world, database, lena):
    one = await define(ask, "one", skill(world))
    two = await define(ask, "two", {"credential": one})
    three = await define(ask, "three", {"all": [skill(world), {"credential": two}]})
    for requirement, path, ring in (
        ({"credential": one}, "requirement", "one → one"),
        (
            {"any": {"n": 1, "of": [skill(world), {"credential": three}]}},
            "requirement.any.of.1",
            "one → three → two → one",
        ),
    ):
        async with unchanged(database):
            assert await problems(ask, lena, credential("one", requirement)) == {
                path: f"goes round in a circle, {ring}: leave one of them out"
            }
    await define(ask, "four", {"all": [{"credential": three}, {"credential": one}]})


async def test_a_ring_may_lead_through_pathways(ask, database, world, lena):
    data = await write(ask, "data", [step("read")])
    badge = await define(ask, "badge", {"pathway": data.id})
    around = {"pathway": data.id, "steps": [step("read", requirement={"credential": badge})]}
    async with unchanged(database):
        refused = await ask.do(DRAFT, around, viewer=lena)
    assert refused["problems"] == [
        {
            "path": ["steps", "0", "requirement"],
            "message": "goes round in a circle, Read → badge → Data → Read: leave one of them out",
        }
    ]
    free = await define(ask, "free", skill(world))
    await write(ask, "more", [step("read", requirement={"credential": free})])
    more = await ask('{ pathways(where: {code: {eq: "more"}}) { nodes { id } } }')
    async with unchanged(database):
        found = await problems(ask, lena, credential("free", {"pathway": more["pathways"]["nodes"][0]["id"]}))
    assert found == {
        "requirement": "goes round in a circle, free → More → Read → free: leave one of them out"
    }
