"""Applying a run: planned, passed through the gate, written, and told of, in one transaction or not at all.

Runs of one source come one after the other. A circle of managers is found by what follows from employments;
then all is taken back and written again, with the managers in it as they were.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction, raw
from cairn.db.ranges import now
from cairn.hris import plan
from cairn.hris.comparing import Changes, compare_all
from cairn.hris.diff import Places
from cairn.hris.gate import Refused, Totals, check_emptied, check_leaving, check_lines
from cairn.hris.intake import SECONDS, locked, note
from cairn.hris.progress import Say, Telling, say_nothing
from cairn.hris.record import Problem
from cairn.hris.rings import named, rings
from cairn.hris.tables import (
    SYNC_RUN,
    SyncGravity,
    SyncKind,
    SyncMode,
    SyncRefusal,
    SyncRun,
    SyncStage,
    SyncStatus,
)
from cairn.hris.write import Written, departments, write
from cairn.jobs.events import publish
from cairn.jobs.happenings import tell
from cairn.people.events import employment_changed
from cairn.people.lost import LastAdministrator, Lost, check_lost
from cairn.people.reporting import CycleInReportingLine, follow

ROUNDS = 8
"""How often all is written anew because managers go round in a circle."""
_LIMITS = f"""
set local statement_timeout = '{SECONDS:.0f}s';
set local lock_timeout = '{SECONDS:.0f}s';
set local work_mem = '64MB'
"""
_MISSING = """
with unnamed as materialized (
  select e.id from employee e
  where e.source = $1 and e.removed_at is null and not exists (
    select from sync_plan named where named.external_id = e.external_id
  ) and not exists (
    select from sync_plan named where named.formerly = e.external_id
  )
)
select e.id from unnamed e
where exists (
  select from employment each
  where each.employee_id = e.id and (upper_inf(each.valid) or upper(each.valid) > $2)
)
order by e.id
"""
_EMPLOYED = """
select count(*) from employee e
where e.source = $1 and e.removed_at is null and exists (
  select from employment each
  where each.employee_id = e.id and (upper_inf(each.valid) or upper(each.valid) > $2)
)
"""
_DIGEST = """
select encode(sha256(coalesce(string_agg(
  sha256(convert_to(concat_ws('|', id, employee_id, kind, before, after), 'UTF8')), '' order by id
), '')), 'hex')
from sync_change where run_id = $1
"""


class _Circular(Exception):  # noqa: N818  # it is found, and mended
    """Managers would go round in circles."""

    def __init__(self, found: Mapping[UUID, str]) -> None:
        super().__init__()
        self.found = found


class _Needed(Exception):  # noqa: N818  # it is found, and mended
    """Nobody would be left to administer the company without these people."""

    def __init__(self, found: set[UUID]) -> None:
        super().__init__()
        self.found = found


@dataclass
class _Result:
    totals: Totals
    changes: Changes
    written: Written
    same: int
    counts: dict[SyncKind, int] = field(default_factory=dict)


async def apply(
    tx: Transaction, viewer: Viewer, run: UUID, *, complete: bool = True, say: Say = say_nothing
) -> SyncRun:
    """Applies a run that has received its lines; one that was applied or refused is given as it is.

    `complete`: whether all lines came; an incomplete snapshot lets nobody go. How far it has come, `say` is
    told, and whoever listens to the run. A run that the gate refuses is
    `REFUSED`, and has changed nothing. Raises `NotAllowed`, `NotFound`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    connection = await raw(tx)
    await connection.execute(_LIMITS)
    found = await locked(tx, run)
    await connection.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 7645))", found.source, timeout=SECONDS
    )
    if found.status is not SyncStatus.RECEIVING:
        return found
    found.is_complete = await _is_complete(connection, found, complete=complete)
    loose: dict[UUID, str] = {}
    telling = Telling(tx, run, say)
    try:
        await _check_age(tx, found)
        result = await _attempts(tx, viewer, found, loose, telling)
    except Refused as refused:
        await tx.refresh(found, ["status"])
        found.status, found.refusal = SyncStatus.REFUSED, refused.refusal
        found.refusal_message = refused.message
    else:
        found.status = SyncStatus.APPLIED
        _count(found, result)
    found.finished_at = now()
    await telling.end()
    await _finish(tx, connection, viewer, found)
    return found


async def _is_complete(connection: Any, run: SyncRun, *, complete: bool) -> bool:
    """Whether whoever is not named is missing: all lines came, and each says whom it is about."""
    unreadable = await connection.fetchval(
        "select exists (select from sync_problem"
        " where run_id = $1 and gravity = 'REFUSAL' and external_id is null)",
        run.id,
    )
    return complete and not unreadable and run.declared_count in {None, run.received}


async def _check_age(tx: Transaction, run: SyncRun) -> None:
    newer = await tx.execute(
        select(col(SyncRun.taken_at))
        .where(col(SyncRun.source) == run.source, col(SyncRun.status) == SyncStatus.APPLIED)
        .where(col(SyncRun.taken_at) > run.taken_at)
        .order_by(col(SyncRun.taken_at).desc())
        .limit(1)
    )
    if (taken_at := newer.scalar_one_or_none()) is not None:
        raise Refused(
            SyncRefusal.OLDER,
            f"A run of {taken_at:%Y-%m-%d %H:%M:%S} UTC was applied already, and this one is older;"
            " nothing was changed.",
        )


async def _attempts(
    tx: Transaction, viewer: Viewer, run: SyncRun, loose: dict[UUID, str], telling: Telling
) -> _Result:
    """Writes it; again, as often as managers turn out to go round in circles, or nobody would administer."""
    stay: set[UUID] = set()
    for _ in range(ROUNDS):
        try:
            async with tx.begin_nested():
                connection = await raw(tx)  # the savepoint is there once the session is asked for it
                return await _write(tx, connection, viewer, run, loose, stay, telling)
        except _Needed as needed:
            stay |= needed.found
        except _Circular as circular:
            if set(circular.found) <= set(loose):
                break
            loose |= circular.found
    raise Refused(
        SyncRefusal.CIRCULAR,
        "Managers go round in circles, and leaving some of them as they are makes others: "
        + next(iter(loose.values()), ""),
    )


async def _write(
    tx: Transaction,
    connection: Any,
    viewer: Viewer,
    run: SyncRun,
    loose: Mapping[UUID, str],
    stay: Collection[UUID],
    telling: Telling,
) -> _Result:
    await telling(SyncStage.MATCHING)
    moment = now()
    day = moment.date()
    names_all = run.mode is SyncMode.SNAPSHOT
    lets_go = names_all and run.is_complete
    await plan.make(connection, run, day, loose)
    lines = "select count(*) from sync_plan where state <> 'UNUSABLE'"
    totals = Totals(lines=await connection.fetchval(lines))
    check_lines(run, totals)
    spare = await plan.refuse_contradictions(tx, connection, run)
    two = await plan.beside(connection, run)
    yields = await plan.refuse_taken(tx, connection, run, day, names_all=lets_go)
    missing: list[UUID] = []
    if lets_go:
        rows = await connection.fetch(_MISSING, run.source, day, timeout=SECONDS)
        missing = [row["id"] for row in rows]
        totals.leaving = len(missing)
        await _check_leaving(connection, run, totals, day)
        totals.leaving = 0
    known = await departments(connection, run)
    roles = await connection.fetch("select code, id from job_role")
    managers = await plan.managers(connection, run)
    places = Places(managers, known, {row["code"]: row["id"] for row in roles})
    totals.named = await connection.fetchval("select count(employee_id) from sync_plan")
    changes = await compare_all(
        connection,
        run,
        places=places,
        day=day,
        missing=missing,
        loose=loose,
        yields=yields,
        protected=stay,
        totals=totals,
        telling=telling,
    )
    await _check_leaving(connection, run, totals, day)
    check_emptied(run, totals)
    if needed := await _needed(tx, changes.lost):
        raise _Needed(needed)
    await telling(SyncStage.WRITING)
    written = await write(
        connection,
        viewer,
        run,
        changes,
        departments=known,
        managers=managers,
        loose=list(loose),
        day=day,
        moment=moment,
    )
    noted = [*changes.noted, *written.noted, *await _loosened(connection, loose), *two]
    await note(tx, run.id, noted)
    await telling(SyncStage.CONCLUDING)
    if len(written.new) > plan.MANY:  # what PostgreSQL knows of the tables is out of date
        await plan.look_at(connection, "employee (source, external_id, removed_at), employment (employee_id)")
    try:
        await follow(tx, written.new, written.relinked)
    except CycleInReportingLine as cycle:
        raise _Circular(await _circles(connection, cycle.ring, written)) from None
    await publish(tx, *employment_changed(written.moved))
    same = await connection.fetchval("select count(*) from sync_plan where state = 'SAME' and not is_refused")
    return _Result(totals, changes, written, same + spare + changes.same)


async def _check_leaving(connection: Any, run: SyncRun, totals: Totals, day: date) -> None:
    """Raises `Refused`."""
    if totals.leaving:
        totals.employed = await connection.fetchval(_EMPLOYED, run.source, day, timeout=SECONDS)
        check_leaving(run, totals)


async def _needed(tx: Transaction, lost: Lost) -> set[UUID]:
    """Whose days may not be lost, as nobody would be left to administer the company."""

    async def among(people: list[UUID]) -> set[UUID]:
        try:
            await check_lost(tx, {each: lost[each] for each in (*free, *people)})
        except LastAdministrator:
            half = len(people) // 2
            return set(people) if half == 0 else await among(people[:half]) | await among(people[half:])
        free.extend(people)
        return set()

    free: list[UUID] = []
    return await among(sorted(lost)) if lost else set()


async def _loosened(connection: Any, loose: Mapping[UUID, str]) -> list[Any]:
    """What is told of new people whose manager is in a circle; of others it is told as they are compared."""
    rows = await connection.fetch(
        "select row_number, external_id, person_id from sync_record where is_plain and person_id = any($1)",
        list(loose),
    )
    return [(SyncGravity.WARNING, number, whom, Problem("manager", loose[id_])) for number, whom, id_ in rows]


async def _circles(connection: Any, ring: list[UUID], written: Written) -> dict[UUID, str]:
    """Whose managers go round in circles, of those whom the run has given one, and each circle in words."""
    rows = await connection.fetch(
        "select employee_id, manager_id, lower(valid), coalesce(upper(valid), 'infinity') from employment"
        " where manager_id is not null",
        timeout=SECONDS,
    )
    found = rings((person, manager, since, until) for person, manager, since, until in rows) or [ring]
    names = await connection.fetch(
        "select id, coalesce(external_id, display_name) as name from employee where id = any($1)",
        [each for circle in found for each in circle],
    )
    known = {row["id"]: row["name"] for row in names}
    moved = set(written.moved)
    return {
        each: f"goes round in a circle: {named(circle, known)}; the manager stays as before"
        for circle in found
        for each in circle
        if each in moved
    }


def _count(run: SyncRun, result: _Result) -> None:
    """What it came to."""
    kinds = [kind for _, kind, *_ in result.changes.told]
    run.new = len(result.written.new)
    run.changed = kinds.count(SyncKind.CHANGED)
    run.moved = kinds.count(SyncKind.MOVED)
    run.revived = kinds.count(SyncKind.REVIVED)
    run.terminated = kinds.count(SyncKind.TERMINATED)
    run.missing = kinds.count(SyncKind.MISSING)
    run.same = result.same


async def _finish(tx: Transaction, connection: Any, viewer: Viewer, run: SyncRun) -> None:
    """Counts the problems, clears what was staged, and leaves the audit entry, which seals the changes."""
    counted = (
        "select count(distinct (row_number, external_id)) from sync_problem"
        " where run_id = $1 and gravity = $2"
    )
    run.refused = await connection.fetchval(counted, run.id, SyncGravity.REFUSAL.value)
    run.warned = await connection.fetchval(
        "select count(*) from sync_problem where run_id = $1 and gravity = $2",
        run.id,
        SyncGravity.WARNING.value,
    )
    await connection.execute("delete from staged_lines where run_id = $1", run.id, timeout=SECONDS)
    names = ("new", "changed", "moved", "revived", "terminated", "missing", "same", "refused", "warned")
    after: dict[str, Any] = {
        "source": run.source,
        "mode": run.mode,
        "status": run.status,
        **{name: getattr(run, name) for name in names},
        "changes": await connection.fetchval(_DIGEST, run.id, timeout=SECONDS),
    }
    if run.refusal is not None:
        after["refusal"] = run.refusal
    await audit.record(tx, viewer, "people.sync", run, after=after)
    await tx.flush()
    await tell(tx, SYNC_RUN, [run.id])
