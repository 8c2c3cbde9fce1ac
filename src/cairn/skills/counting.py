"""When evidence counts, and whether it counts as verified: what the policies of skills make of it.

A policy is applied when it is written and when evidence comes or goes, and what follows is kept with the
evidence: whether it counts as verified (`decided`), and when it counts (`valid`, which is then a part of
`stated`). So levels of any date are read as if there were no policies, and cost the same. Evidence fades when
for so long no other of the same skill has come, verified for verified and claimed for claimed; where the
latest decides, evidence counts until the next. What is of a skill that was merged goes by the policy of that
skill. `tests/skills/test_policy.py` compares what is kept with what follows anew.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, bindparam, text

from cairn.db.engine import Transaction
from cairn.skills.tables import CLAIMED
from cairn.skills.turns import take_turn_with_evidence


async def recount(
    tx: Transaction, skills: Collection[UUID] | None, employees: Collection[UUID] | None = None
) -> set[tuple[UUID, UUID]]:
    """Applies the policies to evidence of these skills and employees, or of any; whose of which is different.

    To be called after evidence came or went; whoever adds some of the same people's waits from then on.
    Objects in the session are as before; refresh what is used.
    """
    if employees is not None:
        await take_turn_with_evidence(tx, employees)
    await tx.flush()
    given = {
        "skills": None if skills is None else list(skills),
        "employees": None if employees is None else list(employees),
    }
    return {(row.employee_id, row.skill_id) for row in (await tx.execute(_RECOUNT, given)).all()}


# Of pieces in the order in which they begin: `following` is when the next begins that is as sure, and a
# `run` goes on as long as each begins before the one before it has faded.
_RECOUNT = text("""
with policy as (
  select skill.id as skill_id, coalesce(own.verified_by, general.verified_by) as verified_by,
    coalesce(own.precedence, general.precedence) = 'LATEST' as is_latest,
    cast(coalesce(own.fades_after, general.fades_after) as interval) as fades
  from skill
  left join level_policy own on own.skill_id = skill.id
  left join level_policy general on general.skill_id is null
  where exists (select from level_policy)
    and (cast(:skills as uuid[]) is null or skill.id = any(cast(:skills as uuid[])))
),
piece as (
  select id, employee_id, skill_id, coalesce(stated, valid) as said, lower(valid) as start,
    source = any(verified_by) as decided,
    coalesce(source = any(verified_by), source <> all(:claimed)) as is_sure,
    is_latest, fades
  from evidence join policy using (skill_id)
  where withdrawn_at is null
    and (cast(:employees as uuid[]) is null or employee_id = any(cast(:employees as uuid[])))
),
marked as (
  select *, lag(start) over sure + fades < start as begins_run,
    min(start) over (partition by employee_id, skill_id, is_sure order by start
      range between interval '1 microsecond' following and unbounded following) as following
  from piece
  window sure as (partition by employee_id, skill_id, is_sure order by start, id)
),
run as (
  select *, count(*) filter (where begins_run) over (
    partition by employee_id, skill_id, is_sure order by start, id) as run
  from marked
),
derived as (
  select id, said, decided, tstzrange(start, least(
    upper(said), case when is_latest then following end,
    max(start) over (partition by employee_id, skill_id, is_sure, run) + fades
  )) as counts
  from run
)
update evidence set decided = derived.decided, valid = counts, stated = nullif(said, counts)
from derived
where evidence.id = derived.id and (evidence.decided, valid) is distinct from (derived.decided, counts)
returning employee_id, skill_id
""").bindparams(
    bindparam("skills", type_=ARRAY(Uuid)),
    bindparam("employees", type_=ARRAY(Uuid)),
    bindparam("claimed", list(CLAIMED), ARRAY(String)),
)
