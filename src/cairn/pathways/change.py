"""Changing and ending many assignments at once, with a result for each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, any_, bindparam, text, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.happenings import tell
from cairn.pathways import tables
from cairn.pathways.assign import AssignmentId, check_priority
from cairn.pathways.events import ASSIGNMENT
from cairn.pathways.tables import Closure

LONGEST = 3_650
"""Days by which an assignment is put off at most."""


class ChangeOutcome(StrEnum):
    """What came of changing one assignment."""

    CHANGED = "CHANGED"
    """It is changed."""
    CLOSED = "CLOSED"
    """It had ended before, and stays as it is."""
    NOT_ALLOWED = "NOT_ALLOWED"
    """You neither manage this person nor are a learning admin; or there is no such assignment."""


@dataclass(frozen=True)
class ChangeResult:
    """What came of changing one assignment."""

    assignment: AssignmentId | None
    """The assignment."""
    outcome: ChangeOutcome
    """What came of it."""


@dataclass(frozen=True)
class ChangeAssignmentsPayload:
    """What came of changing assignments."""

    results: list[ChangeResult] = field(default_factory=list)
    """One for each assignment, in the order they were named."""


async def change_assignments(
    tx: Transaction,
    viewer: Viewer,
    *,
    assignments: list[AssignmentId],
    due_on: date | None = None,
    extend_by_days: int | None = None,
    priority: int | None = None,
    reason: str | None = None,
) -> ChangeAssignmentsPayload:
    """Changes what is to be done by when, for many at once.

    Args:
        assignments: The assignments.
        due_on: The day by which they are to be completed now.
        extend_by_days: How many days more there are, in place of a day; for those that have one.
        priority: From 1, most important, to 5.
        reason: Why, for those who are assigned.
    """
    today = now().date()
    if due_on is None and extend_by_days is None and priority is None:
        raise invalid("assignments", "are to be changed in something: dueOn, extendByDays or priority")
    if due_on is not None and extend_by_days is not None:
        raise invalid("extendByDays", "and dueOn are two ways to say the same; give one of them")
    if due_on is not None and due_on < today:
        raise invalid("dueOn", "must not lie in the past")
    if extend_by_days is not None and not 1 <= extend_by_days <= LONGEST:
        raise invalid("extendByDays", f"must be from 1 to {LONGEST}")
    if priority is not None:
        check_priority(priority)
    row = tables.Assignment
    values: dict[str, Any] = {}
    if due_on is not None:
        values["due_on"] = due_on
    if extend_by_days is not None:
        values["due_on"] = col(row.due_on) + timedelta(days=extend_by_days)
    if priority is not None:
        values["priority"] = priority
    changes = {"due_on": due_on, "extend_by_days": extend_by_days, "priority": priority, "reason": reason}
    said = {name: value for name, value in changes.items() if value is not None}
    return await _change(tx, viewer, assignments, "assignment.change", values, said)


async def close_assignments(
    tx: Transaction, viewer: Viewer, *, assignments: list[AssignmentId], closure: Closure, reason: str
) -> ChangeAssignmentsPayload:
    """Cancels or waives many assignments at once; what was done stays on record.

    Args:
        assignments: The assignments.
        closure: Whether they are waived or cancelled.
        reason: Why.
    """
    if closure is Closure.COMPLETED:
        raise invalid("closure", "must be WAIVED or CANCELLED: what is completed follows from what was done")
    check_reason(reason)
    values = {"closed_at": now(), "closure": closure, "closure_reason": reason}
    return await _change(tx, viewer, assignments, f"assignment.{closure.lower()}", values, {"reason": reason})


_FOUND = text("""
 select assignment.id, assignment.closed_at is not null as closed,
  (:everybody or exists (
   select 1 from reporting_line line where line.manager_id = :viewer
    and line.employee_id = assignment.employee_id and line.valid @> cast(:today as date))) as allowed
  from assignment where id = any(:assignments)
  for no key update of assignment
""").bindparams(
    bindparam("assignments", type_=ARRAY(Uuid)),
    bindparam("viewer", type_=Uuid),
    bindparam("today", type_=Date),
)


async def _change(
    tx: Transaction,
    viewer: Viewer,
    asked: Sequence[UUID],
    verb: str,
    values: dict[str, Any],
    said: dict[str, Any],
) -> ChangeAssignmentsPayload:
    given: dict[str, Any] = {"assignments": list(asked), "viewer": viewer.employee, "today": now().date()}
    given["everybody"] = viewer.may(Permission.WRITE_LEARNING)
    standing = {row.id: row for row in (await tx.execute(_FOUND, given)).all()}
    results: list[ChangeResult] = []
    open_: list[UUID] = []
    for id_ in dict.fromkeys(asked):
        row = standing.get(id_)
        if row is None or not row.allowed:
            results.append(ChangeResult(id_, ChangeOutcome.NOT_ALLOWED))
        elif row.closed:
            results.append(ChangeResult(id_, ChangeOutcome.CLOSED))
        else:
            open_.append(id_)
            results.append(ChangeResult(id_, ChangeOutcome.CHANGED))
    if open_:
        these = col(tables.Assignment.id) == any_(bindparam("ids", open_, ARRAY(Uuid)))
        await tx.execute(update(tables.Assignment).where(these).values(**values))
        await tell(tx, ASSIGNMENT, open_)
        listed = {"assignments": [str(id_) for id_ in open_]}
        await audit.record(tx, viewer, verb, None, after=listed | said)
    return ChangeAssignmentsPayload(results)
