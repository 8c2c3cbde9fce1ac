"""Assigning people to a pathway: one call, however many they are, and a result for each."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, insert, or_, select, text, true
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, Refusal, check_reason, invalid
from cairn.access.viewer import Viewer, system
from cairn.db.engine import Transaction
from cairn.db.ranges import midnight, now
from cairn.db.tables import Ref
from cairn.graph.limits import BULK
from cairn.graph.scalars import Duration, check_calendar
from cairn.jobs.events import publish, subscribe
from cairn.jobs.happenings import tell
from cairn.jobs.schedule import every
from cairn.pathways import audience, tables
from cairn.pathways.audience import SkillGap
from cairn.pathways.author import PathwayId
from cairn.pathways.currency import LAPSING
from cairn.pathways.events import ASSIGNMENT, pathways_assigned
from cairn.pathways.tables import Cause, Closure, VersionStatus
from cairn.people.events import EmploymentChanged
from cairn.people.history import DepartmentId, EmployeeId, JobRoleId
from cairn.people.reporting import is_above
from cairn.people.tables import Employment
from cairn.people.teams import TeamId
from cairn.requirements import duration

AssignmentId = Annotated[UUID, Ref("Assignment")]


class AssignOutcome(StrEnum):
    """What came of assigning one person."""

    ASSIGNED = "ASSIGNED"
    """The person is assigned."""
    SCHEDULED = "SCHEDULED"
    """The person is assigned from a day to come on."""
    ALREADY_ASSIGNED = "ALREADY_ASSIGNED"
    """The person was assigned before, and has not finished."""
    NOT_EMPLOYED = "NOT_EMPLOYED"
    """The person has left."""
    NOT_ALLOWED = "NOT_ALLOWED"
    """You neither manage this person, or will, nor are a learning admin; or there is no such person."""


@dataclass(frozen=True)
class AssignResult:
    """What came of assigning one person."""

    employee: EmployeeId | None
    """The person."""
    outcome: AssignOutcome
    """What came of it."""
    assignment: AssignmentId | None
    """The assignment, new or from before."""


@dataclass(frozen=True)
class AssignPathwayPayload:
    """What came of assigning people to a pathway."""

    pathway: PathwayId
    """The pathway."""
    results: list[AssignResult] = field(default_factory=list)
    """One for each person, in the order they were named."""


@dataclass
class NotPublished(Refusal):
    """The pathway has no published version to assign people to."""

    pathway: PathwayId | None = None
    """The pathway."""


@dataclass
class AssignmentClosed(Refusal):
    """The assignment has ended."""

    assignment: AssignmentId | None = None
    """The assignment."""


_STANDING = text(
    "select asked.id as employee_id,"  # noqa: S608  # a constant of ours
    " (select min(lower(valid)) from employment e where e.employee_id = asked.id"
    "   and (upper_inf(valid) or upper(valid) > cast(:today as date))) as starts,"
    " exists (select 1 from reporting_line l where l.manager_id = :viewer and l.employee_id = asked.id"
    "   and l.valid && daterange(cast(:today as date), null)) as managed,"
    " (select a.id from assignment a where a.employee_id = asked.id and a.pathway_id = :pathway"
    "   and a.closed_at is null) as open,"
    " (select coalesce(max(round), 1) from assignment a where a.employee_id = asked.id"
    "   and a.pathway_id = :pathway)"
    " + (exists (select 1 from pathway_completion completion"
    "   join pathway_version version on version.id = completion.version_id"
    "   where completion.employee_id = asked.id and completion.pathway_id = :pathway"
    f"   and {LAPSING}))::int as round"
    " from unnest(cast(:employees as uuid[])) asked(id)"
    " join employee on employee.id = asked.id and erased_at is null"
).bindparams(
    bindparam("employees", type_=ARRAY(Uuid)),
    bindparam("viewer", type_=Uuid),
    bindparam("pathway", type_=Uuid),
)


async def assign_pathway(
    tx: Transaction,
    viewer: Viewer,
    *,
    pathway: PathwayId,
    employees: list[EmployeeId] | None = None,
    teams: list[TeamId] | None = None,
    departments: list[DepartmentId] | None = None,
    job_roles: list[JobRoleId] | None = None,
    gap: SkillGap | None = None,
    due_on: date | None = None,
    due_within: Duration | None = None,
    starts_on: date | None = None,
    priority: int = 3,
    reason: str | None = None,
) -> AssignPathwayPayload:
    """Assigns people to the published version of a pathway.

    One assigns oneself, the people one manages or will manage, and, as a learning admin, everybody.

    Args:
        pathway: The pathway.
        employees: The people.
        teams: Teams, for everybody who is in one of them now.
        departments: Departments, for everybody who works in one of them or below, or is about to start there.
        job_roles: Job roles, for everybody who works in one of them, or is about to start in one.
        gap: A column of a team skill matrix, for those you manage who have a gap there.
        due_on: The day by which it is to be completed.
        due_within: How long after the assignment starts it is to be completed, in place of a day.
        starts_on: The day from which on it is to be done; at once, or on the first day at work, by default.
        priority: From 1, most important, to 5.
        reason: Why, for those who are assigned.
    """
    check_priority(priority)
    instant = now()
    _check_days(instant.date(), due_on, due_within, starts_on)
    # One at a time for each pathway: of two that assign somebody at once, the second finds the first's.
    await find(tx, viewer, tables.Pathway, pathway, lock=True)
    version = await assignable(tx, pathway)
    asking = audience.Asking(viewer.employee, viewer.may(Permission.WRITE_LEARNING), instant)
    named = await audience.belonging(
        tx, asking, teams=teams or [], departments=departments or [], job_roles=job_roles or []
    )
    if gap is not None:
        named += await audience.lacking(tx, asking, gap)
    asked = list(dict.fromkeys([*(employees or []), *named]))
    if not asked and gap is None:
        raise invalid(
            "employees", "must name somebody, or teams, departments or job roles with somebody in them"
        )
    if len(asked) > BULK:
        raise invalid(
            "employees",
            f"are {len(asked)} with those of the teams, departments and job roles; at most {BULK} at once",
        )
    results, rows = await _decide(tx, viewer, pathway, asked, starts_on)
    made = [
        {
            "id": row["id"],
            "employee_id": row["employee"],
            "pathway_id": pathway,
            "version_id": version.id,
            "assigned_by_id": viewer.employee,
            "cause": Cause.SELF if row["employee"] == viewer.employee else Cause.MANAGER,
            "reason": reason,
            "priority": priority,
            "assigned_at": instant,
            "starts_on": row["starts"],
            "round": row["round"],
            "due_on": due_on
            if due_within is None
            else due_after(row["starts"] or instant.date(), due_within),
        }
        for row in rows
    ]
    if made:
        await tx.execute(insert(tables.Assignment), made)
        await publish(tx, *pathways_assigned([row["id"] for row in made]))
        await audit.record(
            tx,
            viewer,
            "pathway.assign",
            ("Pathway", pathway),
            after={"employees": [str(row["employee_id"]) for row in made]},
        )
    return AssignPathwayPayload(pathway, results)


def _check_days(
    today: date, due_on: date | None, due_within: Duration | None, starts_on: date | None
) -> None:
    if due_on is not None and due_within is not None:
        raise invalid("dueWithin", "and dueOn are two ways to say the same; give one of them")
    if due_on is not None and due_on < max(today, starts_on or today):
        raise invalid("dueOn", "must not lie in the past, nor before startsOn")
    if starts_on is not None and starts_on < today:
        raise invalid("startsOn", "must not lie in the past")
    check_calendar(due_within, "dueWithin", must_end=True)


def check_priority(priority: int) -> None:
    """Raises `InvalidInput` where it is none."""
    if not 1 <= priority <= 5:
        raise invalid("priority", "must be from 1 to 5")


def due_after(start: date, length: str) -> date:
    """The day so long after another. Raises `ValueError` for what is no whole number of days."""
    end = duration.Duration.parse(length).after(midnight(start))
    if end is None:
        raise ValueError("goes beyond the end of the calendar")
    return end.date()


async def _decide(
    tx: Transaction, viewer: Viewer, pathway: UUID, asked: Collection[UUID], starts_on: date | None
) -> tuple[list[AssignResult], list[dict[str, Any]]]:
    """A result for each person, and what to insert for those who are assigned."""
    today = now().date()
    given = {
        "employees": list(asked),
        "viewer": viewer.employee,
        "pathway": pathway,
        "today": today,
        "now": now(),
    }
    standing = {row.employee_id: row for row in (await tx.execute(_STANDING, given)).all()}
    everybody = viewer.may(Permission.WRITE_LEARNING)
    results: list[AssignResult] = []
    rows: list[dict[str, Any]] = []
    for employee in asked:
        row = standing.get(employee)
        if row is None or not (everybody or row.managed or employee == viewer.employee):
            results.append(AssignResult(employee, AssignOutcome.NOT_ALLOWED, None))
        elif row.open is not None:
            results.append(AssignResult(employee, AssignOutcome.ALREADY_ASSIGNED, row.open))
        elif row.starts is None:
            results.append(AssignResult(employee, AssignOutcome.NOT_EMPLOYED, None))
        else:
            first_day = max(row.starts, starts_on or today)
            waits = first_day if first_day > today else None
            made = {
                "id": tables.Assignment.new_id(),
                "employee": employee,
                "starts": waits,
                "round": row.round,
            }
            rows.append(made)
            outcome = AssignOutcome.ASSIGNED if waits is None else AssignOutcome.SCHEDULED
            results.append(AssignResult(employee, outcome, made["id"]))
    return results, rows


async def published(tx: Transaction, pathway: UUID) -> tables.PathwayVersion | None:
    """The version that people are assigned to, where there is one."""
    version = tables.PathwayVersion
    found = await tx.execute(
        select(version).where(
            col(version.pathway_id) == pathway, col(version.status) == VersionStatus.PUBLISHED
        )
    )
    return found.scalar_one_or_none()


async def assignable(tx: Transaction, pathway: UUID) -> tables.PathwayVersion:
    """The version that people are assigned to. Raises `NotPublished`."""
    version = await published(tx, pathway)
    if version is None:
        raise NotPublished("The pathway has no published version; publish its draft first.", pathway=pathway)
    return version


async def cancel_assignment(
    tx: Transaction, viewer: Viewer, *, assignment: AssignmentId, reason: str
) -> tables.Assignment:
    """Ends an assignment that is not to be done any more; what was done stays on record.

    Args:
        assignment: The assignment.
        reason: Why.
    """
    return await _close(tx, viewer, assignment, Closure.CANCELLED, reason)


async def waive_assignment(
    tx: Transaction, viewer: Viewer, *, assignment: AssignmentId, reason: str
) -> tables.Assignment:
    """Ends an assignment that need not be done.

    Args:
        assignment: The assignment.
        reason: Why.
    """
    return await _close(tx, viewer, assignment, Closure.WAIVED, reason)


async def _close(
    tx: Transaction, viewer: Viewer, assignment: UUID, closure: Closure, reason: str
) -> tables.Assignment:
    found = await find(tx, viewer, tables.Assignment, assignment, lock=True)
    own = found.employee_id == viewer.employee
    assigned_it = viewer.employee is not None and found.assigned_by_id == viewer.employee
    waits = found.starts_on is not None and found.starts_on > now().date()
    above = await is_above(tx, viewer, found.employee_id, or_will=assigned_it or waits)
    chose_it = own and found.cause is Cause.SELF and closure is Closure.CANCELLED
    if not (above or chose_it or viewer.may(Permission.WRITE_LEARNING)):
        raise NotAllowed("Assignments are ended by the person's managers and by learning admins.")
    if found.closed_at is not None:
        raise AssignmentClosed("It has ended before.", assignment=assignment)
    check_reason(reason)
    await _end(tx, viewer, found, closure, reason)
    return found


async def _end(
    tx: Transaction, viewer: Viewer, assignment: tables.Assignment, closure: Closure, reason: str
) -> None:
    assignment.closed_at, assignment.closure, assignment.closure_reason = now(), closure, reason
    tx.add(assignment)
    await tx.flush()
    await tell(tx, ASSIGNMENT, [assignment.id])
    await audit.record(tx, viewer, f"assignment.{closure.lower()}", assignment, after={"reason": reason})


@subscribe(EmploymentChanged)
async def cancel_for_leaver(tx: Transaction, event: EmploymentChanged) -> None:
    """Whoever has left has nothing to do here any more."""
    whose = any_(bindparam("employees", list(event.employees), ARRAY(Uuid)))
    await _cancel_for_leavers(tx, col(tables.Assignment.employee_id) == whose)


@every("7 0 * * *")
async def cancel_for_leavers(tx: Transaction, _at: datetime) -> None:
    """Those whose last day was yesterday."""
    await _cancel_for_leavers(tx, true())


async def _cancel_for_leavers(tx: Transaction, whose: ColumnElement[bool]) -> None:
    still = (
        select(col(Employment.id))
        .where(
            col(Employment.employee_id) == col(tables.Assignment.employee_id),
            or_(func.upper_inf(col(Employment.valid)), func.upper(col(Employment.valid)) > now().date()),
        )
        .exists()
    )
    open_ = select(tables.Assignment).where(col(tables.Assignment.closed_at).is_(None), whose, ~still)
    for assignment in (await tx.execute(open_.with_for_update())).scalars().all():
        await _end(tx, system("worker"), assignment, Closure.CANCELLED, "The person has left the company.")
