"""Many things at once to the same people and the same pathway, in whatever order they get their turn."""

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy import text

from cairn.jobs.drain import drain
from cairn.pathways.completion import settle
from pathways.test_exceptions import ACCEPT, RESET, WAIVE
from pathways.test_publish import MOVE_ALL, PUBLISH
from pathways.test_report import REPORT
from pathways.writing import ASSIGN, COMPLETE, START, assign, step, write, write_version
from world import id_of

CLOSE = """
mutation ($input: WaiveAssignmentInput!) {
  waiveAssignment(input: $input) { __typename ... on Refusal { message } }
}
"""
PEOPLE = ("Ben", "Cleo", "Dan")
OPEN = "select employee_id, count(*) from assignment where closed_at is null group by 1 having count(*) > 1"
HELD = "select employee_id, version_id, held::text from pathway_completion order by 1"
DONE_TWICE = """
select employee_id, step_id, count(*) from progress
 where kind <> 'STARTED' and withdrawn_at is null group by 1, 2 having count(*) > 1
"""
WRONGLY_OPEN = """
select a.id from assignment a join pathway_completion c using (employee_id, pathway_id)
 where a.closed_at is null and a.version_id = c.version_id and c.held @> now() and a.round = 1
"""


async def rows(database, query):
    async with database.transaction() as tx:
        return [tuple(row) for row in (await tx.execute(text(query))).all()]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_what_follows_is_what_the_records_say(ask, world, database, url, seed):
    chance = random.Random(seed)
    exam = step("exam", "ASSESSMENT", passMark=50)
    first = await write(ask, "data", [step("read"), step("drill"), exam])
    second = await write_version(ask, first, [step("read"), exam], publish=False)
    people = [world.gid("Employee", name) for name in PEOPLE]
    assignments = await assign(ask, first, *people)

    def act():
        who, key = chance.choice(people), chance.choice(["read", "drill", "exam"])
        at = {"step": first.steps[key], "employee": who}
        day = f"2026-0{chance.randint(1, 9)}-01T09:00:00Z"
        return chance.choice(
            [
                (COMPLETE, at | ({"score": chance.choice([40, 80])} if key == "exam" else {})),
                (COMPLETE, at | {"completedAt": day} | ({"score": 90} if key == "exam" else {})),
                (START, at),
                (WAIVE, at | {"reason": "So"}),
                (ACCEPT, at | {"reason": "So"}),
                (RESET, at | {"reason": "So"}),
                (CLOSE, {"assignment": chance.choice(assignments), "reason": "So"}),
                (ASSIGN, {"pathway": first.id, "employees": people}),
                (
                    REPORT,
                    {
                        "reports": [
                            {
                                "employee": each,
                                "pathway": "data",
                                "stepKey": key,
                                "what": "PASSED",
                                "completedAt": day,
                            }
                            for each in people
                        ]
                    },
                ),
                (PUBLISH, {"version": second.version, "existing": MOVE_ALL}),
            ]
        )

    for _ in range(3):
        acts = [act() for _ in range(8)]
        done = await asyncio.gather(*(ask.do(query, given) for query, given in acts))
        assert all(each["__typename"] for each in done)
    await drain(database, url)
    assert await rows(database, OPEN) == []
    assert await rows(database, WRONGLY_OPEN) == []
    held = await rows(database, HELD)
    async with database.transaction() as tx:
        await settle(tx, [id_of(name) for name in PEOPLE], UUID(first.id.removeprefix("Pathway:")))
    assert await rows(database, HELD) == held


async def test_the_same_reports_sent_by_many_at_once_are_recorded_once(ask, world, database):
    data = await write(ask, "data", [step("read"), step("drill")])
    people = [world.gid("Employee", name) for name in PEOPLE]
    await assign(ask, data, *people)
    reports = [
        {"employee": who, "pathway": "data", "stepKey": key, "completedAt": "2026-03-01T09:00:00Z"}
        for who in people
        for key in ("read", "drill")
    ]
    chance = random.Random(7)
    several = [chance.sample(reports, len(reports)) for _ in range(6)]
    done = await asyncio.gather(*(ask.do(REPORT, {"reports": each}) for each in several))
    assert sum(each["recorded"] for each in done) == len(reports)
    assert sum(each["repeated"] for each in done) == 5 * len(reports)
    assert await rows(database, DONE_TWICE) == []
    assert len(await rows(database, "select id from assignment where closure = 'COMPLETED'")) == len(people)
