"""Pathways that are copied, compared, retired, and that go into files and come out of them."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.settings import settings
from pathways.writing import ASSIGN, PUBLISH, assign, step, write, write_version
from stored import stored, unchanged

IMPORT = """
mutation ($input: ImportPathwayInput!) {
  importPathway(input: $input) {
    __typename
    ... on ImportPathwayPayload { outcome version { number status pathway { id code title summary } } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
EXPORT = """
mutation ($input: ExportPathwayInput!) {
  exportPathway(input: $input) {
    __typename
    ... on ExportPathwayPayload { text }
    ... on Refusal { message }
  }
}
"""
CLONE = """
mutation ($input: ClonePathwayInput!) {
  clonePathway(input: $input) {
    __typename
    ... on Pathway { id code title versions { nodes { id status } } }
    ... on Refusal { message }
    ... on CodeTaken { pathway { code } }
  }
}
"""
RETIRE = """
mutation ($input: RetirePathwayInput!) {
  retirePathway(input: $input) {
    __typename
    ... on PathwayVersion { status }
    ... on Refusal { message }
  }
}
"""
CHANGES = """
query ($id: ID!, $since: ID) {
  node(id: $id) {
    ... on PathwayVersion { changes(since: $since) { key change fields before { title } after { title } } }
  }
}
"""
DATA = """\
pathway: data
title: 'Data: the whole way'
summary: |-
  Yes, all of it
  and more
currency:
  validity: P1Y
  window: P30D
  renewedBy: basics
completion:
  any:
    n: 2
    of:
    - step: read
    - step: 'no'
    - skill:
        framework: Own
        code: sql
        level: 4
        verified: true
    - pathway: basics
steps:
- key: read
  title: '2024'
  kind: READING
  minutes: 30
  provider: Büro
  url: https://example.com/book
  activity: urn:book:7
  grants:
  - framework: Own
    code: sql
    level: 2
- key: 'no'
  title: Exam
  kind: ASSESSMENT
  isOptional: true
  proof: ASSESSMENT
  passMark: 70
  after:
  - read
  requirement:
    any:
      n: 1
      of:
      - employed:
          role: engineer
          for: P1Y
      - employed:
          department: Platform
      - notBefore: '2026-01-01T00:00:00Z'
- key: more
  title: More
  kind: PATHWAY
  pathway: basics
"""


@pytest.fixture
async def basics(ask, world):  # noqa: ARG001  # there are people
    return await write(ask, "basics", [step("hello")])


async def export(ask, pathway, **more):
    return (await ask.do(EXPORT, {"pathway": pathway, **more}))["text"]


async def test_out_of_a_text_comes_what_went_into_it(ask, world, database, basics):  # noqa: ARG001
    made = await ask.do(IMPORT, {"text": DATA}, viewer=world.viewer("Lena"))
    assert (made["outcome"], made["version"]["number"], made["version"]["status"]) == ("CREATED", 1, "DRAFT")
    data = made["version"]["pathway"]
    assert (data["title"], data["summary"]) == ("Data: the whole way", "Yes, all of it\nand more")
    text = await export(ask, data["id"])
    assert text == DATA
    before = await stored(database, but=("audit_entry",))
    again = await ask.do(IMPORT, {"text": text})
    assert again["outcome"] == "UNCHANGED"
    assert await stored(database, but=("audit_entry",)) == before
    changed = await ask.do(IMPORT, {"text": text.replace("minutes: 30", "minutes: 31"), "publish": True})
    assert (changed["outcome"], changed["version"]["number"], changed["version"]["status"]) == (
        "DRAFTED",
        2,
        "PUBLISHED",
    )
    assert "minutes: 30" in await export(ask, data["id"], number=1)
    assert "minutes: 31" in await export(ask, data["id"])


BROKEN = [
    ("kind: READING", "kind: BOOK", "kind must be one of COURSE, WORKSHOP"),
    ("passMark: 70", "passMark: seventy", "passMark must be a whole number"),
    ("passMark: 70", "passMark: 170", "must be from 0 to 100"),
    ("passMark: 70", "pasMark: 70", "pasMark is no field here; did you mean passMark?"),
    ("  - read\n", "  - write\n", "write is no step of this pathway"),
    ("    - step: read", "    - step: write", "is no step of this pathway"),
    ("    n: 2", "    n: 5", ""),
    ("code: sql\n        level: 4", "code: cobol\n        level: 4", "there is no skill called Own"),
    ("role: engineer", "role: baker", "there is no role called baker, or there are several"),
    ("renewedBy: basics", "renewedBy: none", "there is no pathway called none, or there are several"),
    ("title: Exam", "title: Exam\n  title: Test", "title comes twice"),
    ("title: Exam", "title: ''", "title must be a text"),
    ("key: read\n  title: '2024'", "title: '2024'", "key is missing"),
    ("- key: more\n", "- key: read\n", "read comes twice"),
    ("title: 'Data", 'title: "Data', ""),
    ("provider: Büro", "provider: &a [*a]", ""),
    ("url: https://", "url: javascript:", "url must be a link"),
    ("- key: read", "- " + "[" * 100, "is nested more than 60 deep"),
]  # fmt: skip


async def test_what_is_wrong_with_a_text_is_named_by_line_and_field(ask, database, basics):  # noqa: ARG001
    async with unchanged(database):
        for old, new, expected in BROKEN:
            assert old in DATA, old
            refused = await ask.do(IMPORT, {"text": DATA.replace(old, new, 1)})
            assert refused["__typename"] == "InvalidInput", (new, refused)
            told = [each["message"] for each in refused["problems"]]
            line = DATA[: DATA.index(old)].count("\n") + 1
            near = tuple(f"line {line + n}: {expected}" for n in (0, 1, -1, -2))
            assert any(each.startswith(near) for each in told), (near, told)
        for text in (
            "",
            "- a",
            "7",
            "pathway: x\ntitle: X\nsteps: []",
            "\x00",
            "a: !!python/name:os.system x",
        ):
            refused = await ask.do(IMPORT, {"text": text})
            assert refused["__typename"] == "InvalidInput", text
            assert all(each["message"].startswith("line ") for each in refused["problems"]), refused


async def test_a_copy_says_the_same_under_another_code(ask, world, basics):  # noqa: ARG001
    made = await ask.do(IMPORT, {"text": DATA})
    [version] = (
        await ask.do(CLONE, {"version": await _version(ask, made), "code": "copy", "title": "Copy"})
    )["versions"]["nodes"]
    assert version["status"] == "DRAFT"
    changes = await ask(CHANGES, {"id": version["id"], "since": await _version(ask, made)})
    assert changes["node"]["changes"] == []
    refused = await ask.do(CLONE, {"version": version["id"], "code": "data", "title": "Data"})
    assert (refused["__typename"], refused["pathway"]["code"]) == ("CodeTaken", "data")


async def _version(ask, made):
    query = "query ($id: ID!) { pathway(id: $id) { versions { nodes { id } } } }"
    found = await ask(query, {"id": made["version"]["pathway"]["id"]})
    return found["pathway"]["versions"]["nodes"][-1]["id"]


async def test_two_versions_are_compared_step_by_step(ask, world):
    sql = {"skill": world.gid("Skill", "SQL"), "level": 2}
    first = await write(
        ask, "data", [step("read"), step("drill", after=["read"]), step("exam", "ASSESSMENT", passMark=50)]
    )
    second = await write_version(
        ask,
        first,
        [
            step("talk"),
            step("read", grants=[sql], minutes=5),
            step("exam", "ASSESSMENT", passMark=70, after=["talk"]),
        ],
        publish=False,
    )
    lena, ben = world.viewer("Lena"), world.viewer("Ben")
    found = (await ask(CHANGES, {"id": second.version}, viewer=lena))["node"]["changes"]
    assert [(each["key"], each["change"], each["fields"]) for each in found] == [
        (None, "CHANGED", ["completion"]),
        ("talk", "ADDED", []),
        ("read", "CHANGED", ["minutes", "grants"]),
        ("exam", "CHANGED", ["passMark", "requirement"]),
        ("drill", "REMOVED", []),
    ]
    assert (found[1]["before"], found[1]["after"], found[4]["before"]) == (
        None,
        {"title": "Talk"},
        {"title": "Drill"},
    )
    same = (await ask(CHANGES, {"id": second.version, "since": second.version}))["node"]["changes"]
    assert same == []
    assert (await ask(CHANGES, {"id": second.version}, viewer=ben))["node"] is None
    told = (await ask(CHANGES, {"id": first.version, "since": second.version}, viewer=ben))["node"]["changes"]
    assert all(each["before"] is None for each in told), "a draft is not shown by comparing with it"


async def test_a_step_that_has_moved_is_told_and_those_that_make_room_are_not(ask, world):
    lena = world.viewer("Lena")
    first = await write(ask, "data", [step(key) for key in ("a", "b", "c", "d")])
    for keys, moved in (
        (("new", "a", "b", "c", "d"), []),
        (("a", "c", "d"), []),
        (("a", "c", "b", "d"), ["c", "b", "d"]),
        (("b", "c", "d", "a"), ["b", "a"]),
    ):
        second = await write_version(ask, first, [step(key) for key in keys], publish=False)
        asked = {"id": second.version, "since": first.version}
        found = (await ask(CHANGES, asked, viewer=lena))["node"]["changes"]
        told = [
            (each["key"], each["fields"]) for each in found if each["change"] == "CHANGED" and each["key"]
        ]
        assert told == [(key, ["position"]) for key in moved], keys


async def test_a_text_may_be_as_long_as_a_pathway_is_and_no_longer(ask, database):
    long = "\n".join(
        ["pathway: long", "title: Long", "steps:"]
        + [f"  - {{key: s{n}, title: {'A step ' * 8}{n}, kind: READING}}" for n in range(600)]
    )
    assert len(long) > 50_000
    done = await ask.do(IMPORT, {"text": long})
    assert (done["__typename"], done["outcome"]) == ("ImportPathwayPayload", "CREATED")
    async with unchanged(database):
        refused = await ask.do(IMPORT, {"text": long + " " * 500_000})
        assert refused["problems"] == [{"path": ["text"], "message": "at most 500000 characters"}]


async def test_nobody_is_assigned_to_what_was_retired_and_who_follows_it_goes_on(ask, world, database):
    ben, cleo = (world.gid("Employee", name) for name in ("Ben", "Cleo"))
    data = await write(ask, "data", [step("read")])
    [assignment] = await assign(ask, data, ben)
    async with unchanged(database):
        refused = await ask.do(RETIRE, {"pathway": data.id, "reason": "Old"}, viewer=world.viewer("Ada"))
        assert refused["__typename"] == "NotAllowed"
    done = await ask.do(RETIRE, {"pathway": data.id, "reason": "Old"}, viewer=world.viewer("Lena"))
    assert done == {"__typename": "PathwayVersion", "status": "RETIRED"}
    status = "query ($id: ID!) { assignment(id: $id) { status } }"
    assert (await ask(status, {"id": assignment}))["assignment"]["status"] == "ASSIGNED"
    again = await ask.do(RETIRE, {"pathway": data.id, "reason": "Old"})
    refused = await ask.do(ASSIGN, {"pathway": data.id, "employees": [cleo]})
    assert (again["__typename"], refused["__typename"]) == ("NotPublished", "NotPublished")
    back = await write_version(ask, data, [step("read")], publish=False)
    assert (await ask.do(PUBLISH, {"version": back.version}))["status"] == "PUBLISHED"


# From the command line


@pytest.fixture
async def cairn(url, tmp_path, monkeypatch):
    monkeypatch.setattr("cairn.web.logs.begin", lambda _settings: None)
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    monkeypatch.setenv("CAIRN_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()

    async def run(*arguments):
        ran = await asyncio.to_thread(CliRunner().invoke, main, list(arguments))
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout, ran.stderr

    yield run
    monkeypatch.undo()
    settings.cache_clear()


async def test_a_file_goes_in_and_out(cairn, database, basics):  # noqa: ARG001
    Path("data.yaml").write_text(DATA)
    async with unchanged(database):
        code, out, _ = await cairn("import", "pathway", "data.yaml", "--dry-run")
        assert (code, out.splitlines()[0]) == (0, "data: version 1 is new.")
    assert (await cairn("import", "pathway", "data.yaml", "--publish", "--json"))[0] == 0
    code, out, _ = await cairn("import", "pathway", "data.yaml", "--json")
    assert json.loads(out) == {"pathway": "data", "outcome": "UNCHANGED", "number": 1, "written": False}
    code, out, _ = await cairn("export", "pathway", "data")
    assert (code, "key: 'no'" in out) == (0, True)
    Path("data.yaml").write_text(out.replace("passMark: 70", "passMark: 700"))
    code, _, err = await cairn("import", "pathway", "data.yaml")
    assert (code, "steps.1.passMark: line 3" in err) == (1, True), err
    assert (await cairn("export", "pathway", "nothing"))[0] == 1


EXERCISES = "kind,slug,name,uuid,difficulty,teaches,prerequisites,practices,status\n"
TRACK = {
    "concepts.csv": "slug,uuid,name\nbasics,1,Basics\nbools,2,Bools\nloops,3,Loops\n",
    "exercises.csv": EXERCISES
    + "concept,lasagna,Lasagna,1,,basics,,,active\n"
    + "concept,ghost,Ghost,2,,bools,basics,,beta\n"
    + "practice,leap,Leap,3,1,,basics|bools|sets,bools,active\n"
    + "concept,draft,Draft,4,,loops,bools,,wip\n",
}
COURSES = (
    "section,subsection,title,url,duration,effort,prerequisites\n"
    "Intro CS,Intro CS,Python,pages/python.md,14 weeks,6-10 hours/week,high school algebra\n"
    "Core CS,Core programming,Systematic Design,https://example.com/d,2 months,5 hours/week,Python\n"
    'Core CS,Core theory,"Algorithms: Part 1",https://example.com/1,8 weeks,4 hours/week,core programming\n'
    'Final project,Final project,Robots,https://example.com/r,-,-,"Algorithms, Python"\n'
)


async def test_what_others_teach_comes_in_with_what_comes_before(ask, cairn, database, world):  # noqa: ARG001
    Path("track").mkdir()
    for name, text in TRACK.items():
        Path("track", name).write_text(text)
    code, out, err = await cairn("import", "exercism", "track", "--publish")
    assert (code, out.splitlines()) == (
        0,
        [
            "exercism-python: version 1 is new, and published.",
            "1 exercises that are drafts or deprecated were left out.",
            "no exercise teaches sets, so nothing waits for it.",
        ],
    ), err
    query = """{
      pathways(first: 5) { nodes { code versions(first: 1) { nodes { steps(first: 9) { nodes {
        key minutes isOptional after(first: 9) { nodes { key } } grants(first: 2) { nodes { skill { name } } }
      } } } } } }
    }"""
    [track] = (await ask(query))["pathways"]["nodes"]
    found = {each["key"]: each for each in track["versions"]["nodes"][0]["steps"]["nodes"]}
    after = {key: [each["key"] for each in row["after"]["nodes"]] for key, row in found.items()}
    assert after == {"lasagna": [], "ghost": ["lasagna"], "leap": ["lasagna", "ghost"]}
    assert found["ghost"]["grants"]["nodes"] == [{"skill": {"name": "Bools"}}]
    assert (found["leap"]["isOptional"], found["ghost"]["isOptional"]) == (True, False)
    before = await stored(database, but=("audit_entry",))
    assert (await cairn("import", "exercism", "track"))[1].startswith("exercism-python: nothing is different")
    assert await stored(database, but=("audit_entry",)) == before

    text = TRACK["exercises.csv"].replace("bools,basics,,beta", "bools,basics|bools,,beta")
    Path("track", "exercises.csv").write_text(text)
    code, _, err = await cairn("import", "exercism", "track")
    assert (code, "Ghost (ghost) needs bools, which only it teaches" in err) == (1, True)

    Path("courses.csv").write_text(COURSES)
    code, out, _ = await cairn("import", "ossu", ".")
    assert (code, out.splitlines()[1:]) == (0, ["Python: “high school algebra” is advice."])
    ossu = (await ask(query))["pathways"]["nodes"][-1]
    found = {each["key"]: each for each in ossu["versions"]["nodes"][0]["steps"]["nodes"]}
    after = {key: [each["key"] for each in row["after"]["nodes"]] for key, row in found.items()}
    assert after == {
        "python": [],
        "systematic-design": ["python"],
        "algorithms-part-1": ["systematic-design"],
        "robots": ["python", "algorithms-part-1"],
    }
    assert [found[key]["minutes"] for key in ("python", "systematic-design", "robots")] == [6720, 2610, 0]
    Path("courses.csv").write_text(COURSES.replace("high school algebra", "Python"))
    code, _, err = await cairn("import", "ossu", ".")
    assert (code, "Python names itself" in err) == (1, True)
