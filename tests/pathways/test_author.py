"""Pathways: written whole, checked, published, and from then on as they are."""

from uuid import uuid4

import pytest

from pathways.writing import CREATE, DRAFT, PUBLISH, step, write, write_version
from stored import stored, unchanged

VERSION = """
query ($id: ID!) {
  pathway(id: $id) {
    published {
      number minutes completion
      steps {
        nodes {
          key position title kind provider url minutes isOptional proof passMark
          after { nodes { key } } nestedPathway { code } grants { nodes { skill { name } level } }
        }
      }
    }
  }
}
"""


@pytest.fixture
def lena(world):
    return world.viewer("Lena")


def pathway(*steps, **more):
    return {"code": "data", "title": "Data", "steps": list(steps), **more}


async def problems(ask, viewer, given, query=CREATE):
    refused = await ask.do(query, given, viewer=viewer)
    assert refused["__typename"] == "InvalidInput", refused
    return {".".join(each["path"]): each["message"] for each in refused["problems"]}


async def test_a_pathway_is_written_with_all_it_says(ask, world, lena):
    nested = await write(ask, "basics", [step("hello")])
    given = pathway(
        step(
            "read",
            "READING",
            minutes=30,
            provider="The library",
            url="https://example.com/book",
            grants=[{"skill": world.gid("Skill", "SQL"), "level": 2}],
        ),
        step("exam", "ASSESSMENT", minutes=60, proof="ASSESSMENT", passMark=70, after=["read"]),
        step("more", "PATHWAY", pathway=nested.id, isOptional=True, minutes=15),
        summary="From tables to answers",
        provider="The company",
    )
    made = await ask.do(CREATE, given, viewer=lena)
    [version] = made["versions"]["nodes"]
    ids = {each["key"]: each["id"].removeprefix("Step:") for each in version["steps"]["nodes"]}
    assert (version["number"], version["status"], version["minutes"]) == (1, "DRAFT", 90)
    assert version["completion"] == {"all": [{"step": ids["read"]}, {"step": ids["exam"]}]}
    await ask.do(PUBLISH, {"version": version["id"]}, viewer=lena)
    found = await ask(VERSION, {"id": made["id"]}, viewer=world.viewer("Ben"))
    common = {"provider": None, "url": None, "passMark": None, "isOptional": False, "proof": "SELF"}
    assert found["pathway"]["published"]["steps"]["nodes"] == [
        common
        | {
            "key": "read",
            "position": 0,
            "title": "Read",
            "kind": "READING",
            "provider": "The library",
            "url": "https://example.com/book",
            "minutes": 30,
            "after": {"nodes": []},
            "nestedPathway": None,
            "grants": {"nodes": [{"skill": {"name": "SQL"}, "level": 2}]},
        },
        common
        | {
            "key": "exam",
            "position": 1,
            "title": "Exam",
            "kind": "ASSESSMENT",
            "minutes": 60,
            "proof": "ASSESSMENT",
            "passMark": 70,
            "after": {"nodes": [{"key": "read"}]},
            "nestedPathway": None,
            "grants": {"nodes": []},
        },
        common
        | {
            "key": "more",
            "position": 2,
            "title": "More",
            "kind": "PATHWAY",
            "minutes": 15,
            "isOptional": True,
            "after": {"nodes": []},
            "nestedPathway": {"code": "basics"},
            "grants": {"nodes": []},
        },
    ]


async def test_a_code_belongs_to_one_pathway(ask, database, lena):
    await write(ask, "data", [step("read")])
    async with unchanged(database):
        refused = await ask.do(CREATE, pathway(step("read")), viewer=lena)
    assert refused == {
        "__typename": "CodeTaken",
        "message": "Another pathway has the code data.",
        "pathway": {"code": "data"},
    }


@pytest.mark.parametrize("who", ["Ada", "Pat", "Auda"])
async def test_nobody_else_writes_pathways(ask, world, database, who):
    written = await write(ask, "basics", [step("hello")], publish=False)
    viewer = world.viewer(who)
    async with unchanged(database):
        answers = [
            await ask.do(CREATE, pathway(step("read")), viewer=viewer),
            await ask.do(DRAFT, {"pathway": written.id, "steps": [step("read")]}, viewer=viewer),
            await ask.do(PUBLISH, {"version": written.version}, viewer=viewer),
        ]
    assert [each["__typename"] for each in answers] == ["NotAllowed"] * 3


async def test_a_rehearsal_shows_the_draft_and_writes_nothing(ask, database, lena):
    async with unchanged(database):
        shown = await ask.do(CREATE, pathway(step("read"), dryRun=True), viewer=lena)
    assert shown["versions"]["nodes"][0]["steps"]["nodes"][0]["key"] == "read"


# What does not fit together


async def test_every_problem_of_a_step_is_named_by_its_path(ask, world, database, lena):
    sql = world.gid("Skill", "SQL")
    given = pathway(
        step("read", after=["write"], minutes=-1),
        step("read", passMark=101),
        step(" ", title="", pathway=f"Pathway:{uuid4()}"),
        step("more", "PATHWAY"),
        step(
            "grant",
            grants=[
                {"skill": sql, "level": 0},
                {"skill": sql, "level": 3},
                {"skill": f"Skill:{uuid4()}", "level": 3},
            ],
        ),
    )
    async with unchanged(database):
        assert await problems(ask, lena, given) == {
            "steps.0.after": "write is no step of this pathway",
            "steps.0.minutes": "must be from 0 to 1000000",
            "steps.1.key": "read comes twice",
            "steps.1.passMark": "must be from 0 to 100",
            "steps.2.key": "must not be empty",
            "steps.2.title": "must not be empty",
            "steps.2.pathway": "there is no pathway with that id",
            "steps.3.pathway": "goes with the kind PATHWAY, and only with it",
            "steps.4.grants.0.level": "must be from 1 to 5",
            "steps.4.grants.1.skill": "comes twice",
            "steps.4.grants.2.skill": "there is no skill with that id",
        }


@pytest.mark.parametrize(("given", "path"), [({"code": " "}, "code"), ({"title": ""}, "title")])
async def test_a_pathway_has_a_code_and_a_title(ask, database, lena, given, path):
    async with unchanged(database):
        assert await problems(ask, lena, pathway(step("read")) | given) == {path: "must not be empty"}


@pytest.mark.parametrize("steps", [[], [step("read", isOptional=True)]])
async def test_a_pathway_asks_for_something(ask, database, lena, steps):
    async with unchanged(database):
        assert await problems(ask, lena, pathway(*steps)) == {"steps": "must have one that is not optional"}


async def test_what_a_requirement_names_must_exist(ask, world, database, lena):
    lost = uuid4()
    given = pathway(
        step("read", requirement={"skill": {"id": f"Skill:{lost}", "level": 3}}),
        step("exam", after=["read"], requirement={"all": [{"stepKey": "write"}, {"stepKey": "read"}]}),
        step("talk", requirement={"employed": {"role": world.gid("JobRole", "Engineer role")}}),
        completion={"any": {"n": 1, "of": [{"pathway": f"Pathway:{lost}"}, {"stepKey": "exam"}]}},
    )
    async with unchanged(database):
        assert await problems(ask, lena, given) == {
            "steps.0.requirement.skill.id": (f"there is no skill with the id {lost}, or you may not see it"),
            "steps.1.requirement.all.0.stepKey": "is no step of this pathway",
            "completion.any.of.0.pathway": (f"there is no pathway with the id {lost}, or you may not see it"),
        }


async def test_what_nobody_could_meet_is_refused(ask, world, database, lena):
    skill = {"skill": {"id": world.gid("Skill", "SQL"), "level": 9}}
    of = [{"stepKey": "read"}, {"stepKey": "exam"}]
    for completion, problem in (
        (
            {"any": {"n": 3, "of": of}},
            {"completion.any.n": "asks for 3 of only 2: add branches, or ask for fewer"},
        ),
        (
            {"points": {"min": 5, "of": [{"weight": 2, "when": each} for each in of]}},
            {"completion.points.min": "asks for 5 points of only 4: add branches, or ask for fewer"},
        ),
        (
            {"all": [skill]},
            {"completion.all.0.skill.level": "is 9: the levels to ask for are 1 to 5"},
        ),
    ):
        async with unchanged(database):
            given = pathway(step("read"), step("exam"), completion=completion)
            assert await problems(ask, lena, given) == problem
    async with unchanged(database):
        given = pathway(step("read"), step("exam", requirement={"any": {"n": 2, "of": of[:1]}}))
        assert await problems(ask, lena, given) == {
            "steps.1.requirement.any.n": "asks for 2 of only 1: add branches, or ask for fewer"
        }, "a step that nobody could ever start"


async def test_steps_that_wait_for_each_other_are_named_in_a_ring(ask, database, lena):
    given = pathway(
        step("read", after=["talk"]),
        step("exam", after=["read"]),
        step("talk", requirement={"any": {"n": 1, "of": [{"stepKey": "exam"}, {"stepKey": "free"}]}}),
        step("free"),
        step("late", after=["free", "talk"]),
        step("self", after=["self"]),
    )
    async with unchanged(database):
        assert await problems(ask, lena, given) == {
            "steps.0.after": ("goes round in a circle, Read → Talk → Exam → Read: leave one of them out"),
            "steps.1.after": ("goes round in a circle, Exam → Read → Talk → Exam: leave one of them out"),
            "steps.2.requirement.any.of.0": (
                "goes round in a circle, Talk → Exam → Read → Talk: leave one of them out"
            ),
            "steps.5.after": "goes round in a circle, Self → Self: leave one of them out",
        }


async def test_pathways_nested_in_each_other_are_named_in_a_ring(ask, database, lena):
    inner = await write(ask, "inner", [step("hello")])
    outer = await write(ask, "outer", [step("into", "PATHWAY", pathway=inner.id)])
    back = {"pathway": inner.id, "steps": [step("back", "PATHWAY", pathway=outer.id)]}
    own = {
        "pathway": inner.id,
        "steps": [step("back", "PATHWAY", pathway=inner.id, after=["other"]), step("other")],
    }
    by_leaf = {"pathway": inner.id, "steps": [step("hello")], "completion": {"pathway": outer.id}}
    async with unchanged(database):
        assert await problems(ask, lena, back, DRAFT) == {
            "steps.0.pathway": (
                "goes round in a circle, Back → Outer → Into → Inner → Back: leave one of them out"
            )
        }
        assert await problems(ask, lena, own, DRAFT) == {
            "steps.0.pathway": "goes round in a circle, Back → Inner → Back: leave one of them out"
        }
        assert await problems(ask, lena, by_leaf, DRAFT) == {
            "completion": "goes round in a circle, Inner → Outer → Into → Inner: leave one of them out"
        }
    found = await ask.do(DRAFT, {"pathway": inner.id, "steps": [step("hello"), step("bye")]}, viewer=lena)
    assert found["__typename"] == "PathwayVersion"


async def test_drafts_that_name_each_other_are_not_both_published(ask, database, lena):
    one = await write(ask, "one", [step("hello")])
    two = await write(ask, "two", [step("hello")])
    first = await write_version(ask, one, [step("into", "PATHWAY", pathway=two.id)], publish=False)
    second = await write_version(ask, two, [step("back", "PATHWAY", pathway=one.id)], publish=False)
    done = await ask.do(PUBLISH, {"version": first.version}, viewer=lena)
    assert done == {"__typename": "PathwayVersion", "status": "PUBLISHED", "number": 2}
    async with unchanged(database):
        assert await problems(ask, lena, {"version": second.version}, PUBLISH) == {
            "version": "goes round in a circle, Back → One → Into → Two → Back: leave one of them out"
        }


# Publishing


async def test_a_version_is_published_once_and_replaces_the_earlier_one(ask, world, database, lena):
    written = await write(ask, "data", [step("read")])
    again = await write_version(ask, written, [step("read"), step("write")], publish=False)
    query = """query ($id: ID!) {
      pathway(id: $id) { published { number } versions(orderBy: [{number: ASC}]) { nodes { number status } } }
    }"""
    before = await ask(query, {"id": written.id}, viewer=lena)
    assert before["pathway"] == {
        "published": {"number": 1},
        "versions": {"nodes": [{"number": 1, "status": "PUBLISHED"}, {"number": 2, "status": "DRAFT"}]},
    }
    await ask.do(PUBLISH, {"version": again.version}, viewer=lena)
    after = await ask(query, {"id": written.id}, viewer=world.viewer("Ben"))
    assert after["pathway"] == {
        "published": {"number": 2},
        "versions": {"nodes": [{"number": 1, "status": "RETIRED"}, {"number": 2, "status": "PUBLISHED"}]},
    }
    async with unchanged(database):
        for version, number in ((again.version, 2), (written.version, 1)):
            refused = await ask.do(PUBLISH, {"version": version}, viewer=lena)
            assert refused == {
                "__typename": "AlreadyPublished",
                "message": "It was published before.",
                "version": {"number": number},
            }
        lost = await ask.do(PUBLISH, {"version": f"PathwayVersion:{uuid4()}"}, viewer=lena)
        assert lost == {"__typename": "NotFound", "message": "There is no such pathway version."}


async def test_what_was_published_never_changes(ask, database):
    written = await write(ask, "data", [step("read")])
    tables = ("step", "step_grant")
    before = await stored(database)
    rows = {row for table in tables for row in before[table]}
    await write_version(ask, written, [step("read", title="Read more"), step("write")])
    after = await stored(database)
    assert rows <= {row for table in tables for row in after[table]}
    [version] = [row for row in before["pathway_version"] if '"PUBLISHED"' in row]
    assert version.replace("PUBLISHED", "RETIRED") in after["pathway_version"]


async def test_a_pathway_that_does_not_exist_has_no_versions(ask, database, lena):
    async with unchanged(database):
        lost = await ask.do(DRAFT, {"pathway": f"Pathway:{uuid4()}", "steps": [step("read")]}, viewer=lena)
    assert lost == {"__typename": "NotFound", "message": "There is no such pathway."}
