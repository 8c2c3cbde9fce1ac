"""What people have done of a pathway, and what follows from it: its completion, and evidence of skills.

A completion is kept as the set of times during which it holds, evaluated from the version's requirement
each time a fact it rests on changes; so it can be asked of any date.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now, since
from cairn.db.tables import Ref
from cairn.jobs.events import publish, subscribe
from cairn.pathways import tables
from cairn.pathways.events import PathwayAssigned, PathwayCompleted, StepCompleted
from cairn.pathways.tables import Closure, ProgressKind, Proof, VersionStatus
from cairn.people.employ import one_at_a_time
from cairn.people.events import EmploymentChanged
from cairn.people.history import EmployeeId
from cairn.people.reporting import is_above
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.requirements.evaluate import evaluate
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.times import Times, at_least
from cairn.requirements.tree import StepDone, Subject, SubjectKind, subjects
from cairn.skills.assess import add
from cairn.skills.events import EvidenceChanged, EvidenceImported
from cairn.skills.facts import Found, facts_of, load, mentioned, mentions, names
from cairn.skills.tables import Source

StepId = Annotated[UUID, Ref("Step")]
ProgressId = Annotated[UUID, Ref("Progress")]

_SOURCE = {
    Proof.SELF: Source.SELF,
    Proof.MANAGER: Source.MANAGER,
    Proof.ASSESSMENT: Source.ASSESSMENT,
    Proof.IMPORTED: Source.IMPORT,
}


@dataclass
class RequirementNotMet(Refusal):
    """Something comes before this."""

    missing: list[str] = field(default_factory=list)
    """What is missing, a sentence each."""


@dataclass
class AlreadyDone(Refusal):
    """The step is done already."""

    step: StepId | None = None
    """The step."""


async def start_step(
    tx: Transaction, viewer: Viewer, *, step: StepId, employee: EmployeeId | None = None
) -> tables.Progress:
    """Records that work on a step began.

    Args:
        step: The step.
        employee: Who works on it; you by default.
    """
    found, who = await _seen(tx, viewer, step, employee)
    await _may_start(tx, found, who)
    return await _record(tx, viewer, found, who, ProgressKind.STARTED, None, None)


async def complete_step(
    tx: Transaction,
    viewer: Viewer,
    *,
    step: StepId,
    employee: EmployeeId | None = None,
    score: int | None = None,
    note: str | None = None,
) -> tables.Progress:
    """Records that a step was completed.

    Who may say so depends on how the step's completion is proved: the person, somebody above them, or
    whoever keeps the results of assessments.

    Args:
        step: The step.
        employee: Who completed it; you by default.
        score: The score of an assessment, in percent.
        note: What it is based on.
    """
    found, who = await _seen(tx, viewer, step, employee)
    if found.nested_pathway_id is not None:
        raise NotAllowed("This step is completed by completing the pathway in it.")
    await _may_confirm(tx, viewer, found, who)
    if found.pass_mark is not None and (score is None or score < found.pass_mark):
        raise invalid("score", f"must be at least {found.pass_mark}, the mark to pass")
    if score is not None and not 0 <= score <= 100:
        raise invalid("score", "must be from 0 to 100")
    await _may_start(tx, found, who)
    progress = await _record(tx, viewer, found, who, ProgressKind.COMPLETED, score, note)
    await _grant(tx, viewer, found, who, progress)
    await settle(tx, who, (await _version(tx, found)).pathway_id)
    await publish(tx, StepCompleted(who, found.id))
    return progress


async def _seen(
    tx: Transaction, viewer: Viewer, step: UUID, employee: UUID | None
) -> tuple[tables.Step, UUID]:
    found = await tx.get(tables.Step, step)
    if found is None or (await _version(tx, found)).status is VersionStatus.DRAFT:
        raise NotFound("There is no such step in a pathway that was published.", id=step)
    who = employee or viewer.employee
    if who is None:
        raise invalid("employee", "must be given, since you are not an employee yourself")
    if who == viewer.employee or await is_above(tx, viewer, who):
        return found, who
    if not viewer.may(Permission.WRITE_LEARNING) or await tx.get(Employee, who) is None:
        raise NotFound("There is no such employee among those you manage.", id=who)
    return found, who


async def _version(tx: Transaction, step: tables.Step) -> tables.PathwayVersion:
    return await tx.get_one(tables.PathwayVersion, step.version_id)


async def _may_confirm(tx: Transaction, viewer: Viewer, step: tables.Step, who: UUID) -> None:
    if viewer.may(Permission.WRITE_LEARNING) or step.proof is Proof.SELF:
        return
    if step.proof is Proof.MANAGER and await is_above(tx, viewer, who):
        return
    by = {
        Proof.MANAGER: "somebody above the person",
        Proof.ASSESSMENT: "whoever keeps the results of the assessment",
        Proof.IMPORTED: "the system it happened in",
    }[step.proof]
    raise NotAllowed(f"The completion of this step is recorded by {by}.")


async def _may_start(tx: Transaction, step: tables.Step, who: UUID) -> None:
    """Raises where the step is done, or something before it is not."""
    await one_at_a_time(tx, [who])
    requirement, instant = wire.parse(step.requirement), now()
    own = Subject(SubjectKind.STEP, step.id)
    asked = {*subjects(requirement), own}
    facts = (await load(tx, [who], asked)).get(who, NO_FACTS)
    if instant in evaluate(StepDone(step.id), facts):
        raise AlreadyDone("The step is done already.", step=step.id)
    if instant not in evaluate(requirement, facts):
        known = await names(tx, asked)
        rows = explain(requirement, facts, instant, lambda subject: known.get(subject, "something")).flatten()
        missing = [row.text for row in rows if not row.of and not row.met]
        raise RequirementNotMet("Something comes before this step.", missing=missing)


async def _record(
    tx: Transaction,
    viewer: Viewer,
    step: tables.Step,
    who: UUID,
    kind: ProgressKind,
    score: int | None,
    note: str | None,
) -> tables.Progress:
    progress = tables.Progress(
        employee_id=who,
        step_id=step.id,
        kind=kind,
        valid=since(now()),
        score=score,
        note=note,
        recorded_by_id=viewer.employee,
    )
    tx.add(progress)
    await tx.flush()
    await audit.record(
        tx,
        viewer,
        f"step.{kind.lower()}",
        progress,
        after={"step": str(step.id), "employee": str(who), "score": score},
    )
    return progress


async def _grant(
    tx: Transaction, viewer: Viewer, step: tables.Step, who: UUID, progress: tables.Progress
) -> None:
    """A completed step is evidence of the skills it grants, as good as the proof of its completion."""
    grants = select(tables.StepGrant).where(col(tables.StepGrant.step_id) == step.id)
    for grant in (await tx.execute(grants)).scalars().all():
        await add(
            tx,
            employee=who,
            skill=grant.skill_id,
            level=grant.level,
            source=_SOURCE[step.proof],
            valid=progress.valid,
            asserted_by=viewer.employee,
            note=f"Completed: {step.title}",
            cause=progress.id,
        )


async def settle(tx: Transaction, employee: UUID, pathway: UUID) -> None:
    """Brings somebody's completion of a pathway up to date with the facts, and tells when it changed.

    Who follows several versions of it has completed it while any of them is; an assignment ends with the
    version it is of.
    """
    await one_at_a_time(tx, [employee])
    versions = await _followed(tx, employee, pathway)
    requirements = {version.id: wire.parse(version.completion) for version in versions}
    mentioned = {subject for requirement in requirements.values() for subject in subjects(requirement)}
    facts = (await load(tx, [employee], mentioned)).get(employee, NO_FACTS)
    met = {version: evaluate(requirement, facts) for version, requirement in requirements.items()}
    await _close(tx, employee, [version for version, times in met.items() if now() in times])
    held = select(col(tables.PathwayCompletion.held)).where(
        col(tables.PathwayCompletion.employee_id) == employee,
        col(tables.PathwayCompletion.pathway_id) == pathway,
    )
    before = (await tx.execute(held)).scalar_one_or_none()
    times = at_least(1, list(met.values()))
    if Times.of_multirange(before or ()) == times:
        return
    newest = next((version for version in reversed(met) if met[version]), versions[-1].id)
    values = {"version_id": newest, "held": times.to_multirange()}
    key = {"employee_id": employee, "pathway_id": pathway}
    kept = insert(tables.PathwayCompletion).values(**key, **values)
    await tx.execute(kept.on_conflict_do_update(index_elements=list(key), set_=values))
    await publish(tx, PathwayCompleted(employee, pathway))


async def _close(tx: Transaction, employee: UUID, versions: list[UUID]) -> None:
    """Ends the open assignment to one of those versions, where there is one."""
    done = update(tables.Assignment).where(
        col(tables.Assignment.employee_id) == employee,
        col(tables.Assignment.version_id).in_(versions),
        col(tables.Assignment.closed_at).is_(None),
    )
    await tx.execute(done.values(closed_at=now(), closure=Closure.COMPLETED))


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


@subscribe(PathwayAssigned)
async def settle_assigned(tx: Transaction, event: PathwayAssigned) -> None:
    """All that a pathway takes may have been done before somebody is assigned to it."""
    if (found := await tx.get(tables.Assignment, event.assignment)) is not None:
        await settle(tx, found.employee_id, found.pathway_id)


@subscribe(PathwayCompleted)
async def settle_pathways_around(tx: Transaction, event: PathwayCompleted) -> None:
    """A completed pathway is a completed step of the pathways it is nested in."""
    await settle_mentioning(tx, [event.employee], SubjectKind.PATHWAY, [event.pathway])


@subscribe(EvidenceChanged)
async def settle_for_skill(tx: Transaction, event: EvidenceChanged) -> None:
    """A skill may complete a pathway."""
    await settle_mentioning(tx, [event.employee], SubjectKind.SKILL, [event.skill])


@subscribe(EvidenceImported)
async def settle_for_skills(tx: Transaction, event: EvidenceImported) -> None:
    """The skills of many people may complete pathways."""
    await settle_mentioning(tx, event.employees, SubjectKind.SKILL, event.skills)


@subscribe(EmploymentChanged)
async def settle_for_employment(tx: Transaction, event: EmploymentChanged) -> None:
    """Where somebody works may complete a pathway."""
    await settle_mentioning(tx, event.employees, SubjectKind.EMPLOYMENT, None)


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
