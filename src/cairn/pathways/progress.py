"""What people do of a pathway: its steps begun, completed, waived, accepted for something else, and reset.

Facts may come late and out of order: each says when it happened, and what follows from them is worked out
anew (`completion.py`). What comes before a step holds back people, not programs: another system that reports
what has happened reports it in whatever order it likes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, NotFound, Refusal, check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import Ref
from cairn.jobs.events import publish
from cairn.pathways import tables
from cairn.pathways.completion import reopen, settle
from cairn.pathways.currency import of_round, openings
from cairn.pathways.events import StepCompleted, tell_of_assignments
from cairn.pathways.tables import ProgressKind, Proof, VersionStatus
from cairn.people.employ import one_at_a_time
from cairn.people.history import EmployeeId
from cairn.people.reporting import is_above
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.requirements.evaluate import evaluate
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Facts
from cairn.requirements.tree import Subject, SubjectKind, subjects
from cairn.skills.assess import add, withdraw_caused
from cairn.skills.facts import load, names
from cairn.skills.tables import Source

StepId = Annotated[UUID, Ref("Step")]
ProgressId = Annotated[UUID, Ref("Progress")]

SOURCE = {
    Proof.SELF: Source.SELF,
    Proof.MANAGER: Source.MANAGER,
    Proof.ASSESSMENT: Source.ASSESSMENT,
    Proof.IMPORTED: Source.IMPORT,
}
"""Whose word a completion is as evidence, by how it is proved."""


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


@dataclass
class NothingDone(Refusal):
    """Nothing is recorded of this step that could be reset."""

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
    instant = now()
    await _not_done(tx, found, who, instant)
    await _may_start(tx, found, who, instant)
    return await _record(tx, viewer, found, who, ProgressKind.STARTED, instant)


async def complete_step(
    tx: Transaction,
    viewer: Viewer,
    *,
    step: StepId,
    employee: EmployeeId | None = None,
    score: int | None = None,
    note: str | None = None,
    completed_at: datetime | None = None,
) -> tables.Progress:
    """Records that a step was completed.

    Who may say so depends on how the step's completion is proved: the person, somebody above them, or
    whoever keeps the results of assessments.

    Args:
        step: The step.
        employee: Who completed it; you by default.
        score: The score of an assessment, in percent.
        note: What it is based on.
        completed_at: When it was completed; now by default.
    """
    found, who = await _seen(tx, viewer, step, employee)
    if found.nested_pathway_id is not None:
        raise NotAllowed("This step is completed by completing the pathway in it.")
    await _may_confirm(tx, viewer, found, who)
    if found.pass_mark is not None and (score is None or score < found.pass_mark):
        raise invalid("score", f"must be at least {found.pass_mark}, the mark to pass")
    if score is not None and not 0 <= score <= 100:
        raise invalid("score", "must be from 0 to 100")
    instant = _when(completed_at)
    await _not_done(tx, found, who, instant)
    if viewer.employee is not None:
        await _may_start(tx, found, who, instant)
    progress = await _record(tx, viewer, found, who, ProgressKind.COMPLETED, instant, score=score, note=note)
    await _grant(tx, viewer, found, who, progress, SOURCE[found.proof])
    await _follow(tx, found, who)
    return progress


async def waive_step(
    tx: Transaction, viewer: Viewer, *, step: StepId, employee: EmployeeId, reason: str
) -> tables.Progress:
    """Lets somebody finish a pathway without one of its steps; it grants no skills.

    Args:
        step: The step.
        employee: Whom it is waived for.
        reason: Why.
    """
    found, who = await _decided(tx, viewer, step, employee, reason)
    progress = await _record(tx, viewer, found, who, ProgressKind.WAIVED, now(), note=reason)
    await _follow(tx, found, who)
    return progress


async def accept_equivalent(
    tx: Transaction,
    viewer: Viewer,
    *,
    step: StepId,
    employee: EmployeeId,
    reason: str,
    completed_at: datetime | None = None,
) -> tables.Progress:
    """Accepts something else that somebody has done for a step; it grants the skills that the step grants.

    Args:
        step: The step.
        employee: Who has done something else.
        reason: What it was, and why it is as good.
        completed_at: When it was done; now by default.
    """
    instant = _when(completed_at)
    found, who = await _decided(tx, viewer, step, employee, reason)
    progress = await _record(tx, viewer, found, who, ProgressKind.EQUIVALENT, instant, note=reason)
    voice = Source.MANAGER if await is_above(tx, viewer, who) else Source.ASSESSMENT
    await _grant(tx, viewer, found, who, progress, voice)
    await _follow(tx, found, who)
    return progress


async def reset_step(
    tx: Transaction, viewer: Viewer, *, step: StepId, reason: str, employee: EmployeeId | None = None
) -> tables.Step:
    """Withdraws what is recorded of a step, so that it can be done anew.

    The records stay, with who withdrew them and why; so does the evidence that they granted. An assignment
    that had ended with the pathway's completion is open again where the pathway is not complete without the
    step. One resets what one may say oneself; anything else is for managers and learning admins.

    Args:
        step: The step.
        reason: Why.
        employee: Whose step it is; yours by default.
    """
    found, who = await _seen(tx, viewer, step, employee)
    check_reason(reason)
    if not (viewer.may(Permission.WRITE_LEARNING) or await is_above(tx, viewer, who)):
        _require_own_word(found)
    await one_at_a_time(tx, [who])
    row = tables.Progress
    recorded = select(col(row.id)).where(
        col(row.employee_id) == who, col(row.step_id) == found.id, col(row.withdrawn_at).is_(None)
    )
    records = (await tx.execute(recorded)).scalars().all()
    if not records:
        raise NothingDone("Nothing is recorded of this step.", step=step)
    await audit.record(
        tx, viewer, "step.reset", ("Step", found.id), after={"employee": str(who), "reason": reason}
    )
    await withdraw(tx, viewer, records, reason)
    return found


async def withdraw(tx: Transaction, viewer: Viewer, records: Sequence[UUID], reason: str) -> None:
    """Withdraws records on behalf of a verb that has checked who may, with what follows from them."""
    ids = (await tx.execute(_SAME, {"records": list(records)})).scalars().all()
    rows = (await tx.execute(select(tables.Progress).where(col(tables.Progress.id).in_(ids)))).scalars().all()
    for each in rows:
        each.withdrawn_at, each.withdrawn_by_id, each.withdrawn_reason = now(), viewer.employee, reason
        tx.add(each)
    await tx.flush()
    await withdraw_caused(tx, viewer, [each.id for each in rows], reason)
    for who, step in sorted({(each.employee_id, each.step_id) for each in rows}):
        version = await _version(tx, await tx.get_one(tables.Step, step))
        await tell_of_assignments(tx, [who], version=version.id)
        await settle(tx, [who], version.pathway_id)
        await reopen(tx, who, version.id)


_SAME = text("""
 with recursive same as (
  select id, carried_from_id from progress where id = any(:records) and withdrawn_at is null
  union
  select other.id, other.carried_from_id from progress other join same
   on other.id = same.carried_from_id or other.carried_from_id = same.id
   where other.withdrawn_at is null)
 select id from same order by id
""").bindparams(bindparam("records", type_=ARRAY(Uuid)))
"""Records with what they were carried from, in another version, and what was carried from them."""


def _require_own_word(step: tables.Step) -> None:
    if step.proof is not Proof.SELF:
        raise NotAllowed("What somebody else has recorded is reset by your managers and by learning admins.")


def _when(told: datetime | None) -> datetime:
    """When something happened. Raises `InvalidInput` for what has not happened yet."""
    instant = now()
    if told is not None and told > instant:
        raise invalid("completedAt", "must not lie in the future")
    return told or instant


async def _decided(
    tx: Transaction, viewer: Viewer, step: UUID, employee: UUID, reason: str
) -> tuple[tables.Step, UUID]:
    """A step and the person for whom it is decided that it need not be done as it is written."""
    found, who = await _seen(tx, viewer, step, employee)
    if not (viewer.may(Permission.WRITE_LEARNING) or await is_above(tx, viewer, who)):
        raise NotAllowed("This is decided by the person's managers and by learning admins.")
    if found.nested_pathway_id is not None:
        raise NotAllowed(
            "This step is completed by completing the pathway in it; waive the steps of that one."
        )
    check_reason(reason)
    await _not_done(tx, found, who, now())
    return found, who


async def _follow(tx: Transaction, step: tables.Step, who: UUID) -> None:
    await settle(tx, [who], (await _version(tx, step)).pathway_id)
    await publish(tx, StepCompleted(who, step.id))


async def _seen(
    tx: Transaction, viewer: Viewer, step: UUID, employee: UUID | None
) -> tuple[tables.Step, UUID]:
    found = await find(tx, viewer, tables.Step, step)
    if (await _version(tx, found)).status is VersionStatus.DRAFT:
        raise NotFound("There is no such step in a pathway that was published.", id=step)
    who = employee or viewer.employee
    if who is None:
        raise invalid("employee", "must be given, since you are not an employee yourself")
    if who == viewer.employee or await is_above(tx, viewer, who):
        return found, who
    await find(tx, viewer, Employee, who)
    if not viewer.may(Permission.WRITE_LEARNING):
        raise NotAllowed("Steps are recorded by the person, their managers and learning admins.")
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


async def _not_done(tx: Transaction, step: tables.Step, who: UUID, instant: datetime) -> None:
    """Raises `AlreadyDone` where the step was done then, or is by now."""
    await one_at_a_time(tx, [who])
    own = Subject(SubjectKind.STEP, step.id)
    done = (await _facts(tx, step, who, [own])).get(own, ())
    if any(fact.until is None or fact.until > instant for fact in done):
        raise AlreadyDone("The step is done already.", step=step.id)


async def _facts(tx: Transaction, step: tables.Step, who: UUID, asked: Iterable[Subject]) -> Facts:
    """What counts in the round that somebody is in."""
    opened = await openings(tx, [who], (await _version(tx, step)).pathway_id)
    return of_round((await load(tx, [who], asked)).get(who, NO_FACTS), opened[who][-1])


async def _may_start(tx: Transaction, step: tables.Step, who: UUID, instant: datetime) -> None:
    """Raises `RequirementNotMet` where something before the step was not done then."""
    requirement = wire.parse(step.requirement)
    asked = subjects(requirement)
    facts = await _facts(tx, step, who, asked)
    if instant in evaluate(requirement, facts):
        return
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
    instant: datetime,
    *,
    score: int | None = None,
    note: str | None = None,
) -> tables.Progress:
    progress = tables.Progress(
        employee_id=who,
        step_id=step.id,
        kind=kind,
        valid=since(instant),
        score=score,
        note=note,
        recorded_by_id=viewer.employee,
    )
    tx.add(progress)
    await tx.flush()
    await tell_of_assignments(tx, [who], version=step.version_id)
    await audit.record(
        tx,
        viewer,
        f"step.{kind.lower()}",
        progress,
        after={"step": str(step.id), "employee": str(who), "score": score},
    )
    return progress


async def _grant(
    tx: Transaction,
    viewer: Viewer,
    step: tables.Step,
    who: UUID,
    progress: tables.Progress,
    source: Source,
) -> None:
    """A completed step is evidence of the skills it grants, as good as the proof of its completion."""
    grants = select(tables.StepGrant).where(col(tables.StepGrant.step_id) == step.id)
    for grant in (await tx.execute(grants)).scalars().all():
        await add(
            tx,
            employee=who,
            skill=grant.skill_id,
            level=grant.level,
            source=source,
            valid=progress.valid,
            asserted_by=viewer.employee,
            note=f"Completed: {step.title}",
            cause=progress.id,
        )
