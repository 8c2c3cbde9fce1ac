"""Requests for an assessment: somebody is asked to say at which level a person has a skill.

Saying so answers every open request of that person for that skill (`assess.assess_skill`), however one was
reminded of it. One who leaves the company is asked for nothing any more.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, Refusal, check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.jobs.events import subscribe
from cairn.jobs.schedule import every
from cairn.people.events import EmploymentChanged
from cairn.people.history import EmployeeId
from cairn.people.reporting import is_above
from cairn.people.tables import Employee, Employment
from cairn.skills import tables
from cairn.skills.assess import SkillId
from cairn.skills.tables import RequestClosure

AssessmentRequestId = Annotated[UUID, Ref("AssessmentRequest")]


@dataclass
class AlreadyRequested(Refusal):
    """That person has been asked for the same and has not answered yet."""

    request: AssessmentRequestId | None = None
    """The open request."""


@dataclass
class RequestClosed(Refusal):
    """The request was answered, declined or withdrawn before."""

    request: AssessmentRequestId | None = None
    """The request."""


async def request_assessment(
    tx: Transaction,
    viewer: Viewer,
    *,
    employee: EmployeeId,
    skill: SkillId,
    assessor: EmployeeId,
    note: str | None = None,
    due_on: date | None = None,
) -> tables.AssessmentRequest:
    """Asks somebody to assess a skill of a person: of oneself, of somebody one manages, or as learning admin.

    Args:
        employee: Whose skill it is.
        skill: The skill.
        assessor: Who is asked; the person themselves for a self-assessment.
        note: What to look at.
        due_on: The day by which the answer is wanted.
    """
    await find(tx, viewer, Employee, employee)
    await find(tx, viewer, tables.Skill, skill)
    await find(tx, viewer, Employee, assessor, lock=True)
    if viewer.employee is None and not viewer.may(Permission.WRITE_LEARNING):
        raise NotAllowed("Only people ask for assessments.")
    may = viewer.employee == employee or viewer.may(Permission.WRITE_LEARNING)
    if not may and not await is_above(tx, viewer, employee):
        raise NotAllowed("Assessments are asked for by the person, their managers and the learning admins.")
    if viewer.employee == employee == assessor:
        raise invalid("assessor", "must be somebody else; assess yourself with assessSkill")
    if due_on is not None and due_on < now().date():
        raise invalid("dueOn", "must not lie in the past")
    await _check_employed(tx, employee=employee, assessor=assessor)
    row = tables.AssessmentRequest
    same = select(col(row.id)).where(
        col(row.employee_id) == employee,
        col(row.skill_id) == skill,
        col(row.assessor_id) == assessor,
        col(row.closed_at).is_(None),
    )
    if (known := (await tx.execute(same)).scalar_one_or_none()) is not None:
        raise AlreadyRequested("They were asked already and have not answered yet.", request=known)
    request = row(
        employee_id=employee,
        skill_id=skill,
        assessor_id=assessor,
        requested_by_id=viewer.employee,
        note=note,
        due_on=due_on,
    )
    tx.add(request)
    await tx.flush()
    told = {"employee": employee, "skill": skill, "assessor": assessor}
    await audit.record(tx, viewer, "assessment.request", request, after=told)
    return request


async def decline_assessment(
    tx: Transaction, viewer: Viewer, *, request: AssessmentRequestId, reason: str
) -> tables.AssessmentRequest:
    """Says that one will not assess what one was asked to.

    Args:
        request: The request.
        reason: Why, for whoever asked.
    """
    found = await _open(tx, viewer, request)
    if viewer.employee is None or viewer.employee != found.assessor_id:
        raise NotAllowed("A request is declined by whoever was asked.")
    check_reason(reason)
    await _close(tx, viewer, found, RequestClosure.DECLINED, reason)
    return found


async def withdraw_assessment_request(
    tx: Transaction, viewer: Viewer, *, request: AssessmentRequestId, reason: str
) -> tables.AssessmentRequest:
    """Takes back a request that has not been answered.

    Args:
        request: The request.
        reason: Why, for whoever was asked.
    """
    found = await _open(tx, viewer, request)
    asked = viewer.employee is not None and viewer.employee in {found.requested_by_id, found.employee_id}
    if not asked and not viewer.may(Permission.WRITE_LEARNING):
        raise NotAllowed("A request is withdrawn by whoever asked, the person, or a learning admin.")
    check_reason(reason)
    await _close(tx, viewer, found, RequestClosure.WITHDRAWN, reason)
    return found


async def _open(tx: Transaction, viewer: Viewer, request: UUID) -> tables.AssessmentRequest:
    """A request, locked. Raises `NotFound`, `RequestClosed`."""
    found = await find(tx, viewer, tables.AssessmentRequest, request, lock=True)
    if found.closed_at is not None:
        raise RequestClosed("It was answered, declined or withdrawn before.", request=request)
    return found


async def _close(
    tx: Transaction,
    viewer: Viewer,
    request: tables.AssessmentRequest,
    closure: RequestClosure,
    reason: str,
) -> None:
    request.closed_at, request.closure, request.closure_reason = now(), closure, reason
    await tx.flush()
    verb = f"assessment.{'decline' if closure is RequestClosure.DECLINED else 'withdraw_request'}"
    await audit.record(tx, viewer, verb, request, after={"reason": reason})


async def _check_employed(tx: Transaction, **people: UUID) -> None:
    """Raises `InvalidInput` for whoever is not employed, nor will be."""
    stay = select(col(Employment.employee_id)).where(
        col(Employment.employee_id).in_(people.values()), _goes_on()
    )
    employed = set((await tx.execute(stay)).scalars())
    for field, employee in people.items():
        if employee not in employed:
            raise invalid(field, "has left the company")


def _goes_on() -> ColumnElement[bool]:
    end = func.upper(col(Employment.valid))
    return or_(end.is_(None), end > now().date())


@subscribe(EmploymentChanged)
async def withdraw_for_leaver(tx: Transaction, event: EmploymentChanged) -> None:
    """Whoever has left is asked for nothing any more, nor is anybody asked about them."""
    row = tables.AssessmentRequest
    await _withdraw(tx, or_(*(col(each).in_(event.employees) for each in (row.employee_id, row.assessor_id))))


@every("11 0 * * *")
async def withdraw_for_leavers(tx: Transaction, _at: datetime) -> None:
    """Those whose last day was yesterday."""
    await _withdraw(tx, true())


async def _withdraw(tx: Transaction, which: ColumnElement[bool]) -> None:
    row = tables.AssessmentRequest
    stay = select(col(Employment.employee_id)).where(_goes_on())
    gone = or_(col(row.employee_id).not_in(stay), col(row.assessor_id).not_in(stay))
    closing = update(row).where(col(row.closed_at).is_(None), which, gone)
    await tx.execute(
        closing.values(
            closed_at=now(), closure=RequestClosure.WITHDRAWN, closure_reason="One of them left the company."
        )
    )
