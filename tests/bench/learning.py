"""Learning in a large company: ten thousand people assigned, brought in by a rule, moved to a new version."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from bench.large import Promise
from bench.people import rehearsed
from cairn.access.viewer import system
from cairn.db.engine import Database, Transaction
from cairn.pathways.assign import assign_pathway
from cairn.pathways.publish import Existing, ExistingDraft, publish_pathway
from cairn.pathways.rules import define_rule
from cairn.requirements.tree import Employed, Subject, SubjectKind

MANY = 5_000.0
"""Milliseconds in which 10,000 people are assigned, and as many assignments moved to a new version."""
ADMIN = system("bench")
PATHWAY, OLD, NEW = uuid4(), uuid4(), uuid4()
ALL = '{"all": []}'

WRITE = f"""
insert into pathway (id, code, title) values ('{PATHWAY}', 'bench', 'Bench');
insert into pathway_version (id, pathway_id, number, status, completion)
  select id, '{PATHWAY}', number, status, jsonb_build_object('all', (
    select jsonb_agg(jsonb_build_object('step', md5(id || ' ' || k)::uuid)) from generate_series(1, steps) k))
  from (values ('{OLD}'::uuid, 1, 'PUBLISHED', 8), ('{NEW}'::uuid, 2, 'DRAFT', 9))
    version(id, number, status, steps);
insert into step (id, version_id, key, position, title, kind, minutes, is_optional, proof, requirement)
  select md5(version.id || ' ' || k)::uuid, version.id, 'step-' || k, k, 'Step ' || k, 'COURSE', 60, false,
    'SELF', '{ALL}'
  from pathway_version version cross join generate_series(1, 7 + version.number) k
  where version.pathway_id = '{PATHWAY}';
"""
BEGUN = f"""
insert into progress (id, employee_id, step_id, kind, valid, recorded_at)
  select gen_random_uuid(), employee_id, step.id, 'COMPLETED', tstzrange(now(), null), now()
  from assignment join step on step.version_id = assignment.version_id and step.position <= 7
  where assignment.version_id = '{OLD}'
"""


async def measure(_opened: Database, connection: Any) -> AsyncIterator[Promise]:
    """What is done for ten thousand people at once; nothing of it lasts."""
    await connection.execute(WRITE)
    rows = await connection.fetch("select name, id from department where name ~ '^Department 1[0-8]?$'")
    departments = {row["name"]: row["id"] for row in rows}
    whole = departments.pop("Department 1")

    async def assigned(tx: Transaction) -> float:
        start = time.perf_counter()
        found = await assign_pathway(tx, ADMIN, pathway=PATHWAY, departments=list(departments.values()))
        assert len(found.results) >= 9_000, len(found.results)
        return 1000 * (time.perf_counter() - start)

    async with rehearsed(_opened) as tx:
        yield "9,999 people are assigned", await assigned(tx), MANY
    async with rehearsed(_opened) as tx:
        start = time.perf_counter()
        found = await define_rule(
            tx,
            ADMIN,
            code="bench",
            title="Bench",
            pathway=PATHWAY,
            audience=Employed(Subject(SubjectKind.DEPARTMENT, whole)),
        )
        assert found.assigned >= 10_000, found.assigned
        yield "a rule assigns 11,111", 1000 * (time.perf_counter() - start), None
    async with rehearsed(_opened) as tx:
        await assigned(tx)
        await tx.execute(text(BEGUN))
        await tx.execute(text("analyze progress, assignment"))
        start = time.perf_counter()
        moves = ExistingDraft(not_begun=Existing.MOVE, kept=Existing.MOVE)
        payload = await publish_pathway(tx, ADMIN, version=NEW, existing=moves)
        assert sum(each.count for each in payload.groups if each.choice is Existing.MOVE) >= 9_000
        took = 1000 * (time.perf_counter() - start)
        yield "a version is published, 9,999 move with 7 steps done each", took, MANY
