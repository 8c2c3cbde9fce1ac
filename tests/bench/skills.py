"""`python tests/bench/skills.py`: what is promised of skills, matrices and plans, in the bench company.

20,000 people with 600,000 pieces of evidence, 14,000 skills to search in, and for the plan 100 pathways that
teach a team of fifty what its jobs ask for, each by its one step or by any two of four. All is asked through
the graph, in this process: what HTTP and a session add is measured by `cairn bench`. Printed are medians.

A workbook of 1,000 people and 60 skills, each cell filled, is fetched from a server of its own, by HTTP and
with a session. Teams of the company have fifty people, who know some thirty skills each, so this one is put
together here, of the first 1,000 and with evidence of what they lack. The process may hold 200 MB at most
from its start until then, of which 140 are there before: the answer is in memory, the file made of it is not.
Only Linux tells that.
"""

import asyncio
import io
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import asyncpg  # noqa: E402  # the path comes first
import orjson  # noqa: E402

from bench import company  # noqa: E402
from bench.large import Promise, told  # noqa: E402
from bench.operations import operations  # noqa: E402
from bench.run import Server, sign_in  # noqa: E402
from cairn.access.viewer import system  # noqa: E402
from cairn.app import schema  # noqa: E402
from cairn.db.engine import COMPANY, SHARED, Database, database  # noqa: E402
from cairn.graph.serve import Answerer, Asked, Standing  # noqa: E402
from cairn.skills.frameworks import Publication, import_framework  # noqa: E402
from cairn.skills.releases import SkillDraft  # noqa: E402

ADMIN = system("bench")
SKILLS, PATHWAYS, ROUNDS = 14_000, 100, 30
TALL, WIDE = 1_000, 60
"""People and skills of a workbook."""
MATRIX = """query ($team: ID!) { teamMatrix(team: $team) {
  columns { skill { id name } required coverage average canCover isSinglePointOfFailure coveredBy { id } }
  rows { employee { id displayName } readiness cells { level isVerified required gap } } } }"""
CELLS = """query ($team: ID!) { teamMatrix(team: $team) { columns { skill { id name } }
  rows { employee { id displayName } jobRole { id name } cells { level isVerified required gap } } } }"""
MEETS = "query ($r: RequirementInput!) { employees(first: 1, where: { meets: $r }) { totalCount } }"
TALENT = """query ($r: RequirementInput!) { talent(requirement: $r, first: 50) {
  nodes { employee { id displayName } met progress lacks { skill { name } level required } } } }"""
LAPSING = '{ lapsing(within: "P90D", first: 50) { totalCount nodes { employee { id } skill { id } until } } }'
SEARCH = "query ($text: String!) { skillSearch(text: $text) { nodes { skill { id name } score } } }"
PLAN = """query ($team: ID!) { planForTeam(team: $team, coverage: 0.9) { __typename
  ... on TeamPlan { isOptimal gap picks { minutes } } ... on Refusal { message } } }"""
WORDS = (
    "manage plan operate maintain design inspect write test repair teach sell lead assess pack",
    "metal wood music water staff energy plant animal paper glass stone data sound food",
    "stock tools records systems processes quality safety budgets suppliers machines",
)
TEXTS = ("manage", "mange metal stok", "desing water recrods", "a", "teach music safety 77", "qualty", "musc")
"""What is typed, with mistakes."""
TAUGHT = """
with of_team as (
  select distinct role_skill.skill_id from team_membership member
  join employment on employment.employee_id = member.employee_id and employment.valid @> current_date
  join role_skill on role_skill.job_role_id = employment.job_role_id and role_skill.valid @> now()
  where member.team_id = $1 and member.valid @> now()
), made as (
  insert into pathway (id, code, title)
  select md5('$3 of $4' || n)::uuid, 'plan $3 of $4, ' || n, 'Pathway ' || n from generate_series(1, $2) n
  returning id
), version as (
  insert into pathway_version (id, pathway_id, number, status, completion)
  select md5('version' || id)::uuid, id, 1, 'PUBLISHED',
    jsonb_build_object('any', jsonb_build_object('n', $3, 'of', (
      select jsonb_agg(jsonb_build_object('step', md5(n || 'step' || id)::uuid))
      from generate_series(1, $4) n)))
  from made returning id, pathway_id
), step as (
  insert into step (id, version_id, key, position, title, kind, minutes, is_optional, proof, requirement)
  select md5(n || 'step' || pathway_id)::uuid, id, 's' || n, n, 'Step ' || n, 'COURSE',
    60 * (1 + hashtext(n || pathway_id::text) & 31), false, 'MANAGER', '{"all": []}'
  from version cross join generate_series(1, $4) n returning id
)
insert into step_grant (step_id, skill_id, level)
select step.id, skill_id, 3 + (hashtext(step.id::text || skill_id) & 1) from step cross join lateral (
  select skill_id from of_team order by md5(step.id::text || skill_id) limit 4 - $3) few
"""
"""Pathways of which so many of so many steps are asked for."""


GATHERED = """
with made as (
  insert into team (id, name, source, external_id, changed_at)
  values (gen_random_uuid(), 'All of them', 'bench', 'all', now()) returning id
)
insert into team_membership (id, team_id, employee_id, valid)
select gen_random_uuid(), made.id, person.id, tstzrange(now() - interval '1 year', null)
from made cross join (
  select distinct employee_id as id from employment where valid @> current_date order by 1 limit $1) person
"""
FILLED = """
insert into evidence (id, employee_id, skill_id, level, source, valid, recorded_at)
select gen_random_uuid(), member.employee_id, skill, 1 + (hashtext(member.employee_id::text || skill) & 3),
  'MANAGER', tstzrange(now() - interval '1 year', null), now()
from team_membership member join team on team.id = member.team_id cross join unnest($1::uuid[]) skill
where team.name = 'All of them' and not exists (
  select from evidence known where known.employee_id = member.employee_id and known.skill_id = skill
   and known.valid @> now())
"""


async def measured(
    answerer: Answerer, document: str, variables: Any, rounds: int = ROUNDS
) -> tuple[float, Any]:
    """The median in milliseconds, and the last answer."""
    took: list[float] = []
    body = b""
    for number in range(-3, rounds):
        start = time.perf_counter()
        body = await answerer.answer(Asked(document, None, variables), Standing(ADMIN)) or b""
        if number >= 0:
            took.append(1000 * (time.perf_counter() - start))
    answer = orjson.loads(body)
    assert not answer.get("errors"), answer
    return statistics.median(took), answer["data"]


def tree(skills: list[str]) -> dict[str, Any]:
    """A requirement of twenty nodes."""
    leaves = [{"skill": {"id": id_, "level": 1 + n % 4}} for n, id_ in enumerate(skills[:15])]
    weighed = [{"when": leaf, "weight": 1 + n} for n, leaf in enumerate(leaves[10:])]
    return {
        "all": [
            {"any": {"n": 1, "of": leaves[:5]}},
            {"any": {"n": 2, "of": leaves[5:10]}},
            {"points": {"min": 3, "of": weighed}},
            {"notBefore": "2020-01-01T00:00:00Z"},
        ]
    }


def drafts() -> Iterator[SkillDraft]:
    """Skills with names of two to four words, which repeat as those of a real framework do."""
    chance = random.Random(7)
    verbs, matters, things = (each.split() for each in WORDS)
    kinds = [f"{matter} {thing}" for matter in matters for thing in things]
    for n in range(SKILLS):
        words = [chance.choice(verbs), chance.choice(kinds), *chance.sample(kinds, chance.randint(0, 2))]
        yield SkillDraft(
            code=f"s{n}", name=f"{' '.join(words)} {n}", description=f"To {' and '.join(words)}."
        )


async def measure(opened: Database, connection: Any) -> AsyncIterator[Promise]:
    """All of it."""
    answerer = Answerer(schema(), opened)
    team = next(each for each in await operations(connection) if each.name == "matrix").samples[0].variables
    took, data = await measured(answerer, CELLS, team)
    matrix = data["teamMatrix"]
    assert (len(matrix["rows"]), len(matrix["columns"])) == (50, 40)
    yield "a matrix of 50 × 40", took, 15
    yield "the same with its figures", (await measured(answerer, MATRIX, team))[0], None
    required = {"r": tree([each["skill"]["id"] for each in matrix["columns"]])}
    took, data = await measured(answerer, MEETS, required, 5)
    assert data["employees"]["totalCount"] > 0
    yield "who of 20,000 meets a requirement of 20 nodes", took, 2_000
    yield "talent: the 50 nearest to it", (await measured(answerer, TALENT, required, 5))[0], None
    yield "what lapses within 90 days", (await measured(answerer, LAPSING, {}, 5))[0], None
    async with opened.transaction() as tx:
        await import_framework(tx, ADMIN, about=Publication(name="Many", version="1"), skills=drafts())
    await connection.execute("analyze skill, skill_text, skill_word")
    slowest = 0.0
    for words in TEXTS:
        took, data = await measured(answerer, SEARCH, {"text": words})
        assert data["skillSearch"]["nodes"], words
        slowest = max(slowest, took)
    yield f"a search in {SKILLS:,} skills, the slowest of {len(TEXTS)}", slowest, 20
    for needed, steps in ((1, 1), (2, 4)):
        given = (f"'{team['team'].partition(':')[2]}'", PATHWAYS, needed, steps)
        taught = TAUGHT
        for n, each in enumerate(given, 1):
            taught = taught.replace(f"${n}", str(each))
        await connection.execute("update pathway_version set status = 'RETIRED'")
        await connection.execute(taught)
        await connection.execute("analyze")
        took, data = await measured(answerer, PLAN, team, 3)
        plan = data["planForTeam"]
        assert plan["__typename"] == "TeamPlan", plan
        what = f"50 × 40 × {PATHWAYS}" + (f", any {needed} of {steps} steps" if steps > 1 else "")
        how = "optimal" if plan["isOptimal"] else f"{plan['gap']:.1%} from optimal at most"
        yield f"a plan for {what}, {len(plan['picks'])} picks, {how}", took, 5_000


async def of_workbook(url: str, connection: Any) -> AsyncIterator[Promise]:
    """A workbook of as many people and skills as are promised: how long it takes, and how much memory."""
    skills = await connection.fetchval(
        "select array_agg(id) from (select id from skill where code is not null order by id limit $1) few",
        WIDE,
    )
    await connection.execute(GATHERED, TALL)
    await connection.execute(FILLED, skills)
    await connection.execute("analyze")
    team = await connection.fetchval("select id from team where name = 'All of them'")
    with Server("cairn", url, "admin", await sign_in(url, "admin")) as serving:
        path = f"/matrix/{team}.xlsx?skills={','.join(map(str, skills))}"
        before = serving.megabytes
        start = time.perf_counter()
        file = await asyncio.to_thread(serving.get, path)
        took = 1000 * (time.perf_counter() - start)
        with zipfile.ZipFile(io.BytesIO(file)) as book:
            cells = book.read("xl/worksheets/sheet1.xml").count(b"<v>")
        assert cells >= TALL * WIDE, cells
        what = f"a workbook of {TALL:,} × {WIDE}"
        yield f"{what}, {len(file) / 2**20:.1f} MB", took, 20_000
        if sys.platform == "linux":
            yield f"the process that writes it, {before:.0f} MB before", serving.most_megabytes, 200, "MB"


async def main() -> int:
    """Builds, measures and prints; 1 where a promise was broken."""
    with (
        tempfile.TemporaryDirectory(prefix="cairn-skills-") as folder,
        company.server(Path(folder)) as running,
    ):
        await company.prepare(running.url)
        settings = {"search_path": f"{COMPANY}, {SHARED}", "jit": "off"}
        connection = await asyncpg.connect(running.url, server_settings=settings)
        async with database(running.url, pool=2) as opened:
            broken = await told(measure(opened, connection))
            broken += await told(of_workbook(running.url, connection))
        await connection.close()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
