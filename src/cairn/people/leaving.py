"""People's leaving: their last day, known in advance or not, taken back, or recorded by mistake."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import midnight, now
from cairn.db.tables import Ref
from cairn.people import history, tables
from cairn.people.employ import held_on
from cairn.people.history import EmployeeId, Stint
from cairn.people.memberships import leave_teams, stay_in_teams

EmploymentId = Annotated[UUID, Ref("Employment")]


@dataclass
class NotLeaving(Refusal):
    """No last day is planned for the person."""

    left_on: date | None = None
    """The first day after the last employment; absent where it goes on."""


async def terminate(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, last_day: date, reason: str | None = None
) -> tables.Employee:
    """Ends somebody's employment after a day, past or future; nothing they have earned is lost.

    Their access ends with that day. Until then `cancelTermination` takes it back.

    Args:
        employee: Who leaves.
        last_day: The last day of employment; what was planned after it is off.
        reason: Why, for the person, their managers and the people admins.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    stints = await history.read(tx, employee)
    held_on(stints, last_day)
    await end(tx, viewer, found, stints, last_day + timedelta(days=1), reason)
    return found


async def end(
    tx: Transaction,
    viewer: Viewer,
    employee: tables.Employee,
    stints: list[Stint],
    gone: date,
    reason: str | None,
    *,
    kept: str | None = None,
) -> None:
    """Leaves nothing of a history from a day on, nor memberships of teams but those of the source `kept`.

    Raises `LastAdministrator`.
    """
    last_day = gone - timedelta(days=1)
    wanted = history.ended(stints, gone)
    await history.write(tx, viewer, employee.id, wanted, reason=reason or f"left after {last_day}")
    row = tables.Employment
    ending = update(row).where(col(row.employee_id) == employee.id, func.upper(col(row.valid)) == gone)
    await tx.execute(ending.values(ended_because=reason))
    await leave_teams(tx, employee.id, midnight(gone), kept=kept)
    after = {"last_day": last_day} | ({"reason": reason} if reason is not None else {})
    await audit.record(tx, viewer, "employee.terminate", employee, after=after)


async def remove(
    tx: Transaction, viewer: Viewer, employee: tables.Employee, *, reason: str | None = None
) -> None:
    """Takes somebody out of the company as of now, whom their directory has no more.

    Employment and memberships end; nothing they have earned is lost. Raises `LastAdministrator`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    today = now().date()
    stints = await history.read(tx, employee.id)
    if any(stint.until is None or stint.until > today for stint in stints):
        await end(tx, viewer, employee, stints, today, reason)
    await leave_teams(tx, employee.id, now())
    employee.removed_at = employee.changed_at = now()
    await tx.flush()
    await audit.record(tx, viewer, "employee.remove", employee, after={"removed_at": employee.removed_at})


async def cancel_termination(tx: Transaction, viewer: Viewer, *, employee: EmployeeId) -> tables.Employee:
    """Takes a planned last day back: the employment goes on, and the memberships that were to end with it.

    Args:
        employee: Who stays.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    stints = await history.read(tx, employee)
    starts = {stint.since for stint in stints}
    today = now().date()
    last = next(
        (
            each
            for each in stints
            if each.until is not None and each.until > today and each.until not in starts
        ),
        None,
    )
    if last is None or last.until is None:
        until = stints[-1].until if stints else None
        raise NotLeaving("No last day is planned for the person.", left_on=until)
    await go_on(tx, viewer, found, stints, last)
    return found


async def go_on(
    tx: Transaction, viewer: Viewer, employee: tables.Employee, stints: list[Stint], last: Stint
) -> None:
    """Has an employment go on that was to end with `last`, and the memberships that were to end with it."""
    assert last.until is not None
    following = min((stint.since for stint in stints if stint.since > last.since), default=None)
    wanted = [replace(stint, until=following) if stint is last else stint for stint in stints]
    await history.write(tx, viewer, employee.id, wanted, reason="goes on")
    await stay_in_teams(tx, employee.id, midnight(last.until))
    before = {"last_day": last.until - timedelta(days=1)}
    await audit.record(tx, viewer, "employee.cancel_termination", employee, before=before)


async def withdraw_employment(
    tx: Transaction,
    viewer: Viewer,
    *,
    employment: EmploymentId,
    reason: str,
    goes_on: bool = False,
) -> tables.Employee:
    """Withdraws an employment that was recorded by mistake; the row is kept, with who withdrew it and why.

    Args:
        employment: What does not hold and never did.
        reason: Why.
        goes_on: Whether what was held until its first day goes on in its place; otherwise the person is not
            employed on its days.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    row = await tx.get(tables.Employment, employment)
    if row is None:
        raise NotFound("There is no such employment.", id=employment)
    if not reason.strip():
        raise invalid("reason", "must not be empty")
    found = await find(tx, viewer, tables.Employee, row.employee_id, lock=True)
    stints = await history.read(tx, found.id)
    wrong = next((stint for stint in stints if stint.since == row.valid.lower), None)
    if wrong is None:
        raise NotFound("There is no such employment.", id=employment)
    wanted = [
        replace(stint, until=wrong.until) if goes_on and stint.until == wrong.since else stint
        for stint in stints
        if stint is not wrong
    ]
    await history.write(tx, viewer, found.id, wanted, reason=reason.strip())
    before = {"employment": employment, **history.told([wrong])}
    await audit.record(
        tx, viewer, "employee.withdraw_employment", found, before=before, after={"reason": reason.strip()}
    )
    return found
