"""The sample company as it is loaded: through the verbs, once, whole, and as its notes say."""

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from sqlalchemy import make_url

from cairn.access.permissions import Role
from cairn.access.viewer import Viewer
from cairn.db.engine import database as pools
from cairn.db.tables import Table_
from cairn.demo import company
from cairn.demo.personas import PERSONAS
from cairn.demo.run import Addresses, identity_provider
from cairn.graph.serve import Answerer, Asked, Standing
from cairn.jobs.drain import drain
from stored import counts, stored, unchanged
from world import EVERYTHING, TODAY

EVERY_TABLE = [table.name for table in Table_.metadata.sorted_tables]
PARTS = [
    "Skills and job roles",
    "People and where they work",
    "Teams",
    "Evidence of skills",
    "Pathways",
    "Credentials",
    "What some have learned already",
]


@asynccontextmanager
async def database_of_its_own(server_url):
    """A new, migrated database: its pools and its URL."""
    name = f"cairn_demo_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f"create database {name} template cairn_template")
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        async with pools(url, pool=4) as database:
            yield database, url
    finally:
        await connection.execute(f"drop database if exists {name} with (force)")
        await connection.close()


class Loaded:
    """The sample company, loaded, and all that came of it done."""

    def __init__(self, database, url, schema):
        self.database, self.url = database, url
        self.answerer = Answerer(schema, database)
        self.said = []
        self.counted = {}

    async def load(self):
        await company.load(self.database, self.said.append)
        self.counted = await counts(self.database, *EVERY_TABLE)
        await drain(self.database, self.url, concurrency=4)
        return self

    async def ask(self, query, viewer=EVERYTHING, **variables):
        """The data of an answer."""
        body = await self.answerer.answer(Asked(query, None, variables), Standing(viewer))
        answer = orjson.loads(body)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def person(self, login):
        """The id of somebody."""
        query = "query ($email: String) { employees(where: {email: {eq: $email}}) { nodes { id } } }"
        found = await self.ask(query, email=f"{login}@adventure-works.com")
        [node] = found["employees"]["nodes"]
        return node["id"]

    async def persona(self, login):
        """A persona as a viewer."""
        [persona] = [each for each in PERSONAS if each.email == f"{login}@adventure-works.com"]
        id_ = (await self.person(login)).removeprefix("Employee:")
        roles = frozenset({Role.EMPLOYEE, *(Role(group) for group in persona.groups)})
        return Viewer(UUID(id_), roles, f"employee:{login}")


@pytest.fixture(scope="module")
async def loaded(server_url, schema):
    async with database_of_its_own(server_url) as (database, url):
        yield await Loaded(database, url, schema).load()


async def test_loading_says_what_it_does_and_twice_is_once(loaded):
    assert loaded.said == PARTS
    async with unchanged(loaded.database):
        await company.load(loaded.database)
        assert await drain(loaded.database, loaded.url) == 0


KILLED = """
import asyncio, sys
from cairn.db.engine import database
from cairn.demo import company

async def main():
    async with database(sys.argv[1], pool=2) as opened:
        await company.load(opened, lambda what: print(what, flush=True))

asyncio.run(main())
"""


async def test_a_load_that_was_killed_goes_on_where_it_was(server_url, loaded):
    async with database_of_its_own(server_url) as (database, url):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KILLED, url), stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            while (line := (await process.stdout.readline()).decode().strip()) != PARTS[4]:
                assert line, "the load ended before it was killed"
            await asyncio.sleep(0.02)  # it is in the middle of it
            process.kill()
            await process.wait()
        half = await counts(database, "team", "evidence", "pathway", "credential")
        assert half["team"] == loaded.counted["team"]
        assert half["evidence"] > 3_700
        assert half["pathway"] in {0, loaded.counted["pathway"]}
        assert half["credential"] == 0
        await company.load(database)
        assert await counts(database, *EVERY_TABLE) == loaded.counted


# Who there is


async def test_the_people_are_those_of_the_feed_a_leaver_a_newcomer_and_a_mover(loaded):
    query = """query ($status: EmployeeStatus!) {
      employees(where: {status: {eq: $status}}) {
        totalCount nodes { displayName employments { nodes { since until title } } }
      }
    }"""
    active = await loaded.ask(query, status="ACTIVE")
    assert active["employees"]["totalCount"] == 289
    left = await loaded.ask(query, status="TERMINATED")
    [guy] = left["employees"]["nodes"]
    assert guy["employments"]["nodes"][-1]["until"] == str(TODAY - timedelta(days=59))
    [vera] = (await loaded.ask(query, status="PREHIRE"))["employees"]["nodes"]
    assert vera["displayName"] == "Vera Lindqvist"
    assert vera["employments"]["nodes"][0]["since"] == str(TODAY + timedelta(days=30))
    mover = """query ($id: ID!) {
      employee(id: $id) {
        title department { name } employments(orderBy: [{since: ASC}]) { nodes { title since } }
      }
    }"""
    sharon = (await loaded.ask(mover, id=await loaded.person("sharon0")))["employee"]
    assert (sharon["title"], sharon["department"]) == ("Tool Designer", {"name": "Tool Design"})
    before, after = sharon["employments"]["nodes"]
    assert before["title"] == "Design Engineer"
    assert after["since"] == str(TODAY - timedelta(days=200))


async def test_everybody_has_a_role_and_every_role_requires_skills(loaded):
    query = """query ($after: String) {
      employees(first: 200, after: $after, where: {status: {eq: ACTIVE}}) {
        pageInfo { hasNextPage endCursor } nodes { title jobRole { name } manager { displayName } }
      }
    }"""
    people, after = [], None
    while True:
        found = (await loaded.ask(query, after=after))["employees"]
        people += found["nodes"]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert len(people) == 289
    assert [each for each in people if each["jobRole"] is None or each["title"] is None] == []
    assert [each["title"] for each in people if each["manager"] is None] == ["Chief Executive Officer"]
    roles = await loaded.ask(
        "{ jobRoles(first: 99) { nodes { name requirements(first: 1) { totalCount } } } }"
    )
    required = {each["name"]: each["requirements"]["totalCount"] for each in roles["jobRoles"]["nodes"]}
    assert len(required) == 53
    assert min(required.values()) >= 8
    assert sum(required.values()) == 618


async def test_teams_have_their_lead_among_their_members(loaded):
    query = "{ teams { nodes { name lead { displayName } members(first: 50) { nodes { displayName } } } } }"
    teams = (await loaded.ask(query))["teams"]["nodes"]
    assert {each["name"]: len(each["members"]["nodes"]) for each in teams} == {
        name: len(set(people.split())) for name, people in company.TEAMS.items()
    }
    assert all(each["lead"] in each["members"]["nodes"] for each in teams)


async def test_evidence_is_about_as_much_as_the_readme_says_and_marked_as_made_up(loaded):
    rows = [orjson.loads(row) for row in (await stored(loaded.database))["evidence"]]
    made_up = [
        row for row in rows if row["source"] != "CREDENTIAL" and not row["note"].startswith("Completed")
    ]
    assert 3_700 < len(made_up) < 4_400
    assert {row["note"] for row in made_up} == {
        "Made up for the sample company",
        "entered for the wrong person",
    }
    withdrawn = [row for row in rows if row["withdrawn_at"] is not None]
    assert {row["note"] for row in withdrawn} == {"entered for the wrong person"}
    assert {row["withdrawn_reason"] for row in withdrawn} == {"Entered for the wrong person."}
    assert 30 < len(withdrawn) < 100


# What some have learned

LEARNED = """
query ($id: ID!) {
  employee(id: $id) {
    awards(orderBy: [{awardedAt: ASC}]) { nodes { status until credential { code } } }
    assignments { nodes { status pathway { code } } }
  }
}
"""


async def learned(loaded, login):
    found = (await loaded.ask(LEARNED, id=await loaded.person(login)))["employee"]
    awards = {each["credential"]["code"]: each for each in found["awards"]["nodes"]}
    assert all(each["status"] == "VALID" for each in awards.values())
    return awards, {each["pathway"]["code"]: each["status"] for each in found["assignments"]["nodes"]}


async def test_stephanie_has_the_whole_stack(loaded):
    awards, assignments = await learned(loaded, "stephanie0")
    stones = ["python-foundations", "python-collections", "python-objects"]
    assert set(awards) == {*stones, "python-practitioner"}
    assert assignments == dict.fromkeys(stones, "COMPLETED")
    # One of the stones lapses before the stack would, and the stack is suspended with it.
    assert awards["python-practitioner"]["until"] == awards["python-objects"]["until"]
    until = datetime.fromisoformat(awards["python-objects"]["until"]).date()
    assert (until.year, until.month) == (TODAY.year + 2, TODAY.month)
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) { awards { nodes { status credential { code } } } }
    }"""
    later = await loaded.ask(
        query, id=await loaded.person("stephanie0"), at=awards["python-practitioner"]["until"]
    )
    assert {each["credential"]["code"]: each["status"] for each in later["employee"]["awards"]["nodes"]} == {
        "python-foundations": "VALID",
        "python-collections": "VALID",
        "python-objects": "EXPIRED",
        "python-practitioner": "SUSPENDED",
    }


async def test_others_are_on_their_way(loaded):
    awards, assignments = await learned(loaded, "dylan0")
    assert set(awards) == {"python-foundations", "python-collections"}
    assert set(assignments.values()) == {"COMPLETED"}
    awards, assignments = await learned(loaded, "gail0")
    assert (awards, assignments) == ({}, {"python-foundations": "IN_PROGRESS"})
    awards, assignments = await learned(loaded, "sean0")
    assert (awards, assignments) == ({}, {"quality-inspection": "COMPLETED"})


# Whom to sign in as


async def test_every_persona_is_somebody_at_work(loaded):
    query = "query ($emails: [String!]) { employees(where: {email: {in: $emails}}) { nodes { status } } }"
    found = await loaded.ask(query, emails=[persona.email for persona in PERSONAS])
    assert [each["status"] for each in found["employees"]["nodes"]] == ["ACTIVE"] * len(PERSONAS)


@pytest.mark.parametrize(
    ("login", "depths"), [("roberto0", [7, 12, 12]), ("peter0", [24, 191, 199]), ("gail0", [0, 0, 0])]
)
async def test_managers_see_as_many_people_as_their_note_says(loaded, login, depths):
    viewer = await loaded.persona(login)
    query = """query ($id: ID!, $depth: Int) {
      employee(id: $id) { reports(depth: $depth) { totalCount nodes { email } } }
    }"""
    for depth, count in zip((1, 2, None), depths, strict=True):
        found = await loaded.ask(query, viewer, id=f"Employee:{viewer.employee}", depth=depth)
        reports = found["employee"]["reports"]
        assert reports["totalCount"] == count
        assert all(each["email"] is not None for each in reports["nodes"])


GAIL = """
query ($id: ID!) {
  employee(id: $id) { email levels { totalCount } assignments { totalCount } employments { totalCount } }
  auditEntries { totalCount }
}
"""


@pytest.mark.parametrize(
    ("login", "email", "learning", "audit"),
    [
        ("gail0", True, True, False),
        ("roberto0", True, True, False),
        ("peter0", False, False, False),
        ("mindy0", False, True, False),
        ("paula0", True, False, False),
        ("mike0", True, True, True),
    ],
)
async def test_personas_see_different_things_of_gail(loaded, login, email, learning, audit):
    viewer = await loaded.persona(login)
    found = await loaded.ask(GAIL, viewer, id=await loaded.person("gail0"))
    gail = found["employee"]
    assert (gail["email"] is not None) == email
    assert (gail["levels"]["totalCount"] > 5) == learning
    assert (gail["assignments"]["totalCount"] > 0) == learning
    assert (found["auditEntries"]["totalCount"] > 100) == audit


@pytest.mark.parametrize(
    ("login", "people", "learning"),
    [
        ("mindy0", "NotAllowed", "Framework"),
        ("paula0", "Team", "NotAllowed"),
        ("mike0", "NotAllowed", "NotAllowed"),
    ],
)
async def test_admins_write_what_their_note_says_and_the_auditor_nothing(loaded, login, people, learning):
    viewer = await loaded.persona(login)
    team = "mutation ($input: CreateTeamInput!) { createTeam(input: $input) { __typename } }"
    framework = "mutation ($input: DefineFrameworkInput!) { defineFramework(input: $input) { __typename } }"
    async with unchanged(loaded.database):
        made = await loaded.ask(team, viewer, input={"name": "Test", "dryRun": True})
        defined = await loaded.ask(
            framework, viewer, input={"name": "Test", "version": "1", "skills": [], "dryRun": True}
        )
    assert made["createTeam"] == {"__typename": people}
    assert defined["defineFramework"] == {"__typename": learning}


async def test_gail_lacks_what_her_manager_sees_in_the_matrix(loaded):
    viewer = await loaded.persona("roberto0")
    query = """query ($manager: ID!) {
      teamMatrix(manager: $manager) {
        rows { employee { displayName } isWithheld cells { skill { name } gap level required } }
      }
    }"""
    matrix = (await loaded.ask(query, viewer, manager=f"Employee:{viewer.employee}"))["teamMatrix"]
    assert len(matrix["rows"]) == 7
    assert not any(row["isWithheld"] for row in matrix["rows"])
    [gail] = [row for row in matrix["rows"] if row["employee"]["displayName"] == "Gail Erickson"]
    gaps = {cell["skill"]["name"]: cell["gap"] for cell in gail["cells"] if cell["gap"]}
    assert {"SolidWorks", "AutoCAD"} <= set(gaps)


async def test_the_identity_provider_knows_everybody_the_personas_first(loaded):
    provider = await identity_provider(loaded.database, Addresses("http://localhost:1", "http://127.0.0.1:2"))
    people = list(provider.people.values())
    assert [each.email for each in people[: len(PERSONAS)]] == [persona.email for persona in PERSONAS]
    assert [each.groups for each in people[: len(PERSONAS)]] == [persona.groups for persona in PERSONAS]
    assert len(people) == 291
