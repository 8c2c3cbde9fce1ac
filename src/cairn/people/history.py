"""What somebody was, is and will be employed as, as one list that can be compared and written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from cairn.db.engine import Transaction
from cairn.db.ranges import from_day
from cairn.db.tables import Ref
from cairn.people import tables
from cairn.people.reporting import CycleInReportingLine

EmployeeId = Annotated[UUID, Ref("Employee")]
DepartmentId = Annotated[UUID, Ref("Department")]
JobRoleId = Annotated[UUID, Ref("JobRole")]


@dataclass(frozen=True)
class Position:
    """What somebody is employed as."""

    title: str | None = None
    """What stands on the business card."""
    manager: EmployeeId | None = None
    """Whom the person reports to."""
    department: DepartmentId | None = None
    """The department the person works in."""
    job_role: JobRoleId | None = None
    """The job role the person works in."""
    location: str | None = None
    """Where the work is done."""
    work: tables.Work = tables.Work.ACTIVE
    """Whether the person is at work or away."""


@dataclass(frozen=True)
class Stint:
    """A position held from a day on, up to but not including `until`."""

    since: date
    until: date | None
    position: Position

    def covers(self, day: date) -> bool:
        """Whether it is held on that day."""
        return self.since <= day and (self.until is None or day < self.until)


async def read(tx: Transaction, employee: UUID) -> list[Stint]:
    """The history of an employee, in order."""
    found = await tx.execute(select(tables.Employment).where(col(tables.Employment.employee_id) == employee))
    stints = [Stint(row.valid.lower, row.valid.upper, _position(row)) for row in found.scalars()]  # type: ignore[arg-type]
    return sorted(stints, key=lambda stint: stint.since)


def _position(row: tables.Employment) -> Position:
    return Position(row.title, row.manager_id, row.department_id, row.job_role_id, row.location, row.work)


def changed(stints: Sequence[Stint], day: date, position: Position) -> list[Stint]:
    """The history with another position from a day on, until what was planned next."""
    found: list[Stint] = []
    for stint in stints:
        if not stint.covers(day) or stint.position == position:
            found.append(stint)
            continue
        if stint.since < day:
            found.append(replace(stint, until=day))
        found.append(Stint(day, stint.until, position))
    return found


def ended(stints: Sequence[Stint], day: date) -> list[Stint]:
    """The history without anything from a day on."""
    return [
        replace(stint, until=day) if stint.covers(day) else stint for stint in stints if stint.since < day
    ]


async def write(tx: Transaction, employee: UUID, stints: Sequence[Stint]) -> bool:
    """Makes `stints` the history of an employee; whether that changed anything.

    Rows that stay as they are keep their id. The caller then calls `reporting.refresh`. Raises
    `CycleInReportingLine` for somebody who would report to themselves.
    """
    if any(stint.position.manager == employee for stint in stints):
        raise CycleInReportingLine(ring=[employee])
    rows = await tx.execute(select(tables.Employment).where(col(tables.Employment.employee_id) == employee))
    kept = {Stint(row.valid.lower, row.valid.upper, _position(row)): row.id for row in rows.scalars()}  # type: ignore[arg-type]
    gone = [id_ for stint, id_ in kept.items() if stint not in stints]
    new = [stint for stint in stints if stint not in kept]
    if gone:
        await tx.execute(delete(tables.Employment).where(col(tables.Employment.id).in_(gone)))
    tx.add_all(_row(employee, stint) for stint in new)
    await tx.flush()
    return bool(gone or new)


def _row(employee: UUID, stint: Stint) -> tables.Employment:
    position = stint.position
    return tables.Employment(
        employee_id=employee,
        valid=from_day(stint.since, stint.until),
        title=position.title,
        manager_id=position.manager,
        department_id=position.department,
        job_role_id=position.job_role,
        location=position.location,
        work=position.work,
    )
