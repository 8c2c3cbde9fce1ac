"""What people have done of a pathway, and what follows from it: its completion, and evidence of skills.

A completion is kept as the set of times during which it holds, evaluated from the version's requirement
each time a fact it rests on changes; so it can be asked of any date.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, or_, select, text, update
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
from cairn.pathways.events import PathwayCompleted
from cairn.pathways.tables import Closure, ProgressKind, Proof
from cairn.people.history import EmployeeId
from cairn.people.reporting import is_above
from cairn.requirements import wire
from cairn.requirements.evaluate import evaluate
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.times import Times
from cairn.requirements.tree import StepDone, Subject, SubjectKind, subjects
from cairn.skills.assess import add
from cairn.skills.facts import Found, facts_of, load, names
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
    await _may_confirm(tx, viewer, found, who)
    if found.pass_mark is not None and (score is None or score < found.pass_mark):
        raise invalid("score", f"must be at least {found.pass_mark}, the mark to pass")
    if score is not None and not 0 <= score <= 100:
        raise invalid("score", "must be from 0 to 100")
    await _may_start(tx, found, who)
    progress = await _record(tx, viewer, found, who, ProgressKind.COMPLETED, score, note)
    await _grant(tx, viewer, found, who, progress)
    await settle(tx, who, found.version_id)
    return progress


async def _seen(
    tx: Transaction, viewer: Viewer, step: UUID, employee: UUID | None
) -> tuple[tables.Step, UUID]:
    found = await tx.get(tables.Step, step)
    if found is None:
        raise NotFound("There is no such step.", id=step)
    who = employee or viewer.employee
    if who is None:
        raise invalid("employee", "must be given, since you are not an employee yourself")
    if (
        who != viewer.employee
        and not viewer.may(Permission.WRITE_LEARNING)
        and not await is_above(tx, viewer, who)
    ):
        raise NotFound("There is no such employee among those you manage.", id=who)
    return found, who


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
    requirement, instant = wire.parse(step.requirement), now()
    own = Subject(SubjectKind.STEP, step.id)
    asked = {*subjects(requirement), own}
    facts = (await load(tx, [who], asked)).get(who, NO_FACTS)
    if instant in evaluate(StepDone(step.id), facts):
        raise AlreadyDone("The step is done already.", step=step.id)
    if instant not in evaluate(requirement, facts):
        known = await names(tx, asked)
        rows = explain(requirement, facts, instant, lambda subject: known.get(subject, "something")).flatten()
        missing = [row.text for row in rows if row.subject is not None and not row.met]
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


async def settle(tx: Transaction, employee: UUID, version: UUID) -> None:
    """Brings somebody's completion of a pathway up to date with the facts, and tells when it changed."""
    found = await tx.get_one(tables.PathwayVersion, version)
    requirement = wire.parse(found.completion)
    facts = (await load(tx, [employee], subjects(requirement))).get(employee, NO_FACTS)
    times = evaluate(requirement, facts)
    held = select(col(tables.PathwayCompletion.held)).where(
        col(tables.PathwayCompletion.employee_id) == employee,
        col(tables.PathwayCompletion.pathway_id) == found.pathway_id,
    )
    before = (await tx.execute(held)).scalar_one_or_none()
    if Times.of_multirange(before or ()) == times:
        return
    values = {"version_id": version, "held": times.to_multirange()}
    key = {"employee_id": employee, "pathway_id": found.pathway_id}
    kept = insert(tables.PathwayCompletion).values(**key, **values)
    await tx.execute(kept.on_conflict_do_update(index_elements=list(key), set_=values))
    if now() in times:
        done = update(tables.Assignment).where(
            col(tables.Assignment.employee_id) == employee,
            col(tables.Assignment.pathway_id) == found.pathway_id,
            col(tables.Assignment.closed_at).is_(None),
        )
        await tx.execute(done.values(closed_at=now(), closure=Closure.COMPLETED))
    await publish(tx, PathwayCompleted(employee, found.pathway_id))


@subscribe(PathwayCompleted)
async def settle_pathways_around(tx: Transaction, event: PathwayCompleted) -> None:
    """A completed pathway is a completed step of the pathways it is nested in."""
    around = await tx.execute(
        select(col(tables.Step.version_id))
        .where(col(tables.Step.nested_pathway_id) == event.pathway)
        .distinct()
    )
    for version in around.scalars().all():
        if await _follows(tx, event.employee, version):
            await settle(tx, event.employee, version)


async def _follows(tx: Transaction, employee: UUID, version: UUID) -> bool:
    assigned = select(col(tables.Assignment.id)).where(
        col(tables.Assignment.employee_id) == employee, col(tables.Assignment.version_id) == version
    )
    begun = (
        select(col(tables.Progress.id))
        .join(tables.Step, col(tables.Step.id) == col(tables.Progress.step_id))
        .where(col(tables.Progress.employee_id) == employee, col(tables.Step.version_id) == version)
    )
    return bool((await tx.execute(select(or_(assigned.exists(), begun.exists())))).scalar())


_DONE = text(
    "select employee_id, step_id, id, valid from progress where employee_id = any(:employees)"
    " and step_id = any(:ids) and kind <> 'STARTED' and withdrawn_at is null"
    " union all"
    " select employee_id, step.id, null, unnest(held) from pathway_completion"
    " join step on step.nested_pathway_id = pathway_completion.pathway_id"
    " where employee_id = any(:employees) and step.id = any(:ids)"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("ids", type_=ARRAY(Uuid)))


@facts_of(SubjectKind.STEP)
async def steps_done(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Completions of steps, of whatever kind; a nested pathway's completion is its step's."""
    rows = (await tx.execute(_DONE, {"employees": employees, "ids": ids})).all()
    return [(row.employee_id, SubjectKind.STEP, row.step_id, _fact(row.valid, row.id)) for row in rows]


_COMPLETED = text(
    "select employee_id, pathway_id, unnest(held) as valid from pathway_completion"
    " where employee_id = any(:employees) and pathway_id = any(:ids)"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("ids", type_=ARRAY(Uuid)))


@facts_of(SubjectKind.PATHWAY)
async def pathways_done(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Completions of pathways."""
    rows = (await tx.execute(_COMPLETED, {"employees": employees, "ids": ids})).all()
    return [(row.employee_id, SubjectKind.PATHWAY, row.pathway_id, _fact(row.valid)) for row in rows]


def _fact(valid: Range[datetime], source: UUID | None = None) -> Fact:
    return Fact(valid.lower, valid.upper, (source,) if source is not None else ())
