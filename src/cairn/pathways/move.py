"""Moving people from earlier versions of a pathway to a new one, with what they have done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Uuid, bindparam, text

from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import publish
from cairn.jobs.happenings import tell
from cairn.pathways import tables
from cairn.pathways.completion import settle_moved
from cairn.pathways.currency import of_round
from cairn.pathways.events import ASSIGNMENT, pathways_assigned
from cairn.people.employ import one_at_a_time
from cairn.requirements import wire
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import NO_FACTS, Fact, gather
from cairn.requirements.times import NEVER, Times
from cairn.requirements.tree import SubjectKind, subjects
from cairn.skills.facts import Found, load

PAGE = 2_000
"""People who are looked at together."""


@dataclass
class Following:
    """Somebody's assignment to an earlier version, and what would become of it with the new one."""

    assignment: UUID
    employee: UUID
    is_open: bool
    opened: datetime | None
    """When its round was opened; None for the first, which has no beginning."""
    met: Times = NEVER
    """When the new version's requirement is met by what was done."""
    completes: bool = False
    """Whether that is now."""
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    carried: list[tuple[UUID, UUID]] = field(default_factory=list)
    """Records that count in the new version, each with the step that it is of there."""


# Of those who have completed the pathway and are not at it again, the last assignment.
_FOLLOWING = text("""
 select a.id, a.employee_id, a.closed_at is null as is_open,
  case when a.round > 1 then (select min(assigned_at) from assignment b
    where b.employee_id = a.employee_id and b.pathway_id = a.pathway_id and b.round = a.round) end as opened
  from assignment a
  where a.pathway_id = :pathway and a.version_id <> :version and coalesce(a.id = any(:only), true)
   and (a.closed_at is null or
   a.closure = 'COMPLETED'
   and not exists (select 1 from assignment later where later.employee_id = a.employee_id
     and later.pathway_id = a.pathway_id and (later.assigned_at, later.id) > (a.assigned_at, a.id))
   and exists (select 1 from pathway_completion completion where completion.employee_id = a.employee_id
     and completion.pathway_id = a.pathway_id and completion.held @> cast(:now as timestamptz))
   and exists (select 1 from employment e where e.employee_id = a.employee_id
     and (upper_inf(e.valid) or upper(e.valid) > cast(:today as date))))
  order by a.id
""").bindparams(
    bindparam("pathway", type_=Uuid),
    bindparam("version", type_=Uuid),
    bindparam("only", type_=ARRAY(Uuid)),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("today", type_=Date),
)

_RECORDED = text("""
 select a.id as assignment, progress.id, progress.kind, old.key, same.id as step,
  lower(progress.valid) as since, upper(progress.valid) as until
  from unnest(cast(:assignments as uuid[]), cast(:opened as timestamptz[])) asked(id, opened)
  join assignment a on a.id = asked.id
  join step old on old.version_id = a.version_id
  join progress on progress.step_id = old.id and progress.employee_id = a.employee_id
   and progress.withdrawn_at is null and (asked.opened is null or lower(progress.valid) >= asked.opened)
  left join step same on same.version_id = :version and same.key = old.key
   and same.nested_pathway_id is null
   and (same.pass_mark is null or progress.kind <> 'COMPLETED' or progress.score >= same.pass_mark)
  order by a.id, old.position, progress.id
""").bindparams(
    bindparam("assignments", type_=ARRAY(Uuid)),
    bindparam("opened", type_=ARRAY(DateTime(timezone=True))),
    bindparam("version", type_=Uuid),
)


async def following(
    tx: Transaction, version: tables.PathwayVersion, only: Collection[UUID] | None = None
) -> list[Following]:
    """Who follows another version, or has completed one, in the order of their assignments' ids.

    `only` is of which assignments, where it is not of all. Those who have completed it are asked of only
    where that holds, and while they work here.
    """
    instant = now()
    given = {
        "pathway": version.pathway_id,
        "version": version.id,
        "only": None if only is None else list(only),
        "now": instant,
        "today": instant.date(),
    }
    found = [Following(*row) for row in await tx.execute(_FOLLOWING, given)]
    for start in range(0, len(found), PAGE):
        await _look(tx, version, found[start : start + PAGE], instant)
    return found


async def _look(
    tx: Transaction, version: tables.PathwayVersion, page: Sequence[Following], instant: datetime
) -> None:
    """Finds out what the new version would make of what these people did."""
    people = {each.employee for each in page}
    await one_at_a_time(tx, people)
    requirement = wire.parse(version.completion)
    theirs = await load(tx, people, subjects(requirement))
    decide = compiled(requirement)
    given = {
        "assignments": [each.assignment for each in page],
        "opened": [each.opened for each in page],
        "version": version.id,
    }
    whose = {each.assignment: each for each in page}
    done: list[Found] = []
    for assignment, record, kind, key, step, since, until in await tx.execute(_RECORDED, given):
        each = whose[assignment]
        keys = each.lost if step is None else each.kept
        if key not in keys:
            keys.append(key)
        if step is not None:
            each.carried.append((record, step))
            if kind != tables.ProgressKind.STARTED:
                done.append((each.employee, SubjectKind.STEP, step, Fact(since, until, (record,))))
    carried = gather(done)
    for each in page:
        facts = {**theirs.get(each.employee, NO_FACTS), **carried.get(each.employee, NO_FACTS)}
        each.kept = [key for key in each.kept if key not in each.lost]
        each.met = decide(of_round(facts, each.opened))
        each.completes = instant in each.met


_CARRY = text("""
 insert into progress (id, employee_id, step_id, kind, valid, score, note, recorded_by_id, recorded_at,
  carried_from_id)
 select carried.id, employee_id, carried.step_id, kind, valid, score, note, recorded_by_id, recorded_at,
  progress.id
  from unnest(cast(:ids as uuid[]), cast(:records as uuid[]), cast(:steps as uuid[]))
   carried(id, progress_id, step_id)
  join progress on progress.id = carried.progress_id
""").bindparams(*(bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "records", "steps")))

_MOVE = text("""
 update assignment set version_id = :version, moved_from_id = version_id, moved_at = :now
  where id = any(:assignments)
""").bindparams(
    bindparam("assignments", type_=ARRAY(Uuid)),
    bindparam("version", type_=Uuid),
    bindparam("now", type_=DateTime(timezone=True)),
)

_REOPEN = text("""
 update assignment set closed_at = null, closure = null, superseded_at = :now, due_on = :due
  where id = any(:assignments)
""").bindparams(
    bindparam("assignments", type_=ARRAY(Uuid)),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("due", type_=Date),
)


async def move(
    tx: Transaction, version: tables.PathwayVersion, moving: Collection[Following], due_on: date | None
) -> None:
    """Has assignments go on with a version; those that were completed are opened again, and due on a day.

    For them earlier versions complete the pathway no more from now on; that they did, until now, stays.
    """
    if not moving:
        return
    instant = now()
    carried = [pair for each in moving for pair in each.carried]
    if carried:
        records, steps = zip(*carried, strict=True)
        ids = [tables.Progress.new_id() for _ in carried]
        await tx.execute(_CARRY, {"ids": ids, "records": list(records), "steps": list(steps)})
    assignments = [each.assignment for each in moving]
    await tx.execute(_MOVE, {"assignments": assignments, "version": version.id, "now": instant})
    await tell(tx, ASSIGNMENT, assignments)
    reopened = [each.assignment for each in moving if not each.is_open]
    if reopened:
        await tx.execute(_REOPEN, {"assignments": reopened, "now": instant, "due": due_on})
        await publish(tx, *pathways_assigned(reopened))
    concerned = [each for each in moving if each.met or not each.is_open]
    met = {each.employee: each.met for each in concerned}
    superseded = {each.employee for each in concerned if not each.is_open}
    await settle_moved(tx, version, met, superseded, instant)
