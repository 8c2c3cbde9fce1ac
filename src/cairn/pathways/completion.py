"""What follows from progress: the times during which somebody's completion of a pathway holds.

A completion is kept as the set of times during which it holds, evaluated from the version's requirement
each time a fact it rests on changes; so it can be asked of any date.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now
from cairn.jobs.events import publish, subscribe
from cairn.jobs.happenings import tell
from cairn.pathways import currency, tables
from cairn.pathways.currency import of_round, openings, renewals
from cairn.pathways.events import (
    ASSIGNMENT,
    PathwayAssigned,
    PathwayCompleted,
    StepCompleted,
    tell_of_assignments,
)
from cairn.pathways.tables import Closure
from cairn.people.employ import one_at_a_time
from cairn.requirements import wire
from cairn.requirements.evaluate import evaluate
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.times import Times, at_least
from cairn.requirements.tree import SubjectKind, subjects
from cairn.skills.facts import Found, facts_of, follows, load, mentioned, mentions


async def settle(tx: Transaction, employee: UUID, pathway: UUID) -> None:
    """Brings somebody's completion of a pathway up to date with the facts, and tells when it changed.

    Who follows several versions of it has completed it while any of them is; an assignment ends with the
    version it is of.
    """
    await one_at_a_time(tx, [employee])
    versions = await _followed(tx, employee, pathway)
    if not versions:
        return
    requirements = {version.id: wire.parse(version.completion) for version in versions}
    mentioned = {subject for requirement in requirements.values() for subject in subjects(requirement)}
    facts = (await load(tx, [employee], mentioned)).get(employee, NO_FACTS)
    rounds = [of_round(facts, opened) for opened in await openings(tx, employee, pathway)]
    met = {
        version: [evaluate(requirement, of) for of in rounds] for version, requirement in requirements.items()
    }
    for renewed in await _close(tx, employee, {version: times[-1] for version, times in met.items()}):
        await settle(tx, employee, renewed)
    renewed_at = await renewals(tx, employee, pathway)
    held = {version.id: currency.held(met[version.id], version.validity, renewed_at) for version in versions}
    kept = select(col(tables.PathwayCompletion.held)).where(
        col(tables.PathwayCompletion.employee_id) == employee,
        col(tables.PathwayCompletion.pathway_id) == pathway,
    )
    before = (await tx.execute(kept)).scalar_one_or_none()
    times = at_least(1, list(held.values()))
    if Times.of_multirange(before or ()) == times:
        return
    newest = next((version for version in reversed(held) if held[version]), versions[-1].id)
    values = {"version_id": newest, "held": times.to_multirange()}
    key = {"employee_id": employee, "pathway_id": pathway}
    written = insert(tables.PathwayCompletion).values(**key, **values)
    await tx.execute(written.on_conflict_do_update(index_elements=list(key), set_=values))
    await tell_of_assignments(tx, employee, pathway=pathway)
    await publish(tx, PathwayCompleted(employee, pathway))


async def _close(tx: Transaction, employee: UUID, met: Mapping[UUID, Times]) -> list[UUID]:
    """Ends the open assignment to a version that is complete; which other pathway that renews, if any.

    It ends when it was complete, which may be before that was reported.
    """
    instant, assignment = now(), tables.Assignment
    complete = {version: times.interval_at(instant) for version, times in met.items() if instant in times}
    rows = await tx.execute(
        select(assignment).where(
            col(assignment.employee_id) == employee,
            col(assignment.version_id).in_(complete),
            col(assignment.closed_at).is_(None),
        )
    )
    renewed, closed = [], []
    for row in rows.scalars().all():
        interval = complete[row.version_id]
        since = interval.since if interval is not None else None
        row.closed_at, row.closure = max(row.assigned_at, since or row.assigned_at), Closure.COMPLETED
        tx.add(row)
        closed.append(row.id)
        if row.renews_id is not None and row.renews_id != row.pathway_id:
            renewed.append(row.renews_id)
    await tx.flush()
    await tell(tx, ASSIGNMENT, closed)
    return renewed


async def reopen(tx: Transaction, employee: UUID, version: UUID) -> None:
    """Opens the assignment again that a completion had ended which holds no more, unless another is open."""
    assignment = tables.Assignment
    whose = (col(assignment.employee_id) == employee, col(assignment.version_id) == version)
    last = await tx.execute(
        select(assignment).where(*whose).order_by(col(assignment.assigned_at).desc()).limit(1)
    )
    found = last.scalar_one_or_none()
    if found is not None and found.closure is Closure.COMPLETED and not await _is_complete(tx, found):
        found.closed_at = found.closure = None
        tx.add(found)
        await tx.flush()
        await tell(tx, ASSIGNMENT, [found.id])


async def _is_complete(tx: Transaction, assignment: tables.Assignment) -> bool:
    completion, other = tables.PathwayCompletion, tables.Assignment
    completed = select(col(completion.pathway_id)).where(
        col(completion.employee_id) == assignment.employee_id,
        col(completion.pathway_id) == assignment.pathway_id,
        col(completion.held).contains(now()),
    )
    open_ = select(col(other.id)).where(
        col(other.employee_id) == assignment.employee_id,
        col(other.pathway_id) == assignment.pathway_id,
        col(other.closed_at).is_(None),
    )
    return (await tx.execute(completed.union_all(open_).limit(1))).first() is not None


_FOLLOWS = """
 select employee_id, version_id from assignment where employee_id = any(:employees)
 union
 select employee_id, version_id from progress join step on step.id = step_id
  where employee_id = any(:employees)
"""
_EMPLOYEES = bindparam("employees", type_=ARRAY(Uuid))
_FOLLOWED = text(
    f"select version_id from ({_FOLLOWS}) follows join pathway_version version on version.id = version_id"  # noqa: S608  # a constant of ours
    " where pathway_id = :pathway"
).bindparams(_EMPLOYEES, bindparam("pathway", type_=Uuid))


async def _followed(tx: Transaction, employee: UUID, pathway: UUID) -> list[tables.PathwayVersion]:
    """The versions of a pathway that somebody was assigned to or has begun, the newest last."""
    ids = (await tx.execute(_FOLLOWED, {"employees": [employee], "pathway": pathway})).scalars().all()
    version = tables.PathwayVersion
    found = await tx.execute(select(version).where(col(version.id).in_(ids)).order_by(col(version.number)))
    return list(found.scalars())


_MENTIONING = text(
    f"select distinct follows.employee_id, pathway_id from ({_FOLLOWS}) follows"  # noqa: S608  # a constant of ours
    " join pathway_version version on version.id = version_id"
    f" where {mentions('completion')}"
    " or exists (select 1 from step where step.version_id = version.id"
    "   and nested_pathway_id = any(cast(:nested as uuid[])))"
).bindparams(_EMPLOYEES, bindparam("nested", type_=ARRAY(Uuid)))


@follows(but=[StepCompleted])  # a version mentions only steps of its own, and is settled with them
async def settle_mentioning(
    tx: Transaction, employees: Collection[UUID], kind: SubjectKind, ids: Collection[UUID] | None
) -> None:
    """Settles what these employees follow and what mentions one of those subjects; any, for no `ids`."""
    given = {
        "employees": list(employees),
        **mentioned(kind, ids),
        "nested": list(ids or ()) if kind is SubjectKind.PATHWAY else [],
    }
    for employee, pathway in sorted((await tx.execute(_MENTIONING, given)).all()):
        await settle(tx, employee, pathway)
        await tell_of_assignments(tx, employee, pathway=pathway)  # a step of it may be done now


_TO_SETTLE = text(
    "select distinct employee_id, pathway_id from assignment"
    " where id = any(:assignments) and closed_at is null order by employee_id, pathway_id"
).bindparams(bindparam("assignments", type_=ARRAY(Uuid)))


@subscribe(PathwayAssigned)
async def settle_assigned(tx: Transaction, event: PathwayAssigned) -> None:
    """All that a pathway takes may have been done before somebody is assigned to it."""
    found = await tx.execute(_TO_SETTLE, {"assignments": list(event.assignments)})
    for employee, pathway in found.all():
        await settle(tx, employee, pathway)


_DONE = text(
    "select employee_id, step_id, id, valid from progress where employee_id = any(:employees)"
    " and step_id = any(:ids) and kind <> 'STARTED' and withdrawn_at is null"
    " union all"
    " select employee_id, step.id, null, unnest(held) from pathway_completion"
    " join step on step.nested_pathway_id = pathway_completion.pathway_id"
    " where employee_id = any(:employees) and step.id = any(:ids)"
).bindparams(_EMPLOYEES, bindparam("ids", type_=ARRAY(Uuid)))


@facts_of(SubjectKind.STEP)
async def steps_done(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Completions of steps, of whatever kind; a nested pathway's completion is its step's."""
    rows = (await tx.execute(_DONE, {"employees": employees, "ids": ids})).all()
    return [(row.employee_id, SubjectKind.STEP, row.step_id, _fact(row.valid, row.id)) for row in rows]


_COMPLETED = text(
    "select employee_id, pathway_id, unnest(held) as valid from pathway_completion"
    " where employee_id = any(:employees) and pathway_id = any(:ids)"
).bindparams(_EMPLOYEES, bindparam("ids", type_=ARRAY(Uuid)))


@facts_of(SubjectKind.PATHWAY)
async def pathways_done(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Completions of pathways."""
    rows = (await tx.execute(_COMPLETED, {"employees": employees, "ids": ids})).all()
    return [(row.employee_id, SubjectKind.PATHWAY, row.pathway_id, _fact(row.valid)) for row in rows]


def _fact(valid: Range[datetime], source: UUID | None = None) -> Fact:
    return Fact(valid.lower, valid.upper, (source,) if source is not None else ())
