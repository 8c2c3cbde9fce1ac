"""What follows from progress: the times during which somebody's completion of a pathway holds.

A completion is kept as the set of times during which it holds, evaluated from the version's requirement
each time a fact it rests on changes; so it can be asked of any date.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, select, text
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
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.times import NEVER, Times, at_least
from cairn.requirements.tree import SubjectKind, subjects
from cairn.skills.facts import Found, facts_of, follows, load, mentioned, mentions

PAGE = 2_000
"""People who are looked at together."""


async def settle(tx: Transaction, employees: Collection[UUID], pathway: UUID) -> None:
    """Brings these people's completion of a pathway up to date with the facts, and tells when it changed.

    Who follows several versions of it has completed it while any of them is; an assignment ends with the
    version it is of. A version that a later one has superseded for somebody counts until then.
    """
    people = sorted(set(employees))
    for start in range(0, len(people), PAGE):
        await _settle(tx, people[start : start + PAGE], pathway)


async def _settle(tx: Transaction, people: list[UUID], pathway: UUID) -> None:
    await one_at_a_time(tx, people)
    followed = await _followed(tx, people, pathway)
    if not followed:
        return
    met = await _met(tx, pathway, followed)
    for renewed, whose in (await _close(tx, met)).items():
        await settle(tx, whose, renewed)
    renewed_at = await renewals(tx, people, pathway)
    before = await _kept(tx, people, pathway)
    changed: list[tuple[UUID, UUID, Times]] = []
    for employee, theirs in followed.items():
        held = {
            each.id: currency.held(met[employee][each.id], each.validity, renewed_at.get(employee, ()))
            & Times.between(None, each.until)
            for each in theirs
        }
        times = at_least(1, list(held.values()))
        if before.get(employee, _NOTHING).held != times:
            newest = next((version for version in reversed(held) if held[version]), theirs[-1].id)
            changed.append((employee, newest, times))
    await _keep(tx, pathway, changed)


async def settle_moved(
    tx: Transaction,
    version: tables.PathwayVersion,
    met: Mapping[UUID, Times],
    superseded: Collection[UUID],
    instant: datetime,
) -> None:
    """Does what `settle` does for people who were just moved to a version; only they are looked at.

    Args:
        version: The version.
        met: Employee → when its requirement is met, in the round they are in.
        superseded: Those for whom it supersedes what they completed of earlier versions.
        instant: Since when it does.
    """
    people, pathway = list(met), version.pathway_id
    closed = await _close(tx, {employee: {version.id: [times]} for employee, times in met.items()})
    for renewed, whose in closed.items():
        await settle(tx, whose, renewed)
    renewed_at = await renewals(tx, people, pathway)
    before = await _kept(tx, people, pathway)
    changed: list[tuple[UUID, UUID, Times]] = []
    for employee, times in met.items():
        was = before.get(employee, _NOTHING)
        earlier = was.held & Times.between(None, instant) if employee in superseded else was.held
        of_this = currency.held([times], version.validity, renewed_at.get(employee, ()))
        if earlier | of_this != was.held:
            newest = version.id if of_this else was.version or version.id
            changed.append((employee, newest, earlier | of_this))
    await _keep(tx, pathway, changed)


class _Kept(NamedTuple):
    """What is kept of somebody's completion of a pathway."""

    version: UUID | None
    held: Times


_NOTHING = _Kept(None, NEVER)


async def _kept(tx: Transaction, people: list[UUID], pathway: UUID) -> dict[UUID, _Kept]:
    row = tables.PathwayCompletion
    these = col(row.employee_id) == any_(bindparam("employees", people, ARRAY(Uuid)))
    columns = (col(row.employee_id), col(row.version_id), col(row.held))
    kept = select(*columns).where(these, col(row.pathway_id) == pathway)
    return {
        employee: _Kept(version, Times.of_multirange(held))
        for employee, version, held in (await tx.execute(kept)).all()
    }


async def _keep(tx: Transaction, pathway: UUID, changed: Sequence[tuple[UUID, UUID, Times]]) -> None:
    """Writes, for employees, the version completed last and when it holds, and tells of it."""
    if not changed:
        return
    written = insert(tables.PathwayCompletion)
    values = {name: written.excluded[name] for name in ("version_id", "held")}
    await tx.execute(
        written.on_conflict_do_update(index_elements=["employee_id", "pathway_id"], set_=values),
        [
            {
                "employee_id": employee,
                "pathway_id": pathway,
                "version_id": version,
                "held": times.to_multirange(),
            }
            for employee, version, times in changed
        ],
    )
    await tell_of_assignments(tx, [employee for employee, *_ in changed], pathway=pathway)
    await publish(tx, *(PathwayCompleted(employee, pathway) for employee, *_ in changed))


async def _met(
    tx: Transaction, pathway: UUID, followed: Mapping[UUID, Sequence["Followed"]]
) -> dict[UUID, dict[UUID, list[Times]]]:
    """Employee → version they follow → when its requirement is met, round by round."""
    requirements = {each.id: wire.parse(each.completion) for theirs in followed.values() for each in theirs}
    asked = {subject for requirement in requirements.values() for subject in subjects(requirement)}
    facts = await load(tx, followed, asked)
    opened = await openings(tx, followed, pathway)
    decide = {version: compiled(requirement) for version, requirement in requirements.items()}
    found = {}
    for employee, theirs in followed.items():
        rounds = [of_round(facts.get(employee, NO_FACTS), at) for at in opened.get(employee, [None])]
        found[employee] = {each.id: [decide[each.id](of) for of in rounds] for each in theirs}
    return found


_CLOSE = text("""
 update assignment set closed_at = greatest(assigned_at, done.since), closure = 'COMPLETED'
  from unnest(cast(:employees as uuid[]), cast(:versions as uuid[]), cast(:since as timestamptz[]))
   done(employee_id, version_id, since)
  where assignment.employee_id = done.employee_id and assignment.version_id = done.version_id
   and closed_at is null
  returning assignment.id, assignment.employee_id, renews_id, pathway_id
""").bindparams(
    bindparam("employees", type_=ARRAY(Uuid)),
    bindparam("versions", type_=ARRAY(Uuid)),
    bindparam("since", type_=ARRAY(DateTime(timezone=True))),
)


async def _close(
    tx: Transaction, met: Mapping[UUID, Mapping[UUID, Sequence[Times]]]
) -> dict[UUID, list[UUID]]:
    """Ends the open assignments to versions that are complete; which other pathways that renews, and whose.

    They end when they were complete, which may be before that was reported.
    """
    instant = now()
    complete = [
        (employee, version, interval.since)
        for employee, versions in met.items()
        for version, rounds in versions.items()
        if (interval := rounds[-1].interval_at(instant)) is not None
    ]
    if not complete:
        return {}
    whose, versions, since = zip(*complete, strict=True)
    given = {"employees": list(whose), "versions": list(versions), "since": list(since)}
    renewed: dict[UUID, list[UUID]] = {}
    closed = (await tx.execute(_CLOSE, given)).all()
    await tell(tx, ASSIGNMENT, [row.id for row in closed])
    for row in closed:
        if row.renews_id is not None and row.renews_id != row.pathway_id:
            renewed.setdefault(row.renews_id, []).append(row.employee_id)
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
    "select follows.employee_id, version.id, version.completion, version.validity,"  # noqa: S608  # a constant of ours
    " (select min(superseded_at) from assignment a join pathway_version later on later.id = a.version_id"
    "   where a.employee_id = follows.employee_id and a.pathway_id = :pathway"
    "   and later.number > version.number) as until"
    f" from ({_FOLLOWS}) follows join pathway_version version on version.id = version_id"
    " where pathway_id = :pathway order by follows.employee_id, version.number"
).bindparams(_EMPLOYEES, bindparam("pathway", type_=Uuid))


class Followed(NamedTuple):
    """A version of a pathway that somebody was assigned to or has begun."""

    id: UUID
    completion: dict[str, Any]
    validity: str | None
    until: datetime | None
    """Until when it counts, where a later one has superseded it for them."""


async def _followed(tx: Transaction, employees: list[UUID], pathway: UUID) -> dict[UUID, list[Followed]]:
    """The versions of a pathway that people follow, the newest last."""
    found: dict[UUID, list[Followed]] = {}
    for employee, *version in await tx.execute(_FOLLOWED, {"employees": employees, "pathway": pathway}):
        found.setdefault(employee, []).append(Followed(*version))
    return found


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
    whose = await _settle_each(tx, (await tx.execute(_MENTIONING, given)).all())
    for pathway, theirs in whose.items():
        await tell_of_assignments(tx, theirs, pathway=pathway)  # a step of it may be done now


async def _settle_each(tx: Transaction, found: Iterable[Any]) -> dict[UUID, list[UUID]]:
    """Settles pairs of an employee and a pathway, and gives whose each pathway is."""
    whose: dict[UUID, list[UUID]] = {}
    for employee, pathway in sorted(found):
        whose.setdefault(pathway, []).append(employee)
    await one_at_a_time(tx, {employee for theirs in whose.values() for employee in theirs})
    for pathway, theirs in whose.items():
        await settle(tx, theirs, pathway)
    return whose


_TO_SETTLE = text(
    "select distinct employee_id, pathway_id from assignment"
    " where id = any(:assignments) and closed_at is null"
).bindparams(bindparam("assignments", type_=ARRAY(Uuid)))


@subscribe(PathwayAssigned)
async def settle_assigned(tx: Transaction, event: PathwayAssigned) -> None:
    """All that a pathway takes may have been done before somebody is assigned to it."""
    await _settle_each(tx, (await tx.execute(_TO_SETTLE, {"assignments": list(event.assignments)})).all())


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
